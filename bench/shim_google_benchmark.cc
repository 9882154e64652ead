#include "bench/shim.h"

#include <benchmark/benchmark.h>

#include <cerrno>

struct shim_state {
    benchmark::State &state;
};

extern "C" {

uint64_t shim_operations(const struct shim_state *shim)
{
    return static_cast<uint64_t>(shim->state.max_iterations);
}

bool shim_keep_running(struct shim_state *shim, uint64_t operations)
{
    return shim->state.KeepRunningBatch(static_cast<benchmark::IterationCount>(operations));
}

void shim_fail(struct shim_state *shim, const char *message)
{
    shim->state.SkipWithError(message);
}

int shim_register(const char *name, void (*run)(struct shim_state *, void *user), void *user)
try {
    benchmark::RegisterBenchmark(name, [run, user](benchmark::State &state) {
        shim_state shim{state};
        run(&shim, user);
    });
    return 0;
} catch (...) {
    return -ENOMEM;
}

void shim_context(const char *key, const char *value)
try {
    benchmark::AddCustomContext(key, value);
} catch (...) {
    /* The context is for the reader only. */
}

bool shim_initialize(int *argc, char **argv)
try {
    benchmark::Initialize(argc, argv);
    return !benchmark::ReportUnrecognizedArguments(*argc, argv);
} catch (...) {
    return false;
}

int shim_run(void)
try {
    return static_cast<int>(benchmark::RunSpecifiedBenchmarks());
} catch (...) {
    return -1;
}
}
