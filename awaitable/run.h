/* The launch functions of P4003: run_async starts a task from outside any coroutine, run awaits one in another
 * environment.
 *
 * Owns: both take over the task and destroy its frame when it has ended.
 * Lifetime: a struct of either kind must not move, nor its environment change, until the task has ended.
 */
#ifndef ABREAST_AWAITABLE_RUN_H
#define ABREAST_AWAITABLE_RUN_H

#include "awaitable/task.h"

/* A task launched from outside. */
struct run_async {
    struct coro coro; /* the task's continuation: tells `done` */
    struct task *task;
    struct continuation start;
    void (*done)(struct run_async *, ssize_t result);
};

/* Dispatches the task to env->executor; `done` is called, on that executor, once it has ended and its frame is gone. */
void run_async(struct run_async *, struct task *, const struct io_env *,
               void (*done)(struct run_async *, ssize_t result));

/* Destroys a launched task that is suspended, without resuming it. `done` is not called. */
void run_async_abandon(struct run_async *);

/* co_await run(env, task): the task runs in `env`, and its awaiter goes on in its own. Members of `env` that are zero
 * (executor, stop token, allocator) are inherited. The task's own frame was allocated before; what `env.allocator`
 * serves is the frames that it creates. */
struct run {
    struct coro coro; /* the task's continuation: goes back to the awaiter's executor */
    struct io_env env;
    struct task *task;
    struct coro *caller;
    struct executor_ref caller_executor;
    struct continuation hop;
    ssize_t result;
};

void run(struct run *, struct io_env env, struct task *);
struct coro *run_await_suspend(struct run *, struct coro *caller, const struct io_env *);

static inline bool run_await_ready(struct run *self)
{
    (void)self;
    return false;
}

static inline ssize_t run_await_resume(struct run *self)
{
    return self->result;
}

#endif
