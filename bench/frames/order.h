/* What a root of chains.h is asked for, whatever its coroutines are made of, and what came of it.
 *
 * workload=p4003 is the benchmark behind the table of P4003R4 3.5, "a chain of 4 coroutines, 2 million iterations", as
 * Capy has it (cppalliance/capy, example/allocation/allocation.cpp, 2026): an iteration calls a coroutine that calls
 * five times one that calls three times one that calls three times one that adds to an atomic counter. So it makes 66
 * frames, four of them at a time, and 2 million iterations make 132 million. The paper does not say so. Frames that are
 * left over where they are no multiple of 66 are calls of the innermost.
 */
#ifndef ABREAST_BENCH_FRAMES_ORDER_H
#define ABREAST_BENCH_FRAMES_ORDER_H

#include <errno.h>
#include <stdint.h>
#include <sys/types.h>

struct frame_allocator;
struct io_env;

enum {
    TREE_FIRST = 5, /* how often each calls the next */
    TREE_SECOND = 3,
    TREE_THIRD = 3,
    TREE_INNERMOST = TREE_FIRST * TREE_SECOND * TREE_THIRD,
    TREE_FRAMES = 1 + TREE_FIRST + TREE_FIRST * TREE_SECOND + TREE_INNERMOST,
};

struct chain_order {
    const struct io_env *env;
    uint64_t frames; /* to be made */
    unsigned depth;
    uint64_t position;                         /* of the next frame in the sequence of sizes */
    void (*between)(struct frame_allocator *); /* called after each chain; null: nothing */
    struct frame_allocator *allocator;         /* its argument */
    uint64_t sum;                              /* the frames that were made */
    ssize_t result;
};

/* So many frames have been made, and freed. */
static inline void chain_made(struct chain_order *order, unsigned frames)
{
    order->sum += frames;
    order->frames -= frames;
    order->position += frames;
    if (order->between)
        order->between(order->allocator);
}

static inline unsigned tree_next_frames(const struct chain_order *order)
{
    return order->frames >= TREE_FRAMES ? TREE_FRAMES : 1;
}

/* The innermost coroutines that so many frames have among them. */
static inline uint64_t tree_innermost(uint64_t frames)
{
    return frames / TREE_FRAMES * TREE_INNERMOST + frames % TREE_FRAMES;
}

#if defined __cplusplus
extern "C" {
#endif

/* A launch: makes order->frames frames, and leaves in the order what came of it. */
void chain_awaitable_launch(struct chain_order *);
void chain_sender_launch(struct chain_order *);
void call_tree_launch(struct chain_order *);
void cxx_call_tree_launch(struct chain_order *); /* bench/cxx/call_tree.cpp */

#if defined __cplusplus
}
#endif

#endif
