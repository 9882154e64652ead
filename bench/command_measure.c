#include "bench/commands.h"
#include "bench/instructions.h"
#include "bench/interrupt.h"
#include "bench/options.h"
#include "bench/progress.h"
#include "bench/runner.h"
#include "bench/several_threads.h"
#include "bench/writes.h"

#include <errno.h>
#include <string.h>

/* Sizes, and what a few operations of the counted cells allocate. */
static int measure(const struct experiment *experiment, const struct run_options *options, struct results *results)
{
    struct run_options few = *options;
    struct progress progress = {.quiet = true};
    few.smoke = true;
    few.counted = true;
    runner_describe(experiment, options, results);
    if (experiment->run)
        return 0;
    struct plan plan = runner_plan(experiment, &few);
    return runner_run(experiment, &few, &plan, results, &progress);
}

/* The exit status where no row came of it. A program of a few cells alone, which is asked for whatever a run wants, may
 * have none; who asks for experiments that have programs of their own is told what to do instead. */
static int nothing_measured(const struct run_options *options)
{
    bool whole = false;
    for (size_t i = 0; i < experiment_count; i++) {
        whole = whole || experiments[i]->run;
        if (!experiments[i]->run || !experiment_selected(experiments[i], options))
            continue;
        complain("%s has programs of its own: 'abreast run --smoke --out DIR %s' runs them without a clock",
                 experiments[i]->name, experiments[i]->name);
        return EXIT_NOTHING;
    }
    if (!whole)
        return EXIT_OK;
    complain("nothing was measured: 'abreast list --variants' shows what a filter can name");
    return EXIT_NOTHING;
}

static int print_rows(int argc, char **argv, bool counts)
{
    struct options options;
    if (options_parse(&options, argc, argv, ACCEPT_MODE | ACCEPT_ALLOCATOR) || become_several_threads())
        return EXIT_ERROR;
    struct progress progress = {.quiet = true};
    struct results *results = results_create();
    if (!results) {
        complain("no memory");
        return EXIT_ERROR;
    }
    interrupt_install();
    int status = 0;
    for (size_t i = 0; i < experiment_count && !status; i++)
        status = measure(experiments[i], &options.run, results);
    if (!status && counts)
        status = instructions_add(&options.run, results, &progress);
    if (!status && counts)
        status = writes_add(&options.run, results, &progress);
    if (!status)
        status = results_status(results);
    if (status == -EINTR) {
        /* Whoever asked has ended us, and says so. */
    } else if (status) {
        complain("measuring failed: %s", strerror(-status));
    } else {
        for (size_t i = 0; i < results_count(results); i++)
            results_print_line(results, i, true, stdout);
    }
    bool any = results_count(results);
    results_destroy(results);
    return status ? EXIT_ERROR : any ? EXIT_OK : nothing_measured(&options.run);
}

int command_check(int argc, char **argv)
{
    return print_rows(argc, argv, false);
}

int command_measure(int argc, char **argv)
{
    return print_rows(argc, argv, true);
}

static int count(int argc, char **argv, int (*child)(const struct run_options *))
{
    struct options options;
    if (options_parse(&options, argc, argv, ACCEPT_MODE | ACCEPT_ALLOCATOR))
        return EXIT_ERROR;
    return child(&options.run) ? EXIT_ERROR : EXIT_OK;
}

int command_count(int argc, char **argv)
{
    return count(argc, argv, instructions_child);
}

int command_count_writes(int argc, char **argv)
{
    if (become_several_threads())
        return EXIT_ERROR;
    return count(argc, argv, writes_child);
}
