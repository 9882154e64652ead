/* A group under measurement: between runner.c, which takes the samples, group_open.c, which opens the cells wherever in
 * memory the next block of samples is to find them, and group_rows.c, which turns the samples into rows.
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
    struct entry *entries;
    size_t count;
    uint64_t operations; /* of a sample */
    size_t blocks;       /* done */
    size_t each;         /* rounds of a block */
    size_t rounds;       /* done, without warm-up */
    unsigned turn;       /* rounds begun, with warm-up: what their orders come from */
    uint64_t layout;     /* the generator of places in memory */
    struct held *held;   /* memory that is in use so that the cells' lies elsewhere */
    size_t stack_bytes;  /* how much deeper than the first all rounds of this block run */
};

/* Opens the cells that the options want, and the control; what this machine cannot do is skipped. 0 or negative errno.
 * group_close follows in any case. */
int group_open(struct group *, struct results *);

/* Closes all entries and opens them again at other places. */
int group_reopen(struct group *);

void group_close(struct group *);

/* Says on stderr what failed, unless it is a signal. Returns `status`. */
int group_failed(const struct group *, const struct entry *, const char *what, int status);

/* "experiment/model/mechanism/variant", for messages. */
void entry_name(const struct group *, const struct entry *, char *buffer, size_t size);

/* The metrics of a group that has been checked, and timed unless rounds is 0. */
int group_add_rows(const struct group *, struct results *);

#endif
