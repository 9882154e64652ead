#define _GNU_SOURCE /* asprintf */
#include "bench/instructions.h"
#include "bench/progress.h"
#include "bench/runner.h"
#include "bench/several_threads.h"
#include "bench/spawn.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __has_include
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define HAVE_CALLGRIND 1
#endif
#endif
#ifndef HAVE_CALLGRIND
#define HAVE_CALLGRIND 0
#endif

enum { OPERATIONS = 1000, LABEL_BYTES = 256, LIBRARIES_MOST = 8 };

static bool counted(const struct experiment *experiment, const struct cell *cell, const struct run_options *options)
{
    return cell->counted && runner_includes(experiment, cell, options);
}

/* The variable that tells the child which cells it counts: those with this library, or, where it is not set, with none.
 * LD_PRELOAD itself is valgrind's too. */
static const char preloaded[] = "ABREAST_PRELOADED";

static bool preloads(const struct cell *cell, const char *library)
{
    return strcmp(cell->preload ? cell->preload : "", library ? library : "") == 0;
}

/* What a count is filed under: the cell by its place in the tables, which parent and child share, and how many times N
 * operations it did. */
static void make_label(char *label, const struct experiment *experiment, const struct cell *cell, unsigned times)
{
    snprintf(label, LABEL_BYTES, "%s/%zu*%u", experiment->name, (size_t)(cell - experiment->cells), times);
}

static const char done[] = "done\n"; /* what the child prints for each cell */

#if HAVE_CALLGRIND
static int run_counted(const struct experiment *experiment, const struct cell *cell, void *state, unsigned times)
{
    char label[LABEL_BYTES];
    make_label(label, experiment, cell, times);
    struct outcome outcome = {0};
    uint64_t operations = times * cell_operations(cell, OPERATIONS);
    CALLGRIND_TOGGLE_COLLECT;
    int status = cell->run(state, operations, &outcome);
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(label);
    if (!status && outcome.operations != operations)
        status = -EPROTO;
    return status;
}

static int count_cell(const struct experiment *experiment, const struct cell *cell, const struct run_options *options)
{
    void *state = NULL;
    struct outcome warm_up = {0};
    int status = cell->open ? cell->open(cell, options, &state) : 0;
    if (status)
        return status;
    status = cell->run(state, 2 * cell_operations(cell, OPERATIONS), &warm_up);
    CALLGRIND_ZERO_STATS; /* a cell may leave out what it does not measure: it has turned collecting on */
    if (!status)
        status = run_counted(experiment, cell, state, 1);
    if (!status)
        status = run_counted(experiment, cell, state, 2);
    if (cell->close)
        cell->close(state);
    return status;
}

/* A cell that is counted in a process of its own, so that a count does not depend on what other cells left in the heap.
 */
struct apart {
    pid_t child; /* 0: nobody */
    const struct experiment *experiment;
    const struct cell *cell;
};

enum { APART_MOST = 64 };

/* Waits for one of them; returns its status, after a line when that is an error. */
static int wait_apart(struct apart *apart, size_t count)
{
    int status;
    pid_t child;
    while ((child = waitpid(-1, &status, 0)) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    status = WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
    for (size_t i = 0; i < count; i++) {
        if (apart[i].child != child)
            continue;
        apart[i].child = 0;
        if (write(STDOUT_FILENO, done, sizeof done - 1) < 0) /* not stdio: the heap stays as it is */
            return -errno;
        if (status == -ENOTSUP) /* the runner says that it is skipped */
            status = 0;
        const struct cell *cell = apart[i].cell;
        if (status)
            complain("%s/%s/%s/%s: counting its instructions failed: %s", apart[i].experiment->name, cell->model,
                     cell->mechanism, cell->variant, strerror(-status));
    }
    return status;
}

static int start_apart(struct apart *apart, const struct experiment *experiment, const struct cell *cell,
                       const struct run_options *options)
{
    pid_t child = fork();
    if (child < 0)
        return -errno;
    if (child == 0)
        _exit(-count_cell(experiment, cell, options));
    *apart = (struct apart){child, experiment, cell};
    return 0;
}

/* Those of one kind of process, as many at once as there are processors. 0, or the error of one of them. */
static int count_cells(const struct run_options *options, const char *library, bool single_threaded)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t most = processors < 1 ? 1 : processors > APART_MOST ? APART_MOST : (size_t)processors;
    struct apart apart[APART_MOST] = {{0}};
    size_t running = 0;
    int failure = 0, status;
    for (size_t e = 0; e < experiment_count; e++) {
        for (size_t c = 0; c < experiments[e]->cell_count; c++) {
            const struct cell *cell = &experiments[e]->cells[c];
            if (!counted(experiments[e], cell, options) || !preloads(cell, library) ||
                cell->single_threaded != single_threaded)
                continue;
            if (running == most) {
                status = wait_apart(apart, most);
                failure = status ? status : failure;
                running--;
            }
            struct apart *free = apart;
            while (free->child)
                free++;
            status = start_apart(free, experiments[e], cell, options);
            failure = status ? status : failure;
            running += !status;
        }
    }
    for (; running > 0; running--) {
        status = wait_apart(apart, most);
        failure = status ? status : failure;
    }
    return failure;
}

