/* What becomes of P4003's frame allocator channel when other coroutines run on the thread, and by what it is kept.
 *
 * A coroutine suspends, is resumed, and then makes a frame, once an operation. A neighbour, which has an allocator of
 * its own, runs on the same thread between them:
 *
 *   nested resume      the coroutine itself resumes its neighbour, inline, after its await and before the frame
 *   two run_loops      each has a run_loop, and the thread runs them in turn
 *   two strands        each has a strand over one run_loop, which runs them in turn
 *   stealing threads   a pool of two threads: each resumption is on the other thread than the one before, where the
 *                      neighbour has just run
 *
 * Two things protect the channel, and each can be left out: safe_resume, in all that resumes a coroutine from outside
 * (else it is coro_resume), and the restore after each await of the coroutine (else the channel stays as it is). The
 * neighbour is always one that restores: that is what spoils the channel for the others.
 *
 * Threads: any; the calling thread's channel is the same before and after. Errors: 0 or negative errno.
 */
#ifndef ABREAST_BENCH_FRAMES_DELIVERY_SPOILAGE_H
#define ABREAST_BENCH_FRAMES_DELIVERY_SPOILAGE_H

#include <stdbool.h>
#include <stdint.h>

enum spoilage_kind {
    SPOILAGE_NESTED_RESUME,
    SPOILAGE_TWO_RUN_LOOPS,
    SPOILAGE_TWO_STRANDS,
    SPOILAGE_STEALING_THREADS,
    SPOILAGE_KINDS
};

struct spoilage_protection {
    bool safe_resume;
    bool await_restore;
};

/* Counted by the allocators themselves. */
struct spoilage_count {
    uint64_t frames;          /* that the coroutine made */
    uint64_t wrong;           /* of them, from another allocator than its environment's */
    uint64_t from_neighbour;  /* of those, from its neighbour's; the rest came from malloc */
    uint64_t neighbour_wrong; /* frames that the neighbour made from another allocator than its own */
    uint64_t thread_changes;  /* resumptions on another thread than the one before */
};

int spoilage_run(enum spoilage_kind, struct spoilage_protection, uint64_t operations, struct spoilage_count *);

#endif
