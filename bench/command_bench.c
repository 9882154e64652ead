#include "bench/cell.h"
#include "bench/commands.h"
#include "bench/environment.h"
#include "bench/options.h"
#include "bench/progress.h"
#include "bench/several_threads.h"
#include "bench/shim.h"

#include <stdlib.h>
#include <string.h>

#if defined ABREAST_NO_GOOGLE_BENCHMARK
int command_bench(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    complain(
        "skipped: bench is a front of Google Benchmark, and this build has no C++ compiler for it: install g++ and "
        "build again, or use 'abreast run'");
    return EXIT_SKIPPED;
}
#else
struct benchmark {
    const struct cell *cell;
    const struct run_options *options;
};

static bool any_failed;

static void fail(struct shim_state *shim, const char *message)
{
    any_failed = true;
    shim_fail(shim, message);
}

static void run_benchmark(struct shim_state *shim, void *user)
{
    const struct benchmark *benchmark = user;
    const struct cell *cell = benchmark->cell;
    void *state = NULL;
    int status = cell->open ? cell->open(cell, benchmark->options, &state) : 0;
    if (status) {
        fail(shim, strerror(-status));
        return;
    }
    uint64_t operations = cell_operations(cell, shim_operations(shim));
    struct outcome outcome = {0};
    while (shim_keep_running(shim, operations) && !status)
        status = cell->run(state, operations, &outcome);
    if (status)
        fail(shim, strerror(-status));
    else if (outcome.operations != operations)
        fail(shim, "it did not do all its operations");
    if (cell->close)
        cell->close(state);
}

static size_t timed_cells(void)
{
    size_t count = 0;
    for (size_t e = 0; e < experiment_count; e++)
        count += experiments[e]->cell_count;
    return count;
}

static int register_all(struct benchmark *benchmarks, const struct run_options *options)
{
    for (size_t e = 0; e < experiment_count; e++) {
        for (size_t c = 0; c < experiments[e]->cell_count; c++) {
            const struct cell *cell = &experiments[e]->cells[c];
            if (!cell->run)
                continue;
            char name[256];
            snprintf(name, sizeof name, "%s/%s/%s/%s", experiments[e]->name, cell->model, cell->mechanism,
                     cell->variant);
            *benchmarks = (struct benchmark){cell, options};
            int status = shim_register(name, run_benchmark, benchmarks++);
            if (status)
                return status;
        }
    }
    return 0;
}

/* Takes our own options out of the arguments; what is left is Google Benchmark's. */
static int take_options(struct options *options, int *argc, char **argv)
{
    int kept = 0, taken = 0;
    char **ours = calloc((size_t)*argc + 1, sizeof *ours);
    if (!ours) {
        complain("no memory");
        return EXIT_ERROR;
    }
    for (int i = 0; i < *argc; i++) {
        bool is_ours = strncmp(argv[i], "--reactor", 9) == 0 || strncmp(argv[i], "--allocator", 11) == 0;
        if (!is_ours) {
            argv[kept++] = argv[i];
            continue;
        }
        ours[taken++] = argv[i];
        if (!strchr(argv[i], '=') && i + 1 < *argc)
            ours[taken++] = argv[++i];
    }
    *argc = kept;
    int status = options_parse(options, taken, ours, ACCEPT_REACTOR | ACCEPT_ALLOCATOR);
    free(ours);
    options->run.filters = NULL;
    options->run.full = true;
    return status;
}

int command_bench(int argc, char **argv)
{
    struct options options;
    if (take_options(&options, &argc, argv) || become_several_threads())
        return EXIT_ERROR;
    struct environment environment;
    if (environment_read(&environment, options.run.backend)) {
        complain("no reactor: %s", environment.reactor_note);
        return EXIT_ERROR;
    }
    /* Google Benchmark takes argv[0] for the program; there is one before what follows the command. */
    int all = argc + 1;
    char **arguments = argv - 1;
    arguments[0] = "abreast";
    if (!shim_initialize(&all, arguments))
        return EXIT_ERROR;
    struct benchmark *benchmarks = calloc(timed_cells() + 1, sizeof *benchmarks);
    if (!benchmarks || register_all(benchmarks, &options.run)) {
        complain("no memory");
        free(benchmarks);
        return EXIT_ERROR;
    }
    shim_context("compiler", toolchain);
    shim_context("cflags", build_flags);
    shim_context("transfer", transfer_kind);
    shim_context("reactor", environment.reactor);
    shim_context("malloc", malloc_library_name());
    int ran = shim_run();
    free(benchmarks);
    if (ran < 0 || any_failed)
        return EXIT_ERROR;
    if (ran)
        return EXIT_OK;
    complain("no cell matches: 'abreast bench --benchmark_list_tests' shows the names that a filter can select");
    return EXIT_NOTHING;
}
#endif