int instructions_child(const struct run_options *asked)
{
    struct run_options options = *asked;
    const char *library = getenv(preloaded);
    options.counting = true;
    if (!RUNNING_ON_VALGRIND) {
        complain("count is for this program's own use, under valgrind: see abreast --help");
        return -EINVAL;
    }
    int first = count_cells(&options, library, true);
    int status = become_several_threads();
    if (!status)
        status = count_cells(&options, library, false);
    return first ? first : status;
}
#else
int instructions_child(const struct run_options *options)
{
    (void)options;
    complain("this build cannot count instructions: valgrind's headers were not there; run scripts/setup");
    return -ENOTSUP;
}
#endif

/* The counts that one dump file has: a "Trigger" line names the label, "summary" follows, with callgrind's events Ir
 * and Ge (--collect-bus): each read-modify-write that locks the bus, as an exchange does, with the lock prefix or
 * without.
 */
struct count {
    char label[LABEL_BYTES];
    uint64_t instructions;
    uint64_t atomics;
};

struct counts {
    struct count *items;
    size_t count;
};

static int read_dump(const char *path, struct counts *counts)
{
    static const char trigger[] = "desc: Trigger: Client Request: ";
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    char label[LABEL_BYTES] = "", line[1024];
    int status = 0;
    while (!status && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, trigger, sizeof trigger - 1) == 0) {
            snprintf(label, sizeof label, "%.*s", LABEL_BYTES - 1, line + sizeof trigger - 1);
        } else if (label[0] && strncmp(line, "summary: ", 9) == 0) {
            struct count *items = reallocarray(counts->items, counts->count + 1, sizeof *items);
            if (!items) {
                status = -ENOMEM;
                break;
            }
            counts->items = items;
            struct count *count = &items[counts->count++];
            memcpy(count->label, label, sizeof label);
            char *rest;
            count->instructions = strtoull(line + 9, &rest, 10);
            count->atomics = strtoull(rest, NULL, 10);
            label[0] = '\0';
        }
    }
    fclose(file);
    return status;
}

/* Reads every dump in the directory, and removes it with all that is in it. */
static int collect_dumps(const char *directory, struct counts *counts)
{
    DIR *entries = opendir(directory);
    if (!entries)
        return -errno;
    int status = 0;
    for (struct dirent *entry; (entry = readdir(entries));) {
        char path[PATH_MAX + sizeof entry->d_name];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (!status)
            status = read_dump(path, counts);
        unlink(path);
    }
    closedir(entries);
    rmdir(directory);
    return status;
}

static const struct count *find_count(const struct counts *counts, const char *label)
{
    for (size_t i = 0; i < counts->count; i++) {
        if (strcmp(counts->items[i].label, label) == 0)
            return &counts->items[i];
    }
    return NULL;
}

/* Where a count is missing the row has the reason. */
static void add_rows(const struct run_options *options, const struct counts *counts, const char *reason,
                     struct results *results)
{
    for (size_t e = 0; e < experiment_count; e++) {
        for (size_t c = 0; c < experiments[e]->cell_count; c++) {
            const struct cell *cell = &experiments[e]->cells[c];
            if (!counted(experiments[e], cell, options))
                continue;
            struct row row = runner_blank(experiments[e], cell);
            char once[LABEL_BYTES], twice[LABEL_BYTES];
            make_label(once, experiments[e], cell, 1);
            make_label(twice, experiments[e], cell, 2);
            const struct count *first = find_count(counts, once), *second = find_count(counts, twice);
            const char *why = cell->needs ? cell->needs : "a count from callgrind";
            char missing[LABEL_BYTES];
            snprintf(missing, sizeof missing, "it needs %s, which is not here", why);
            double operations = (double)cell_operations(cell, OPERATIONS);
            row.metric = "instructions_per_op";
            row.unit = "instructions";
            if (!first || !second)
                results_add_missing(results, &row, reason ? reason : missing);
            else
                results_add_exact(results, row,
                                  ((double)second->instructions - (double)first->instructions) / operations);
            if (!experiments[e]->counts_atomics || !first || !second)
                continue;
            row.metric = "atomics_per_op";
            row.unit = "1";
            results_add_exact(results, row, ((double)second->atomics - (double)first->atomics) / operations);
        }
    }
}

static size_t cells_counted(const struct run_options *options)
{
    size_t count = 0;
    for (size_t e = 0; e < experiment_count; e++) {
        for (size_t c = 0; c < experiments[e]->cell_count; c++) {
            count += counted(experiments[e], &experiments[e]->cells[c], options);
        }
    }
    return count;
}

struct counting {
    struct progress *progress;
    size_t done, of;
};

