/* The paired runner: every published time comes from here.
 *
 * The cells of a group run interleaved: a round is A B C ... C B A (ABBA, generalised), so that a drift of the machine
 * falls on all of them alike, and a pair is what two cells took in the same round. The order within the rounds is
 * shuffled from the seed, every round runs at another stack displacement (stack and frames that lie 4 KiB apart alias),
 * a few rounds of warm-up are discarded, and the baseline runs a second time as a control (A/A): its ratio shows the
 * noise. Before anything is timed, and for every sample, the outcomes of a group are compared.
 *
 * Threads: one. Errors: 0 or negative errno, after one line on stderr; -EINTR: a signal has come, and no line.
 */
#ifndef ABREAST_BENCH_RUNNER_H
#define ABREAST_BENCH_RUNNER_H

#include "bench/cell.h"
#include "bench/progress.h"
#include "bench/statistics.h"

/* How long and how often a group runs. */
struct plan {
    uint64_t sample_ns; /* of the group's slowest cell */
    uint64_t budget_ns; /* a group goes on until it is used up, within the limits on rounds */
    unsigned warm_up;
    unsigned rounds_least;
    unsigned rounds_most;
};

/* The plan for each of the groups of an experiment. */
struct plan runner_plan(const struct experiment *, const struct run_options *);

/* What it will take, roughly. */
double runner_expected_s(const struct experiment *, const struct run_options *);

/* The order in which a round begins; it ends with the same order reversed. */
void runner_order(size_t *order, size_t count, uint64_t seed, unsigned round);

/* The rows that need no run. */
void runner_describe(const struct experiment *, const struct run_options *, struct results *);

/* Runs all selected groups. In smoke mode each cell does a few operations and its outcome is checked, no more. */
int runner_run(const struct experiment *, const struct run_options *, const struct plan *, struct results *,
               struct progress *);

/* Cell and experiment as a row that lacks its metric. */
struct row runner_blank(const struct experiment *, const struct cell *);

#endif
