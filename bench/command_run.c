#define _GNU_SOURCE /* asprintf */
#include "bench/commands.h"
#include "bench/instructions.h"
#include "bench/interrupt.h"
#include "bench/output.h"
#include "bench/programs.h"
#include "bench/record.h"
#include "bench/runner.h"
#include "bench/several_threads.h"
#include "bench/writes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const double EXACT_SECONDS = 10; /* of a stage that takes no times, until it is known better */

struct running {
    struct options options;
    struct environment environment;
    struct record record;
    struct results *results;
    struct progress progress;
    uint64_t stage_started;
    bool failed;
};

/* DIR/name.extension, allocated; null: no memory. */
static char *path_in(const struct running *running, const char *name, const char *extension)
{
    char *path;
    return asprintf(&path, "%s/%s%s", running->options.out, name, extension) < 0 ? NULL : path;
}

static char *result_path(const struct running *running, const char *experiment, const char *extension)
{
    char *path;
    return asprintf(&path, "%s/results/%s%s", running->options.out, experiment, extension) < 0 ? NULL : path;
}

/* Makes DIR and DIR/results, and finds out now, not after the measurement, whether they can be written. */
static int prepare_out(const struct running *running)
{
    char *results = path_in(running, "results", "");
    char *probe = path_in(running, "results/.probe", "");
    int status = results && probe ? output_make_directory(results) : -ENOMEM;
    struct output output;
    if (!status)
        status = output_open(&output, probe);
    if (!status)
        output_discard(&output);
    if (status)
        complain("cannot write to '%s': %s; give another directory with --out", running->options.out,
                 strerror(-status));
    free(results);
    free(probe);
    return status;
}

static bool is_result(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot > name && (strcmp(dot, ".tsv") == 0 || strcmp(dot, ".json") == 0);
}

/* One folder holds one run: what an earlier one left goes, and nothing else. */
static int remove_earlier(const struct running *running)
{
    char *run = path_in(running, "run", ".json");
    char *results = path_in(running, "results", "");
    int status = run && results ? 0 : -ENOMEM;
    if (!status && unlink(run) && errno != ENOENT)
        status = -errno;
    DIR *entries = status ? NULL : opendir(results);
    if (!status && !entries)
        status = -errno;
    for (struct dirent *entry; entries && !status && (entry = readdir(entries));) {
        struct stat is;
        if (is_result(entry->d_name) && fstatat(dirfd(entries), entry->d_name, &is, AT_SYMLINK_NOFOLLOW) == 0 &&
            !S_ISDIR(is.st_mode) && unlinkat(dirfd(entries), entry->d_name, 0))
            status = -errno;
    }
    if (entries)
        closedir(entries);
    if (status)
        complain("cannot remove the results of an earlier run from '%s': %s; give another directory with --out",
                 running->options.out, strerror(-status));
    free(run);
    free(results);
    return status;
}

static int prepare_reactor(struct running *running)
{
    struct environment *environment = &running->environment;
    enum reactor_backend *backend = &running->options.run.backend;
    int status = environment_read(environment, *backend);
    if (status) {
        complain("no reactor: %s", environment->reactor_note);
        return status;
    }
    if (environment->reactor_note[0])
        complain("%s", environment->reactor_note);
    if (*backend == REACTOR_DEFAULT)
        *backend = strcmp(environment->reactor, "io_uring") == 0 ? REACTOR_IO_URING : REACTOR_EPOLL;
    return 0;
}

static void begin_stage(struct running *running, const char *name, double expected_s)
{
    running->stage_started = clock_ns();
    progress_stage(&running->progress, name, expected_s);
}

static void end_stage(struct running *running)
{
    struct record *record = &running->record;
    if (record->stage_count < STAGES_MAX)
        record->stages[record->stage_count++] =
            (struct stage){running->progress.name, (double)(clock_ns() - running->stage_started) * 1e-9};
}

