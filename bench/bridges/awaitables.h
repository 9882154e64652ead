/* The operations of the `bridges` experiment as awaitables, {job}: each completes with job->made.
 *
 *   ready      await_ready says that the result is there
 *   transfer   suspends, and await_suspend returns the caller's own handle
 *   later      posts the caller to the environment's executor
 *
 * None of them can fail, no more than the native just(value) can: await_resume returns size_t.
 */
#ifndef ABREAST_BENCH_BRIDGES_AWAITABLES_H
#define ABREAST_BENCH_BRIDGES_AWAITABLES_H

#include "awaitable/awaitable.h"
#include "bench/mitigations/job.h"

struct ready {
    struct mitigation_job *job;
};

struct transfer {
    struct mitigation_job *job;
};

struct later {
    struct mitigation_job *job;
    struct continuation continuation;
};

static inline struct coro *post_caller(struct continuation *continuation, struct coro *caller, const struct io_env *env)
{
    continuation->coro = caller;
    executor_post(env->executor, continuation);
    return noop_coroutine();
}

#define OPERATION(T, ready_, next_)                                                                                    \
    static inline bool T##_await_ready(struct T *self)                                                                 \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        return ready_;                                                                                                 \
    }                                                                                                                  \
    static inline struct coro *T##_await_suspend(struct T *self, struct coro *caller, const struct io_env *env)        \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        (void)env;                                                                                                     \
        return next_;                                                                                                  \
    }                                                                                                                  \
    static inline size_t T##_await_resume(struct T *self)                                                              \
    {                                                                                                                  \
        return self->job->made;                                                                                        \
    }

OPERATION(ready, true, caller)
OPERATION(transfer, false, caller)
OPERATION(later, false, post_caller(&self->continuation, caller, env))

#endif
