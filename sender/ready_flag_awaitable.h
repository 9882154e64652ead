/* ready-flag: co_await on a sender, where the operation is connected and started before the coroutine suspends, and
 * await_ready says whether it has completed by then.
 *
 *     READY_FLAG_AWAITABLE_RECEIVER(N, promise, by);
 *                                      by: one_thread, exchange or thread_id, as in handshake_awaitable.h
 *     ...the stage `child`, completing into N...
 *     READY_FLAG_AWAITABLE(N, child, by);
 *     ...in the coroutine...  CO_AWAIT_SENDER_READY(n, self, N, &self->member, ((struct child_sender){...}));
 *
 * The discussion of P4003R1 sketches it: an as_awaitable that calls connect and start, and a flag that the receiver
 * sets, which makes await_ready true. For senders no library ships it; asyncpp starts a child task so
 * (task.hpp:87-92). What the sketch leaves open is who resumes: the operation runs while the coroutine does, so a
 * receiver that completes on another thread must not resume a coroutine that has not suspended yet. The flag is
 * therefore the word of a handshake, which await_suspend settles: once for every operation that await_ready did not
 * see complete.
 *
 *   one_thread the plain flag of the sketch: the operation completes on the awaiting thread
 *   exchange   await_ready is true also where another thread completed in time
 *   thread_id  only where start completed on its own thread, and then without a locked instruction; another thread
 *              waits until await_suspend has let go of the frame
 *
 * await_resume cannot say stopped, so a stopped operation is not ready: await_suspend returns unhandled_stopped's
 * handle.
 *
 * Lifetime, Threads: as in handshake_awaitable.h, with what is said there of await_suspend.
 */
#ifndef ABREAST_SENDER_READY_FLAG_AWAITABLE_H
#define ABREAST_SENDER_READY_FLAG_AWAITABLE_H

#include "sender/handshake_awaitable.h"

/* Whether the completion has come first, as far as the awaiting thread can tell; the outcome may be read then. */
static inline bool handshake_exchange_completed(handshake_exchange *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

static inline bool handshake_thread_id_completed(handshake_thread_id *word)
{
    return atomic_load_explicit(word, memory_order_relaxed) == HANDSHAKE_NOBODY;
}

static inline bool handshake_one_thread_completed(handshake_one_thread *word)
{
    return *word;
}

#define READY_FLAG_AWAITABLE_RECEIVER(N, promise, by) HANDSHAKE_AWAITABLE_RECEIVER(N, promise, by)

#define READY_FLAG_AWAITABLE(N, child_, by)                                                                            \
    HANDSHAKE_AWAITABLE_STATE(N, child_, by)                                                                           \
    SENDER_FUNCTION bool N##_await_ready(struct N *self)                                                               \
    {                                                                                                                  \
        child_##_start(&self->state);                                                                                  \
        return handshake_##by##_completed(&self->awaitable.word) && self->awaitable.result.index;                      \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_await_suspend(struct N *self)                                                     \
    {                                                                                                                  \
        return N##_settle(self);                                                                                       \
    }

/* result = co_await sender; for a coroutine whose promise is the receiver's. */
#define CO_AWAIT_SENDER_READY(result, self, N, awaitable, sender)                                                      \
    do {                                                                                                               \
        PROBE(TRANSFORM);                                                                                              \
        N##_construct(awaitable, sender, &(self)->task.frame.coro);                                                    \
        PROBE(READINESS);                                                                                              \
        if (N##_await_ready(awaitable)) {                                                                              \
            PROBE(READY);                                                                                              \
        } else {                                                                                                       \
            PROBE(SUSPEND);                                                                                            \
            CO_SUSPEND(self, TRANSFER_TO(probe_transfer(N##_await_suspend(awaitable))));                               \
        }                                                                                                              \
        PROBE(EXTRACT);                                                                                                \
        (result) = N##_await_resume(awaitable);                                                                        \
    } while (0)

#endif