static void read_line(void *context, const char *line)
{
    struct counting *counting = context;
    if (strncmp(line, done, sizeof done - 2) == 0)
        progress_count(counting->progress, ++counting->done, counting->of, "cells");
    else
        complain("callgrind: %s", line);
}

/* Those cells that preload this library; where it is null, those that name none, with what this process was started
 * with: its times are of that malloc too. 0, with the reason why counts are missing in `*reason`, or negative errno. */
static int run_callgrind(const struct run_options *options, const char *library, const char *directory,
                         struct counting *counting, const char **reason)
{
    static const char tunables[] = "GLIBC_TUNABLES=glibc.malloc.arena_max=1:glibc.cpu.hwcaps="
                                   "-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX2_Usable,-AVX_Fast_Unaligned_Load,-ERMS,"
                                   "-FSRM";
    const char *own = getenv("LD_PRELOAD");
    char tell[LABEL_BYTES], *preload;
    if (asprintf(&preload, "LD_PRELOAD=%s", library ? library : own ? own : "") < 0)
        return -ENOMEM;
    snprintf(tell, sizeof tell, "%s=%s", preloaded, library ? library : "");
    const char *const environment[] = {
        "PATH=/usr/local/bin:/usr/bin:/bin", tunables, library ? tell : NULL, preload, NULL,
    };
    char self[PATH_MAX], out[PATH_MAX + 32], log[PATH_MAX + 32];
    int status = spawn_self(self, sizeof self);
    const char **argv = calloc(options->filter_count + 13, sizeof *argv);
    if (status || !argv) {
        free(preload);
        free(argv);
        return status ? status : -ENOMEM;
    }
    snprintf(out, sizeof out, "--callgrind-out-file=%s/dump.%%p", directory);
    snprintf(log, sizeof log, "--log-file=%s/log", directory);
    size_t n = 0;
    argv[n++] = "valgrind";
    argv[n++] = "--tool=callgrind";
    argv[n++] = "--collect-atstart=no";
    argv[n++] = "--dump-line=no";
    argv[n++] = "--collect-bus=yes";
    argv[n++] = out;
    argv[n++] = log;
    argv[n++] = self;
    argv[n++] = "count";
    argv[n++] = options->full ? "--full" : "--quick";
    if (options->allocator) {
        argv[n++] = "--allocator";
        argv[n++] = options->allocator->name;
    }
    for (size_t i = 0; i < options->filter_count; i++)
        argv[n++] = options->filters[i];
    status = spawn_lines(argv, environment, read_line, counting);
    free(preload);
    free(argv);
    if (status == 127)
        *reason = "valgrind was not found: run scripts/setup";
    else if (status > 0)
        *reason = "the cell failed under valgrind; its message is on stderr";
    return status < 0 ? status : 0;
}

/* Once for the cells that preload nothing, and once for each library. */
static int run_all(const struct run_options *options, const char *directory, struct counting *counting,
                   const char **reason)
{
    const char *libraries[LIBRARIES_MOST] = {NULL};
    size_t count = 1;
    for (size_t e = 0; e < experiment_count; e++) {
        for (size_t c = 0; c < experiments[e]->cell_count; c++) {
            const struct cell *cell = &experiments[e]->cells[c];
            size_t known = 0;
            while (known < count && !preloads(cell, libraries[known]))
                known++;
            if (known == count && count < LIBRARIES_MOST && counted(experiments[e], cell, options))
                libraries[count++] = cell->preload;
        }
    }
    int status = 0;
    for (size_t i = 0; i < count && !status; i++)
        status = run_callgrind(options, libraries[i], directory, counting, reason);
    return status;
}

int instructions_add(const struct run_options *options, struct results *results, struct progress *progress)
{
    struct counting counting = {.progress = progress, .of = cells_counted(options)};
    if (!counting.of)
        return 0;
    struct counts counts = {0};
    const char *reason = NULL;
    if (!HAVE_CALLGRIND)
        reason = "built without valgrind's headers: run scripts/setup and build again";
    else if (!strstr(toolchain, "san=none"))
        reason = "a sanitizer build does not run under valgrind";
    if (reason) {
        add_rows(options, &counts, reason, results);
        return 0;
    }

    const char *parent = getenv("TMPDIR");
    if (!parent || !*parent)
        parent = "/tmp";
    char directory[PATH_MAX], unusable[PATH_MAX + 128];
    bool fits = snprintf(directory, sizeof directory, "%s/abreast-XXXXXX", parent) < (int)sizeof directory;
    if (!fits || !mkdtemp(directory)) {
        snprintf(unusable, sizeof unusable,
                 "no temporary directory in '%.*s' (%s): set TMPDIR to one that can be written", PATH_MAX, parent,
                 strerror(fits ? errno : ENAMETOOLONG));
        add_rows(options, &counts, unusable, results);
        return 0;
    }
    int status = run_all(options, directory, &counting, &reason);
    int read = collect_dumps(directory, &counts);
    if (!status)
        status = read;
    if (!status)
        add_rows(options, &counts, reason, results);
    free(counts.items);
    return status;
}
