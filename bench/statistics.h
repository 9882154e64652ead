/* Statistics of paired samples: the median, and its bootstrap interval.
 *
 * A ratio of two cells is estimated as exp(median of the log ratios of the pairs). Samples come in blocks that share
 * what is the same for all of them (where everything lies in memory), so the samples of a block are not independent.
 * The 99 % interval therefore comes from resampling in two stages (cluster bootstrap: Davison and Hinkley, Bootstrap
 * Methods and their Application, 3.8): whole blocks are drawn with replacement, and from each block drawn its pairs,
 * again with replacement. No sample is ever dropped. The same seed gives the same interval.
 */
#ifndef ABREAST_BENCH_STATISTICS_H
#define ABREAST_BENCH_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

struct interval {
    double value;
    double low;
    double high;
};

enum { BOOTSTRAP_RESAMPLES = 2000 };

/* A small generator for orders and resamples: splitmix64. `*state` is the seed. */
uint64_t random_next(uint64_t *state);
/* Uniform in 0..bound-1. */
size_t random_below(uint64_t *state, size_t bound);

/* The median; for an even count the mean of the two in the middle. Reorders `values`. `count` is at least 1. */
double median(double *values, size_t count);

/* How samples lie in an array: block after block. */
struct blocks {
    size_t count;
    size_t each; /* samples of a block, at least 1 */
};

/* The median of `values`, between the percentiles 0.5 and 99.5 of the medians of BOOTSTRAP_RESAMPLES resamples as
 * above. 0 or -ENOMEM. */
int bootstrap_median(const double *values, struct blocks, uint64_t seed, struct interval *);

/* The median of independent values, between two of them, so chosen that a median of what they were drawn from lies
 * outside at most once in a hundred times, whatever their distribution is (order statistics: David and Nagaraja, 7.1).
 * That takes ORDER_LEAST values, of which it then is the range. Reorders `values`. 0, or -EINVAL: too few. */
enum { ORDER_LEAST = 8 };
int order_median(double *values, size_t count, struct interval *);

/* The ratios value[i] / base[i] of pairs, as above. All must be positive. 0, -EINVAL or -ENOMEM. */
int bootstrap_ratio(const double *value, const double *base, struct blocks, uint64_t seed, struct interval *);

/* The differences value[i] - base[i] of pairs, as above. */
int bootstrap_difference(const double *value, const double *base, struct blocks, uint64_t seed, struct interval *);

#endif
