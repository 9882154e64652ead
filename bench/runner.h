/* The paired runner: every published time comes from here.
 *
 * The cells of a group run interleaved: a round is A B C ... C B A (ABBA, generalised), so that a drift of the machine
 * falls on all of them alike, and a pair is what two cells took in the same round. The order within the rounds is
 * shuffled from the seed, and the baseline runs a second time as a control (A/A): its ratio shows the noise. Before
 * anything is timed, and for every sample, the outcomes of a group are compared.
 *
 * Where code's data happen to lie in memory can change a time by more than all other noise, and it stays the same for
 * as long as nothing moves. So the rounds are divided into blocks of equal size, and before each block every cell of
 * the group is closed and opened again at another place: recycled frames are given back, blocks of memory of random
 * sizes, from the seed, are taken and held (1024 of at most 1 KiB, and one of at most 4 KiB before each cell), so that
 * what the cells allocate lies elsewhere, and the stack begins up to 4 KiB deeper; besides, every round runs at another
 * stack displacement (stack and frames that lie 4 KiB apart alias). The first round of each block is warm-up and is
 * discarded. The intervals come from resampling whole blocks first and pairs within them second (bench/statistics.h),
 * so that they cover what another layout would have given, as another run has it. What one run cannot vary is the place
 * of the code: the executable is the same.
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
    uint64_t budget_ns; /* of a group: what decides how many rounds a block has, within the limits */
    unsigned blocks;
    unsigned warm_up;      /* rounds that begin a block and are discarded, at least 1 */
    unsigned rounds_least; /* of a block */
    unsigned rounds_most;
};

/* The plan for each of the groups of an experiment. */
struct plan runner_plan(const struct experiment *, const struct run_options *);

/* What it will take, roughly. */
double runner_expected_s(const struct experiment *, const struct run_options *);

/* True when the mode and the filters want the cell, or it is the baseline of a group of which they want another: what
 * is timed of a group is described and counted too. */
bool runner_includes(const struct experiment *, const struct cell *, const struct run_options *);

/* The order in which a round begins; it ends with the same order reversed. */
void runner_order(size_t *order, size_t count, uint64_t seed, unsigned round);

/* True when the runner times it in this mode, or, in a smoke run, checks it. */
bool runner_runs(const struct cell *, const struct run_options *);

/* The rows that need no run. */
void runner_describe(const struct experiment *, const struct run_options *, struct results *);

/* Runs all selected groups. In smoke mode each cell does a few operations and its outcome is checked, no more. */
int runner_run(const struct experiment *, const struct run_options *, const struct plan *, struct results *,
               struct progress *);

/* Cell and experiment as a row that lacks its metric. */
struct row runner_blank(const struct experiment *, const struct cell *);

#endif
