/* The files of a run beside its TSV: run.json, and each timed experiment's samples in Google Benchmark's JSON schema.
 */
#ifndef ABREAST_BENCH_RECORD_H
#define ABREAST_BENCH_RECORD_H

#include "bench/environment.h"
#include "bench/options.h"
#include "bench/revision.h"

#include <time.h>

enum { STAGES_MAX = 32 };

struct stage {
    const char *name;
    double seconds;
};

struct record {
    const struct options *options;
    const struct environment *environment;
    struct revision revision;
    struct timespec start; /* CLOCK_REALTIME */
    struct stage stages[STAGES_MAX];
    size_t stage_count;
};

/* run.json. Each member stands by itself, so that a script can read the object, add its own and write it back. */
int record_write_run(const struct record *, const struct results *, const char *path);

/* Google Benchmark's JSON: a row for each sample; nothing is written when the experiment has none. */
int record_write_benchmarks(const struct record *, const struct results *, const char *experiment, const char *path);

/* The few rows of an experiment that a person wants to see, on stdout. 0 or -ENOMEM. */
int record_print_summary(const struct results *, const char *experiment, const char *path);

/* The same for `stack` and `finals`: over all settings of the compilers, for one of them alone would say the opposite
 * of another. */
int record_print_stack(const struct results *, const char *experiment, const char *path);

/* The same for `conns`: bytes by form, where most connections were open. */
int record_print_conns(const struct results *, const char *path);

#endif