static int write_experiment(struct running *running, const struct experiment *experiment)
{
    char *tsv = result_path(running, experiment->name, ".tsv");
    char *json = result_path(running, experiment->name, ".json");
    int status = tsv && json ? results_status(running->results) : -ENOMEM;
    if (!status)
        status = results_write_tsv(running->results, experiment->name, tsv);
    if (!status)
        status = record_write_benchmarks(&running->record, running->results, experiment->name, json);
    if (status)
        complain("cannot write the results of %s to '%s': %s", experiment->name, running->options.out,
                 strerror(-status));
    free(tsv);
    free(json);
    return status;
}

static void drop_experiment(struct running *running, const struct experiment *experiment)
{
    results_add_skipped(running->results, experiment->name, "-", "it failed; its message is on stderr");
    running->failed = true;
}

/* Whether the reason has not been told yet: programs say themselves why they are missing, or failed. */
static bool untold(int status)
{
    return status && status != -EINTR && status != -ECHILD;
}

/* What fails here takes no row of the cells with it; what it has not measured is missing. 0 when the experiment's rows
 * are to be kept. */
static int run_beside(struct running *running, const struct experiment *experiment)
{
    int status = experiment->beside(experiment, &running->options.run, running->results, &running->progress);
    if (!status || status == -EINTR || status == -ENOMEM)
        return status;
    results_add_skipped(running->results, experiment->name, "what is measured beside its cells",
                        "it failed; its message is on stderr");
    running->failed = true;
    return 0;
}

/* 0 when the run may go on, whatever became of this experiment. */
static int run_experiment(struct running *running, const struct experiment *experiment)
{
    const struct run_options *run = &running->options.run;
    begin_stage(running, experiment->name, runner_expected_s(experiment, run));
    runner_describe(experiment, run, running->results);
    int status;
    if (experiment->run) {
        status = experiment->run(experiment, run, running->results, &running->progress);
        if (untold(status))
            complain("%s failed: %s", experiment->name, strerror(-status));
    } else {
        struct plan plan = runner_plan(experiment, run);
        status = runner_run(experiment, run, &plan, running->results, &running->progress);
        if (!status && experiment->beside)
            status = run_beside(running, experiment);
    }
    end_stage(running);
    if (run_interrupted())
        return -EINTR;
    if (!status)
        return write_experiment(running, experiment);
    drop_experiment(running, experiment);
    return 0;
}

/* Whether an experiment is wanted that has cells here, which can be counted: other toolchains may have them too. */
static bool any_cells(const struct run_options *options)
{
    for (size_t i = 0; i < experiment_count; i++) {
        if (!experiments[i]->run && experiment_selected(experiments[i], options))
            return true;
    }
    return false;
}

/* Instructions take seconds a program: in quick mode they are counted where products are, at -O2 with sibling calls. */
static int tell_costs(const struct programs *programs, const struct program *program, struct arguments *arguments)
{
    const struct run_options *options = programs->options;
    bool counts = options->full || strstr(program->toolchain, " O2 sib=on ");
    int status = arguments_add(arguments, counts ? "measure" : "check");
    if (!status)
        status = arguments_add(arguments, options->full ? "--full" : "--quick");
    if (options->allocator && !status)
        status = arguments_add(arguments, "--allocator");
    if (options->allocator && !status)
        status = arguments_add(arguments, options->allocator->name);
    for (size_t i = 0; i < options->filter_count && !status; i++)
        status = arguments_add(arguments, options->filters[i]);
    return status;
}

static int measure_exactly(struct running *running)
{
    begin_stage(running, "instructions", EXACT_SECONDS);
    int status = instructions_add(&running->options.run, running->results, &running->progress);
    end_stage(running);
    if (!status) {
        begin_stage(running, "writes", EXACT_SECONDS);
        status = writes_add(&running->options.run, running->results, &running->progress);
        end_stage(running);
    }
    if (status) {
        if (status != -EINTR)
            complain("counting instructions and writes failed: %s", strerror(-status));
        return status;
    }
    begin_stage(running, "other toolchains", EXACT_SECONDS);
    const struct programs programs = {"costs",          tell_costs,        NULL, &running->options.run,
                                      running->results, &running->progress};
    status = programs_run(&programs);
    end_stage(running);
    if (untold(status))
        complain("asking the cells of other toolchains failed: %s", strerror(-status));
    return status == -EINTR || status == -ENOMEM ? status : 0;
}

