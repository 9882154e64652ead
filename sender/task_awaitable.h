/* co_await on a sender in P3552R3's task as written: await_transform makes it as_awaitable(affine_on(sender,
 * scheduler), promise), with the scheduler of the task's own environment ([task.promise] 10).
 *
 *     TASK_AWAITABLE_RECEIVER(N, promise);
 *     ...the stage `child`, completing into N_affine...
 *     TASK_AWAITABLE(N, child);
 *     ...in the coroutine...  CO_AWAIT_AFFINE(n, self, N, &self->member, ((struct child_sender){...}));
 *
 * `promise`, and the bridge, are those of sender/sender_awaitable.h. A task whose scheduler_type is inline_scheduler
 * itself adds no affine_on ([task.promise] 10.1): it uses the bridge alone.
 */
#ifndef ABREAST_SENDER_TASK_AWAITABLE_H
#define ABREAST_SENDER_TASK_AWAITABLE_H

#include "sender/affine_on.h"
#include "sender/sender_awaitable.h"

#define TASK_AWAITABLE_RECEIVER(N, promise)                                                                            \
    SENDER_AWAITABLE_RECEIVER(N, promise)                                                                              \
    SENDER_FUNCTION struct task_scheduler *N##_scheduler(const struct coro *continuation)                              \
    {                                                                                                                  \
        return task_scheduler_of(promise##_get_env((const struct promise *)continuation));                             \
    }                                                                                                                  \
    RECEIVER(N##_affine, ssize_t)

#define TASK_AWAITABLE(N, child)                                                                                       \
    SENDER_AFFINE_ON(N##_affine, child, task_scheduler, N)                                                             \
    SENDER_AWAITABLE(N, N##_affine)                                                                                    \
    SENDER_FUNCTION struct N##_affine_sender N##_await_transform(const struct coro *continuation,                      \
                                                                 struct child##_sender sender)                         \
    {                                                                                                                  \
        return (struct N##_affine_sender){sender, N##_scheduler(continuation)};                                        \
    }

/* result = co_await sender; for a coroutine whose promise is the receiver's. */
#define CO_AWAIT_AFFINE(result, self, N, awaitable, sender)                                                            \
    CO_AWAIT_SENDER(result, self, N, awaitable, N##_await_transform(&(self)->task.frame.coro, sender))

#endif
