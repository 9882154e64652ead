/* The cells of `frames` that vary what a frame allocator is asked for: how large the frames are, how deep the chains,
 * on how many threads, and whether anything is kept from one chain to the next.
 *
 *   depth=D,frame=B    chains of D coroutines, each frame B bytes in all, header and promise included; of what is
 *                      behind those, locals, one byte is used. frame=mixed: a sequence of sizes from the seed, 64 bytes
 *                      to 4 KiB, each power of two as likely as the next
 *   depth=0            no coroutine: a frame is allocated and freed, and that is all; mechanism `calls`: two functions
 *                      are called that do nothing, which is what of it is not the allocator's
 *   state=cold         before each chain the allocator gives back all that it holds, so that every frame comes from
 *                      malloc; else what was freed is there for the next chain. malloc itself stays warm: nothing
 *                      makes it give back what its thread's cache holds, so its row is the usual one
 *   threads=2          two threads, each with chains of its own; an operation is a frame of either
 *   freed=elsewhere    coroutines are created on one thread, and run and destroyed on another, as where their work is
 *                      stolen: the first fills a ring of HANDED_FRAMES, the second empties it, in turn, so that the
 *                      counts are the same each time. So the two never run at once, and no lock is ever waited for
 *   workload=p4003     the benchmark of P4003R4 3.5 (order.h)
 *   process=child      in a process of its own (apart.h) that never has a second thread
 *   process=several-threads   in one of its own that has had a second thread, as the main one (bench/several_threads.h)
 *
 * In a process of its own malloc may be another library.
 *
 * The frame of the root that awaits the chains is not from the allocator, and not counted.
 */
#ifndef ABREAST_BENCH_FRAMES_CHAINS_H
#define ABREAST_BENCH_FRAMES_CHAINS_H

#include "bench/cell.h"
#include "bench/frames/order.h"
#include "common/counting_allocator.h"
#include "common/frame_allocators.h"
#include "common/io_env.h"

enum { CHAIN_SIZES = 1024, HANDED_FRAMES = 256 };

/* The environment of the coroutines, from which they know the sizes of the frames below them. */
struct chain_env {
    struct io_env env;
    uint16_t sizes[CHAIN_SIZES];
};

struct chain_parameters {
    const char *allocator; /* by the name of common/frame_allocators.h */
    void (*launch)(struct chain_order *);
    unsigned depth; /* at most 255 */
    unsigned bytes; /* of a frame; 0: mixed */
    unsigned piece; /* frames of one piece of work; 0: a chain's */
    bool cold;
    bool two_threads;
    bool handed;
    bool calls;           /* of functions that do nothing, in place of the allocator's */
    bool by_table;        /* recycling is called through its table too, as the others are (frame_allocate) */
    bool several_threads; /* its own process has had a second thread before it begins */
};

/* The coroutine of a chain of one, suspended at its start, from the channel's allocator; null: no memory. */
struct task *chain_link_create(const struct io_env *, uint64_t position);

static inline unsigned chain_next_depth(const struct chain_order *order)
{
    return order->frames < order->depth ? (unsigned)order->frames : order->depth;
}

/* Takes what a chain returned, the number of its links. 0 or negative errno. */
static inline int chain_accept(struct chain_order *order, ssize_t got)
{
    unsigned depth = chain_next_depth(order);
    if (got < 0)
        return (int)got;
    if (got != (ssize_t)depth)
        return -EBADMSG;
    chain_made(order, depth);
    return 0;
}

/* What a link is told: its height above the end of its chain, and its position in the sequence of sizes. */
static inline uint64_t chain_told(const struct chain_order *order)
{
    return order->position << 8 | chain_next_depth(order);
}

static inline unsigned chain_height(uint64_t told)
{
    return told & 0xff;
}

static inline uint64_t chain_told_below(uint64_t told)
{
    return told + (1 << 8) - 1;
}

static inline size_t chain_bytes(const struct io_env *env, uint64_t told)
{
    return CONTAINER_OF(env, const struct chain_env, env)->sizes[(told >> 8) % CHAIN_SIZES];
}

/* calls.c: they do nothing, and their callers do not know. */
void *allocate_nothing(struct frame_allocator *, size_t bytes);
void free_nothing(struct frame_allocator *, void *frame, size_t bytes);

int chains_open(const struct cell *, const struct run_options *, void **state);
int chains_run(void *state, uint64_t operations, struct outcome *);
void chains_close(void *state);

/* frame_bytes, on average; peak_bytes: of frames at once; retained_bytes: what the allocator holds when all of them
 * have been freed; of malloc, what glibc's thread cache and fast bins hold of them (mallinfo2). */
void chains_describe(const struct cell *, const struct row *blank, struct results *);

#endif
