/* executor_ref: the type-erased executor of P4003 4.3, two words passed by value.
 *
 *   dispatch   asks to run a continuation on the executor's context. If the caller already is there it returns the
 *              handle for the caller to resume (symmetric transfer), else it posts and returns noop_coroutine().
 *   post       always queues; the continuation is resumed later, by the context.
 *   post_work  the same for a function: what a sender's schedule() uses.
 *
 * Owns: nothing; the context outlives every reference to it.
 * Threads: all three may be called from any thread unless the executor says otherwise.
 */
#ifndef ABREAST_COMMON_EXECUTOR_H
#define ABREAST_COMMON_EXECUTOR_H

#include "common/continuation.h"
#include "common/probe.h"

struct executor_ops {
    const char *name;
    struct coro *(*dispatch)(void *context, struct continuation *);
    void (*post)(void *context, struct continuation *);
    void (*post_work)(void *context, struct work *);
};

struct executor_ref {
    const struct executor_ops *ops;
    void *context;
};

static inline struct coro *executor_dispatch(struct executor_ref executor, struct continuation *continuation)
{
    PROBE(EXECUTOR_CALL);
    return executor.ops->dispatch(executor.context, continuation);
}

static inline void executor_post(struct executor_ref executor, struct continuation *continuation)
{
    PROBE(EXECUTOR_CALL);
    executor.ops->post(executor.context, continuation);
}

static inline void executor_post_work(struct executor_ref executor, struct work *work)
{
    PROBE(EXECUTOR_CALL);
    executor.ops->post_work(executor.context, work);
}

/* The inline executor: there is no context to be on, so dispatch returns the handle, and post resumes before it
 * returns, on the caller's stack. */
struct executor_ref inline_executor(void);

/* For the authors of executors: runs what work_queue_pop took, that is, resumes a continuation's coroutine (by
 * safe_resume) or calls a work's function. */
void work_run(uintptr_t node);

#endif
