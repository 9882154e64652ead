/* inline-awaitable: co_await on a sender that is statically known to complete before start returns.
 *
 *     INLINE_AWAITABLE_RECEIVER(N, promise);
 *     ...the stage `child`, completing into N, with COMPLETES_INLINE among child_completions...
 *     INLINE_AWAITABLE(N, child);
 *     ...in the coroutine...  CO_AWAIT_SENDER_TRANSFER(n, self, N, &self->member, ((struct child_sender){...}));
 *
 * The frame keeps the sender, not its operation state: await_suspend connects and starts it on its own stack, and it
 * has ended when start returns. The receiver only stores the outcome; await_suspend returns the coroutine, or
 * unhandled_stopped's handle. Nothing is atomic and nothing is resumed inside a completion function. stdexec since
 * 2026-02-26 (__as_awaitable.hpp:379).
 */
#ifndef ABREAST_SENDER_INLINE_AWAITABLE_H
#define ABREAST_SENDER_INLINE_AWAITABLE_H

#include "sender/sender_awaitable.h"

#define INLINE_AWAITABLE_RECEIVER(N, promise)                                                                          \
    struct N##_awaitable {                                                                                             \
        struct sender_awaitable_result result;                                                                         \
        struct coro *continuation;                                                                                     \
    };                                                                                                                 \
    SENDER_AWAITABLE_STORING_RECEIVER(N, promise)                                                                      \
    SENDER_FUNCTION void N##_completed(struct N##_awaitable *self)                                                     \
    {                                                                                                                  \
        (void)self;                                                                                                    \
    }

#define INLINE_AWAITABLE(N, child_)                                                                                    \
    SENDER_REQUIRES(child_, COMPLETES_INLINE);                                                                         \
    struct N {                                                                                                         \
        struct N##_awaitable awaitable;                                                                                \
        struct child_##_sender sender;                                                                                 \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_construct(struct N *self, struct child_##_sender sender, struct coro *continuation)       \
    {                                                                                                                  \
        self->awaitable.result.index = 0;                                                                              \
        self->awaitable.continuation = continuation;                                                                   \
        self->sender = sender;                                                                                         \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_await_suspend(struct N *self)                                                     \
    {                                                                                                                  \
        {                                                                                                              \
            struct child_##_op state;                                                                                  \
            PROBE(RECEIVER_BUILT);                                                                                     \
            child_##_connect(&state, self->sender, (struct N##_receiver){&self->awaitable});                           \
            child_##_start(&state);                                                                                    \
        }                                                                                                              \
        return N##_continuation(&self->awaitable);                                                                     \
    }                                                                                                                  \
    SENDER_FUNCTION ssize_t N##_await_resume(struct N *self)                                                           \
    {                                                                                                                  \
        return sender_awaitable_get(&self->awaitable.result);                                                          \
    }

#endif