static void tell_allocator(const struct run_options *run)
{
    char others[256] = "";
    for (size_t i = 0; i < experiment_count; i++) {
        if (experiments[i]->takes_allocator || !experiment_selected(experiments[i], run))
            continue;
        size_t length = strlen(others);
        snprintf(others + length, sizeof others - length, "%s%s", length ? ", " : "", experiments[i]->name);
    }
    if (others[0])
        complain("--allocator %s: not for %s, where each cell has its own", run->allocator->name, others);
}

static int run_all(struct running *running)
{
    const struct run_options *run = &running->options.run;
    bool exact = !run->smoke && any_cells(run);
    unsigned stages = exact ? 3 : 0;
    double expected = stages * EXACT_SECONDS;
    for (size_t i = 0; i < experiment_count; i++) {
        if (!experiment_selected(experiments[i], run))
            continue;
        stages++;
        expected += runner_expected_s(experiments[i], run);
    }
    if (run->allocator)
        tell_allocator(run);
    if (run->filter_count == 0)
        complain("running all %zu experiments into '%s'", experiment_count, running->options.out);
    progress_begin(&running->progress, stages, expected);

    char *path = path_in(running, "run", ".json");
    int status = path ? 0 : -ENOMEM;
    if (!status && exact)
        status = measure_exactly(running);
    for (size_t i = 0; i < experiment_count && !status; i++) {
        if (experiment_selected(experiments[i], run))
            status = run_experiment(running, experiments[i]);
    }
    progress_pause(&running->progress);
    if (!status) {
        status = record_write_run(&running->record, running->results, path);
        if (status)
            complain("cannot write '%s': %s", path, strerror(-status));
    }
    free(path);
    if (status == -EINTR)
        complain("interrupted: experiments that were complete are in '%s/results', and there is no run.json",
                 running->options.out);
    return status;
}

static int print_summary(const struct running *running)
{
    int status = 0;
    for (size_t i = 0; i < experiment_count && !status; i++) {
        char *path = result_path(running, experiments[i]->name, ".tsv");
        if (!path)
            status = -ENOMEM;
        else if (experiment_selected(experiments[i], &running->options.run))
            status = record_print_summary(running->results, experiments[i]->name, path);
        free(path);
    }
    if (status)
        complain("no memory for the summary");
    printf("\nresults: %s/results, %s/run.json\n", running->options.out, running->options.out);
    return status;
}

int command_run(int argc, char **argv)
{
    struct running running = {0};
    int exit_status = options_parse(&running.options, argc, argv,
                                    ACCEPT_MODE | ACCEPT_OUT | ACCEPT_SEED | ACCEPT_REACTOR | ACCEPT_ALLOCATOR);
    if (!exit_status)
        exit_status = options_check_filters(&running.options.run);
    if (exit_status)
        return exit_status;
    if (prepare_reactor(&running) || prepare_out(&running) || remove_earlier(&running) || become_several_threads())
        return EXIT_ERROR;
    running.results = results_create();
    if (!running.results) {
        complain("no memory");
        return EXIT_ERROR;
    }
    running.record = (struct record){
        .options = &running.options,
        .environment = &running.environment,
    };
    clock_gettime(CLOCK_REALTIME, &running.record.start);
    interrupt_install();
    revision_read(&running.record.revision);
    if (!running.options.run.smoke) /* whose times nobody reads */
        environment_watch(&running.environment);

    exit_status = run_all(&running) ? EXIT_ERROR : EXIT_OK;
    if (!exit_status) {
        bool failed = print_summary(&running) || running.failed;
        exit_status = failed ? EXIT_ERROR : results_count(running.results) ? EXIT_OK : EXIT_NOTHING;
        if (exit_status == EXIT_NOTHING)
            complain(
                "nothing was measured: the filters select no cell of the %s mode; an experiment's name selects all",
                running.options.run.full    ? "full"
                : running.options.run.smoke ? "smoke"
                                            : "quick");
    }
    results_destroy(running.results);
    return exit_status;
}
