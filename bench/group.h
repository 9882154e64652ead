/* A group under measurement: between runner.c, which takes the samples, and group_rows.c, which turns them into rows.
 */
#ifndef ABREAST_BENCH_GROUP_H
#define ABREAST_BENCH_GROUP_H

#include "bench/runner.h"

enum { PASSES = 2 }; /* a round visits each entry there and back */

struct sample {
    double real_ns, cpu_ns; /* of all operations */
    struct outcome outcome;
};

/* A cell in its group; the baseline has a second entry as a control. */
struct entry {
    const struct cell *cell;
    bool control;
    void *state;
    bool opened;
    struct outcome once, twice; /* of the check: N and 2N operations */
    struct sample *samples;     /* [round][pass] */
};

struct group {
    const struct experiment *experiment;
    const struct run_options *options;
    const struct plan *plan;
    const char *variant;
    struct entry *entries; /* those that are timed first */
    size_t count, timed;
    uint64_t operations; /* of a sample */
    size_t rounds;       /* done, without warm-up */
};

/* "experiment/model/mechanism/variant", for messages. */
void entry_name(const struct group *, const struct entry *, char *buffer, size_t size);

/* The metrics of a group that has been checked, and timed unless rounds is 0. */
int group_add_rows(const struct group *, struct results *);

#endif
