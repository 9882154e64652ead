/* What the chains of the experiment `frames` are told and report, whatever they are made of. */
#ifndef ABREAST_BENCH_FRAMES_H
#define ABREAST_BENCH_FRAMES_H

#include <errno.h>
#include <stdint.h>
#include <sys/types.h>

/* What each frame has of its own across its suspension. */
enum { LOCAL_BYTES = 64 };

/* What a root is asked for, and what came of it. Each coroutine returns its own height above the end of the chain and
 * all that is below it. */
struct order {
    uint64_t frames;
    unsigned depth;
    uint64_t sum;
    ssize_t result;
};

static inline unsigned next_depth(const struct order *order)
{
    return order->frames < order->depth ? (unsigned)order->frames : order->depth;
}

static inline ssize_t accept_chain(struct order *order, unsigned depth, ssize_t got)
{
    if (got < 0)
        return got;
    if (got != (ssize_t)depth * (depth + 1) / 2)
        return -EBADMSG;
    order->sum += (uint64_t)got;
    order->frames -= depth;
    return 0;
}

#endif
