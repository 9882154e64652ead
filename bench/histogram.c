#include "bench/histogram.h"

#include <string.h>

void histogram_reset(struct histogram *self)
{
    memset(self, 0, sizeof *self);
}

void histogram_merge(struct histogram *self, const struct histogram *from)
{
    if (from->count == 0)
        return;
    if (self->count == 0 || from->min < self->min)
        self->min = from->min;
    if (from->max > self->max)
        self->max = from->max;
    self->count += from->count;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        self->buckets[i] += from->buckets[i];
}

uint64_t histogram_percentile(const struct histogram *self, unsigned millionths)
{
    uint64_t rank = (uint64_t)(((unsigned __int128)self->count * millionths + 999999) / 1000000);
    if (rank <= 1)
        return self->min;
    uint64_t seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += self->buckets[i];
        if (seen >= rank) {
            uint64_t last = histogram_bucket_last(i);
            return last < self->max ? last : self->max;
        }
    }
    return self->max;
}
