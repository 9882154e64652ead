/* Runs the cells, as many at once as there are processors: nothing here is timed. */
#define _GNU_SOURCE /* asprintf, environ */
#include "bench/conns/run.h"
#include "bench/options.h"
#include "bench/progress.h"
#include "bench/spawn.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct running {
    struct conns_cells *cells;
    const char *experiment;
    struct progress *progress;
    size_t done, of;          /* connections: what a run takes follows from how many it has */
    const char **environment; /* room for one variable more */
    char self[PATH_MAX];
    int status;
};

/* The run with this number: all rounds of the first cell, then those of the next. */
static struct conns_cell *cell_at(const struct running *running, size_t number, unsigned *round)
{
    struct conns_cell *cell = running->cells->items;
    while (number >= cell->rounds)
        number -= cell++->rounds;
    *round = (unsigned)number;
    return cell;
}

/* The library's path, allocated; null: it is not where Debian, Fedora or a local installation have it. */
static char *find_library(const char *file)
{
    static const char *const folders[] = {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64",
                                          "/usr/lib", "/usr/local/lib"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char *path;
        if (asprintf(&path, "%s/%s", folders[i], file) < 0)
            return NULL;
        if (access(path, R_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

static bool same_name(const char *variable, const char *other)
{
    size_t name = strcspn(variable, "=");
    return strncmp(variable, other, name) == 0 && other[name] == '=';
}

/* Whether glibc's malloc is another by this variable: cells are named by such settings, and inherit none. */
static bool sets_malloc(const char *variable)
{
    return strncmp(variable, "MALLOC_", strlen("MALLOC_")) == 0 || same_name("GLIBC_TUNABLES", variable);
}

/* `variable`, "NAME=value" or null, stands in place of an inherited one of its name. */
static int start_with(struct running *running, const char *variable, const char *const argv[], struct spawned *process)
{
    size_t count = 0;
    for (char **inherited = environ; *inherited; inherited++)
        if (!sets_malloc(*inherited) && !(variable && same_name(variable, *inherited)))
            running->environment[count++] = *inherited;
    running->environment[count] = variable;
    running->environment[count + !!variable] = NULL;
    return spawn_start(process, argv, running->environment);
}

static int start_in(struct running *running, const struct conns_cell *cell, unsigned round, const char *variable,
                    struct spawned *process)
{
    const struct conns_plan *plan = &cell->plan;
    char form[64], connections[24], seed[24];
    snprintf(form, sizeof form, "%s/%s", plan->form->model, plan->form->mechanism);
    snprintf(connections, sizeof connections, "%zu", plan->connections);
    snprintf(seed, sizeof seed, "%" PRIu64, plan->seed + round);
    const char *argv[] = {running->self,
                          "conns",
                          form,
                          plan->allocator->name,
                          plan->sockets ? "socket" : "memory",
                          connections,
                          plan->objects ? "kept" : "none",
                          plan->fixed ? "fixed" : "mixed",
                          seed,
                          plan->backend == REACTOR_EPOLL ? "epoll" : "io_uring",
                          NULL};
    return start_with(running, variable, argv, process);
}

static int start(void *context, size_t number, struct spawned *process)
{
    struct running *running = context;
    unsigned round;
    struct conns_cell *cell = cell_at(running, number, &round);
    const struct conns_library *library = cell->library;
    size_t limit = 0;
    if (cell->plan.form->unavailable)
        cell->skipped = cell->plan.form->unavailable;
    if (cell->plan.sockets && cell->plan.backend == REACTOR_SIM) {
        cell->skipped = "the sim backend serves no sockets";
    } else if (cell->plan.sockets && !conns_descriptors_suffice(cell->plan.connections, &limit)) {
        cell->skipped = "raise the limit with ulimit -n";
        cell->limit = limit;
    }
    if (cell->skipped)
        return SPAWN_NOTHING;
    if (!library->file)
        return start_in(running, cell, round, library->variable, process);
    char *path = find_library(library->file), *variable = NULL;
    if (path && strstr(toolchain, " san=none") && asprintf(&variable, "LD_PRELOAD=%s", path) < 0)
        variable = NULL;
    int status = SPAWN_NOTHING;
    if (variable)
        status = start_in(running, cell, round, variable, process);
    else
        cell->skipped = path ? "another malloc cannot be preloaded under a sanitizer"
                             : "the library is not installed: scripts/setup says how";
    free(variable);
    free(path);
    return status;
}

static void take_line(void *context, size_t number, const char *line)
{
    struct running *running = context;
    unsigned round;
    struct conns_cell *cell = cell_at(running, number, &round);
    char name[32];
    struct footprint at;
    if (sscanf(line, "malloc\t%31s", name) == 1) {
        if (cell->library->file && strcmp(name, cell->library->name) != 0)
            cell->skipped = "the library could not be preloaded";
        else if (!cell->library->file && strcmp(name, "malloc") != 0)
            cell->skipped = "another malloc is preloaded here: run it without LD_PRELOAD";
        return;
    }
    if (sscanf(line, "%31[^\t]\t%" SCNd64 "\t%" SCNd64 "\t%" SCNd64 "\t%" SCNd64 "\t%" SCNd64, name, &at.rss,
               &at.in_use, &at.held, &at.live, &at.retained) != 6)
        running->status = -EPROTO;
    for (unsigned moment = 0; moment < CONNS_MOMENT_COUNT; moment++)
        if (strcmp(name, conns_moment_names[moment]) == 0)
            cell->footprints[round][moment] = at;
    progress_count(running->progress, running->done, running->of, "connections");
}

static void ended(void *context, size_t number, int status)
{
    struct running *running = context;
    unsigned round;
    struct conns_cell *cell = cell_at(running, number, &round);
    if (status == EXIT_SKIPPED)
        cell->skipped = "this machine has no memory for so many connections";
    else if (status == 128 + SIGKILL)
        cell->skipped = "its process was killed (signal 9), as the kernel does when memory runs out: free some";
    else if (status && status != SPAWN_NOTHING && status != -EINTR)
        running->status = -ECHILD;
    running->done += cell->plan.connections;
    progress_count(running->progress, running->done, running->of, "connections");
}

/* One line for all that is skipped for want of descriptors. */
static void tell_limit(const struct running *running)
{
    const struct conns_cell *first = NULL;
    for (size_t i = 0; i < running->cells->count && !first; i++)
        first = running->cells->items[i].limit ? &running->cells->items[i] : NULL;
    if (first)
        complain("%s: %zu connections on sockets skipped: a process may have %zu descriptors here (ulimit -n)",
                 running->experiment, first->plan.connections, first->limit);
}

int conns_run_cells(struct conns_cells *cells, const char *experiment, struct progress *progress)
{
    struct running running = {.cells = cells, .experiment = experiment, .progress = progress};
    size_t variables = 0, runs = 0;
    while (environ[variables])
        variables++;
    running.environment = calloc(variables + 2, sizeof *running.environment);
    if (!running.environment)
        return -ENOMEM;
    for (size_t i = 0; i < cells->count; i++) {
        runs += cells->items[i].rounds;
        running.of += cells->items[i].rounds * cells->items[i].plan.connections;
    }
    int status = spawn_self(running.self, sizeof running.self);
    struct spawn_queue queue = {.context = &running, .count = runs, .start = start, .line = take_line, .ended = ended};
    if (!status)
        status = spawn_all(&queue);
    free(running.environment);
    if (!status)
        tell_limit(&running);
    return status ? status : running.status;
}
