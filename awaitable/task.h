/* task: a lazily started coroutine, and itself an awaitable.
 *
 * `struct task` is the promise; a coroutine's frame starts with it. co_await on a task starts it by symmetric transfer,
 * and at its final suspension point it transfers back to its continuation, so a chain of tasks of any depth and length
 * runs in constant stack (cppcoro, libcoro, Capy: P2583R0 section 3).
 *
 * Owns: a frame comes from the current frame allocator and goes back to it; the awaiting coroutine destroys the child
 * after await_resume, or without ever resuming it.
 * Errors: task_create returns null when the allocator has nothing left.
 */
#ifndef ABREAST_AWAITABLE_TASK_H
#define ABREAST_AWAITABLE_TASK_H

#include "awaitable/awaitable.h"

#include <sys/types.h>

struct task {
    struct frame frame;
    struct coro *continuation; /* who awaits this task */
    const struct io_env *env;  /* inherited from the awaiting coroutine */
    ssize_t result;            /* what it co_returned */
};

/* frame_create for a frame that starts with a struct task, from the current frame allocator. */
static inline struct task *task_create(size_t bytes, void (*body)(struct coro *), void (*destroy)(struct coro *))
{
    return (struct task *)frame_create(get_current_frame_allocator(), bytes, body, destroy);
}

static inline bool task_await_ready(struct task *task)
{
    (void)task;
    return false;
}

static inline struct coro *task_await_suspend(struct task *task, struct coro *caller, const struct io_env *env)
{
    PROBE(LAUNCH);
    task->continuation = caller;
    task->env = env;
    return &task->frame.coro;
}

static inline ssize_t task_await_resume(struct task *task)
{
    return task->result;
}

/* The last thing that a body does: stores the result and transfers to the continuation. */
#define CO_RETURN(self, value)                                                                                         \
    do {                                                                                                               \
        (self)->task.result = (value);                                                                                 \
        (self)->task.frame.coro.resume = NULL;                                                                         \
        PROBE(SIGNAL);                                                                                                 \
        TRANSFER_TO(probe_transfer((self)->task.continuation));                                                        \
    } while (0)

#endif
