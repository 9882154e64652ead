/* The experiment `phases`: which of the seven phases of one co_await have work, and what is built, resumed and called
 * for it, recorded by the probe from the code of each mechanism.
 *
 * Timed code has no probe in it, so the cells are executables of their own (bench/phases, cmake/phases.cmake), one for
 * each toolchain and language. They are run one after the other, and their rows are taken over. Nothing here is timed,
 * and no figure depends on the machine.
 */
#define _GNU_SOURCE
#include "bench/cell.h"
#include "bench/phases/forms.h"
#include "bench/progress.h"
#include "bench/runner.h"
#include "bench/spawn.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 1024, NAME_BYTES = 256, FIELD_BYTES = 128 };

/* What has a twin in C++ (bench/cxx/phases.cpp). */
#define CXX_FORMS(X)                                                                                                   \
    X("cxx-awaitable", "read-some")                                                                                    \
    X("cxx-awaitable", "transfer")                                                                                     \
    X("cxx-awaitable", "task-in-task")                                                                                 \
    X("cxx-sender", "p2300")                                                                                           \
    X("cxx-sender", "handshake-exchange")                                                                              \
    X("cxx-sender", "handshake-thread-id")                                                                             \
    X("cxx-sender", "inline-known")                                                                                    \
    X("cxx-sender", "member")                                                                                          \
    X("cxx-sender", "affine-read")                                                                                     \
    X("cxx-sender", "task-affine")                                                                                     \
    X("cxx-sender", "task-transfer")

#define LIST(name, end, model, mechanism, streams, models) {model, mechanism, models},
#define LIST_CXX(model, mechanism) {model, mechanism, "the same by a C++ compiler"},
static const struct listed forms[] = {PHASE_FORMS(LIST) CXX_FORMS(LIST_CXX){NULL, NULL, NULL}};

struct taking {
    const struct run_options *options;
    struct results *results;
    bool malformed;
    bool any; /* has been taken */
};

/* Takes over a row, if the filters want it. */
static void take_row(void *context, const char *line)
{
    struct taking *taking = context;
    char name[NAME_BYTES];
    unsigned fields = 0;
    size_t length = 0;
    for (; line[length] && length + 1 < sizeof name; length++) {
        if (line[length] == '\t' && ++fields == 4)
            break;
        name[length] = line[length];
        if (line[length] == '\t')
            name[length] = '/';
    }
    name[length] = '\0';
    if (fields < 4)
        taking->malformed = true;
    else if (name_selected(name, taking->options) && results_add_line(taking->results, line))
        taking->malformed = true;
    else
        taking->any = true;
}

/* Null when all went well, else what did not. */
static const char *run_program(const char *path, struct taking *taking)
{
    const char *argv[] = {path, "run", NULL};
    taking->malformed = false;
    int status = spawn_lines(argv, (const char *const *)environ, take_row, taking);
    if (status == -ENOENT || (status == 127 && access(path, F_OK) < 0))
        return "not built: cmake --build --preset release";
    if (status)
        return status < 0      ? strerror(-status)
               : status == 127 ? "it could not be started"
               : status > 128  ? "a signal ended it"
                               : "it failed; its message is on stderr";
    return taking->malformed ? "it printed something that is not a row" : NULL;
}

/* The list of the executables, which is beside the running one or, for tests, beside its folder. */
static FILE *open_list(char *directory, size_t size)
{
    char path[PATH_MAX];
    if (spawn_self(directory, size))
        return NULL;
    for (char *slash = strrchr(directory, '/'); slash; slash = strrchr(directory, '/')) {
        *slash = '\0';
        if (snprintf(path, sizeof path, "%s/cells/phases.tsv", directory) >= (int)sizeof path)
            continue;
        FILE *list = fopen(path, "r");
        if (list)
            return list;
    }
    return NULL;
}

static int run_listed(FILE *list, const char *directory, const struct experiment *experiment, struct taking *taking,
                      struct progress *progress)
{
    char line[LINE_BYTES], name[NAME_BYTES], toolchain_[FIELD_BYTES], mode[8], path[PATH_MAX];
    unsigned ran = 0, failed = 0;
    const char *first = NULL; /* reason */
    while (!run_interrupted() && fgets(line, sizeof line, list)) {
        if (sscanf(line, "%255[^\t]\t%127[^\t]\t%7s", name, toolchain_, mode) != 3 ||
            (!strcmp(mode, "full") && !taking->options->full) ||
            snprintf(path, sizeof path, "%s/cells/%s", directory, name) >= (int)sizeof path)
            continue;
        const char *reason = run_program(path, taking);
        progress_step(progress, toolchain_);
        if (reason)
            results_add_skipped(taking->results, experiment->name, name, reason);
        if (reason && !failed++)
            first = reason;
        ran++;
    }
    if (run_interrupted())
        return -EINTR;
    if (!ran)
        results_add_skipped(taking->results, experiment->name, "all cells",
                            "a build with a sanitizer has none of them");
    if (!failed || failed < ran)
        return 0;
    complain("%s: none of %u programs ran: %s", experiment->name, ran, first);
    return -ECHILD;
}

/* One row a mechanism: what it models, for whoever reads the table. */
static void add_models(const struct experiment *experiment, const struct taking *taking)
{
    for (const struct listed *form = experiment->listed; form->model; form++) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%s/%s/%s/-", experiment->name, form->model, form->mechanism);
        if (name_selected(name, taking->options))
            results_add(taking->results, &(struct row){.experiment = experiment->name,
                                                       .model = form->model,
                                                       .mechanism = form->mechanism,
                                                       .variant = "-",
                                                       .toolchain = "any any sib=any exc=any san=any",
                                                       .metric = "phases_models",
                                                       .unit = "-",
                                                       .samples = 1,
                                                       .text = form->models});
    }
}

static int run(const struct experiment *experiment, const struct run_options *options, struct results *results,
               struct progress *progress)
{
    char directory[PATH_MAX];
    FILE *list = open_list(directory, sizeof directory);
    if (!list) {
        complain("%s: no cells/phases.tsv beside this executable: build the target `phases_cells`", experiment->name);
        return -ECHILD;
    }
    struct taking taking = {.options = options, .results = results};
    progress->expected_s -= progress->stage_s - 1;
    progress->stage_s = 1;
    int status = run_listed(list, directory, experiment, &taking, progress);
    fclose(list);
    if (!status && taking.any)
        add_models(experiment, &taking);
    return status;
}

const struct experiment experiment_phases = {
    .name = "phases",
    .title = "the phases of one co_await that have work, and what is built, resumed and called for it",
    .published = "P4255R0 6, tables 1 to 3",
    .operation = "read",
    .listed = forms,
    .run = run,
};
