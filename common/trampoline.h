/* A trampoline: an execution context of no thread of its own, which bounds the stack of work that schedules work.
 *
 * The first work that a thread posts runs at once, and makes that thread's call of trampoline_post_work the outermost.
 * Work posted from inside it runs at once too, nested, as long as fewer than `max_depth` works have been started since
 * the outermost call last took one, and less than `max_bytes` of stack lie between the outermost call and here. Else it
 * is queued, and the outermost call runs the queue, first in first out, when the work below it has returned. The limits
 * of the outermost call hold for all that nests in it, whatever trampoline that names.
 *
 * This is exec::trampoline_scheduler (stdexec, exec/trampoline_scheduler.hpp: __operation_base::start, __drain;
 * libunifex, unifex/trampoline_scheduler.hpp and source/trampoline_scheduler.cpp), with its defaults and its way to
 * measure the stack: the distance between the addresses of two local variables. On another stack, as of a fibre, that
 * distance is large, and the work is queued. As there, the depth counts works and is not taken back when one returns.
 * In stdexec the bytes are measured from the first work taken from the queue; here from the outermost call as well.
 *
 * Owns: nothing. Lifetime: as of any executor, for what is posted; the limits are read in the outermost call.
 * Threads: each has its own outermost call and queue; a trampoline may be used by all.
 * Units: bytes of stack.
 */
#ifndef ABREAST_COMMON_TRAMPOLINE_H
#define ABREAST_COMMON_TRAMPOLINE_H

#include "common/executor.h"
#include "common/probe.h"

#include <stddef.h>

struct trampoline {
    unsigned max_depth;
    size_t max_bytes;
};

#define TRAMPOLINE_DEFAULTS {.max_depth = 16, .max_bytes = 4096}

struct executor_ref trampoline_executor(struct trampoline *);

/* The outermost call of a thread. */
struct trampoline_run {
    struct trampoline limits;
    unsigned depth;
    uintptr_t origin; /* an address in the frame of the call */
    struct work_queue queue;
};
extern _Thread_local struct trampoline_run *trampoline_current;

/* Not outermost: whether work may run nested at the address `here`. */
static inline bool trampoline_nests(struct trampoline_run *run, uintptr_t here)
{
    size_t used = here > run->origin ? here - run->origin : run->origin - here;
    if (used >= run->limits.max_bytes || run->depth >= run->limits.max_depth)
        return false;
    run->depth++;
    return true;
}

/* The outermost call begins, with `run` in its frame; then it runs the first work, and drains. */
static inline void trampoline_begin(struct trampoline_run *run, const struct trampoline *trampoline)
{
    *run = (struct trampoline_run){.limits = *trampoline, .depth = 1, .origin = (uintptr_t)run};
    trampoline_current = run;
}

static inline void trampoline_drain(struct trampoline_run *run)
{
    while (!work_queue_empty(&run->queue)) {
        uintptr_t node = work_queue_pop(&run->queue);
        run->depth = 1;
        run->origin = (uintptr_t)&node;
        work_run(node);
    }
    trampoline_current = NULL;
}

static inline void trampoline_post_work(struct trampoline *trampoline, struct work *work)
{
    struct trampoline_run *current = trampoline_current;
    if (!current) {
        struct trampoline_run run;
        trampoline_begin(&run, trampoline);
        work->execute(work);
        trampoline_drain(&run);
    } else if (trampoline_nests(current, (uintptr_t)&current)) {
        work->execute(work);
    } else {
        PROBE(POST);
        work_queue_push(&current->queue, work);
    }
}

#endif
