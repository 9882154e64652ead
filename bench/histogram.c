#include "bench/histogram.h"

#include <string.h>

void histogram_reset(struct histogram *self)
{
    memset(self, 0, sizeof *self);
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
