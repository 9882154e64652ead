/* A histogram of durations or sizes with a bounded relative error, log-linear as HdrHistogram has it.
 *
 *     struct histogram *latencies = calloc(1, sizeof *latencies);
 *     histogram_record(latencies, ns);
 *     histogram_percentile(latencies, 999000);   p99.9
 *
 * Values below 128 have a bucket each. Above, each power of two is divided into 64 buckets of equal width, so that a
 * bucket is at most 1/64 of its values wide: 1.6 %. The whole range of uint64_t has its buckets; no value is clipped.
 *
 * Owns: nothing; it lies where the caller has it, 30 KiB that must be zero at first (histogram_reset). Recording
 * allocates nothing and takes no branch but on minimum and maximum.
 * Threads: one.
 * Units: the caller's.
 */
#ifndef ABREAST_BENCH_HISTOGRAM_H
#define ABREAST_BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_BITS = 6, /* a bucket is at most 1/64 of its values wide */
    HISTOGRAM_BUCKETS = (64 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS,
};

struct histogram {
    uint64_t count;
    uint64_t min, max; /* exact; both 0 while there is no value */
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_reset(struct histogram *);

/* The smallest value that so many millionths of all values do not exceed (500000: the median; 999000: p99.9; 1000000:
 * the maximum), by the nearest rank: never less than the exact one, and at most 1/64 more. 0 where there is no value.
 */
uint64_t histogram_percentile(const struct histogram *, unsigned millionths);

/* The bucket of a value, and the greatest value of a bucket. */
static inline unsigned histogram_bucket(uint64_t value)
{
    unsigned shift = 63 - HISTOGRAM_BITS - (unsigned)__builtin_clzll(value | UINT64_C(1) << HISTOGRAM_BITS);
    return (shift << HISTOGRAM_BITS) + (unsigned)(value >> shift);
}

static inline uint64_t histogram_bucket_last(unsigned bucket)
{
    enum { EACH = 1 << HISTOGRAM_BITS };
    if (bucket < 2 * EACH)
        return bucket;
    unsigned shift = bucket / EACH - 1;
    return ((bucket - shift * (uint64_t)EACH + 1) << shift) - 1;
}

static inline void histogram_record(struct histogram *self, uint64_t value)
{
    if (value > self->max)
        self->max = value;
    if (value < self->min || self->count == 0)
        self->min = value;
    self->count++;
    self->buckets[histogram_bucket(value)]++;
}

#endif
