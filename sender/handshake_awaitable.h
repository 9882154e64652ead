/* handshake-awaitable: co_await on a sender, where await_suspend and the receiver agree who of them resumes.
 *
 *     HANDSHAKE_AWAITABLE_RECEIVER(N, promise, by);
 *                                      by: exchange, thread_id, thread_id_look_first or one_thread
 *     ...the stage `child`, completing into N...
 *     HANDSHAKE_AWAITABLE(N, child, by);
 *     ...in the coroutine...  CO_AWAIT_SENDER_TRANSFER(n, self, N, &self->member, ((struct child_sender){...}));
 *
 * As sender_awaitable.h, but await_suspend returns a handle. Who comes second resumes: when the operation has completed
 * before start returns, await_suspend returns the coroutine (or unhandled_stopped's handle), which takes its place on
 * the stack; when it completes later, the receiver resumes by a function call from the completing context's stack, as
 * in P2300R10. What they agree by, in one word of the awaitable:
 *
 *   exchange   both exchange a flag, and who finds it set comes second; an operation that completed on another thread
 *              meanwhile goes on on the starting one. beman.execution since 2025-11-07
 *              (detail/sender_awaitable.hpp:111).
 *   thread_id  the word holds the awaiting thread's identity. A completion on that thread while start runs clears it,
 *              without a locked instruction, and await_suspend resumes. A completion on another thread leaves its own
 *              identity there, waits until await_suspend has let go of the frame, and resumes itself, so that the
 *              coroutine goes on where the operation completed. stdexec since 2026-04-27
 *              (__as_awaitable.hpp:330, pull request 2051).
 *   thread_id_look_first
 *              the same, but either side looks at the word before it exchanges it, and leaves the exchange out when it
 *              finds it let go of. No library ships it: it is what their form costs at the least.
 *   one_thread a plain flag: the operation completes on the awaiting thread, inside start or later. No library ships
 *              it. The I/O awaitables guard themselves against another thread as little.
 *
 * stdexec shakes hands over a sender that is not known to complete inline; one that is, as just, goes by
 * inline_awaitable.h.
 *
 * Lifetime: once await_suspend has come first, the frame may be resumed and destroyed on another thread while
 * await_suspend is still returning: it touches nothing of it any more.
 * Threads: the operation completes on any thread; by one_thread, on the awaiting one.
 */
#ifndef ABREAST_SENDER_HANDSHAKE_AWAITABLE_H
#define ABREAST_SENDER_HANDSHAKE_AWAITABLE_H

#include "common/thread_identity.h"
#include "sender/sender_awaitable.h"

#include <stdatomic.h>

/* True once the first of the two has come. Each publishes what it did to the other. */
typedef _Atomic bool handshake_exchange;

static inline void handshake_exchange_begin(handshake_exchange *word)
{
    atomic_init(word, false);
}

/* The operation has completed, and its outcome is stored: true when the completion has to resume. */
static inline bool handshake_exchange_complete(handshake_exchange *word)
{
    return atomic_exchange_explicit(word, true, memory_order_acq_rel);
}

/* start has returned: true when await_suspend has to resume. */
static inline bool handshake_exchange_settle(handshake_exchange *word)
{
    return atomic_exchange_explicit(word, true, memory_order_acq_rel);
}

/* The identity of the thread that awaits; of another one that has completed the operation before start returned; or
 * HANDSHAKE_NOBODY, when the first of the two has come and no other thread waits. */
typedef _Atomic uintptr_t handshake_thread_id;

#define HANDSHAKE_NOBODY ((uintptr_t)0)

static inline void handshake_thread_id_begin(handshake_thread_id *word)
{
    atomic_init(word, this_thread_id());
}

/* The completion is on another thread, or comes after start: waits until await_suspend has let go. */
static inline void handshake_thread_id_meet(handshake_thread_id *word, uintptr_t here)
{
    if (atomic_exchange_explicit(word, here, memory_order_acquire) != HANDSHAKE_NOBODY)
        while (atomic_load_explicit(word, memory_order_acquire) != HANDSHAKE_NOBODY)
            spin_pause();
}

/* The release that publishes the awaiting thread's frame is await_suspend's; the outcome is read by the thread that
 * wrote it, whoever resumes, so the completion has nothing to release. */
static inline bool handshake_thread_id_complete(handshake_thread_id *word)
{
    uintptr_t here = this_thread_id();
    if (atomic_load_explicit(word, memory_order_relaxed) == here) {
        atomic_store_explicit(word, HANDSHAKE_NOBODY, memory_order_relaxed);
        return false;
    }
    handshake_thread_id_meet(word, here);
    return true;
}

static inline bool handshake_thread_id_settle(handshake_thread_id *word)
{
    return atomic_exchange_explicit(word, HANDSHAKE_NOBODY, memory_order_release) == HANDSHAKE_NOBODY;
}

/* The same word and the same agreement. Only the awaiting thread writes HANDSHAKE_NOBODY, in two places: a completion
 * inside start, and settle. So a settle that reads it reads what its own thread wrote before, and the
 * operation is over: it need not be ordered, and nobody looks at the word again. A completion that reads it reads what
 * settle released: await_suspend has let go, and there is nobody to tell who completed. In every other case the word is
 * exchanged as above. */
typedef handshake_thread_id handshake_thread_id_look_first;

static inline void handshake_thread_id_look_first_begin(handshake_thread_id_look_first *word)
{
    handshake_thread_id_begin(word);
}

static inline bool handshake_thread_id_look_first_complete(handshake_thread_id_look_first *word)
{
    uintptr_t here = this_thread_id(), seen = atomic_load_explicit(word, memory_order_acquire);
    if (seen == here) {
        atomic_store_explicit(word, HANDSHAKE_NOBODY, memory_order_relaxed);
        return false;
    }
    if (seen != HANDSHAKE_NOBODY)
        handshake_thread_id_meet(word, here);
    return true;
}

static inline bool handshake_thread_id_look_first_settle(handshake_thread_id_look_first *word)
{
    return atomic_load_explicit(word, memory_order_relaxed) == HANDSHAKE_NOBODY || handshake_thread_id_settle(word);
}

/* As handshake_exchange, where both are on one thread. */
typedef bool handshake_one_thread;

static inline void handshake_one_thread_begin(handshake_one_thread *word)
{
    *word = false;
}

static inline bool handshake_one_thread_complete(handshake_one_thread *word)
{
    bool second = *word;
    *word = true;
    return second;
}

static inline bool handshake_one_thread_settle(handshake_one_thread *word)
{
    return handshake_one_thread_complete(word);
}

#define HANDSHAKE_AWAITABLE_RECEIVER(N, promise, by)                                                                   \
    struct N##_awaitable {                                                                                             \
        struct sender_awaitable_result result;                                                                         \
        struct coro *continuation;                                                                                     \
        handshake_##by word;                                                                                           \
    };                                                                                                                 \
    SENDER_AWAITABLE_STORING_RECEIVER(N, promise)                                                                      \
    SENDER_FUNCTION void N##_completed(struct N##_awaitable *self)                                                     \
    {                                                                                                                  \
        if (!handshake_##by##_complete(&self->word))                                                                   \
            return;                                                                                                    \
        PROBE(NESTED_RESUME);                                                                                          \
        NOEXCEPT_CALL(coro_resume(N##_continuation(self)));                                                            \
    }

/* All but await_ready and await_suspend: what ready_flag_awaitable.h has too. */
#define HANDSHAKE_AWAITABLE_STATE(N, child_, by)                                                                       \
    struct N {                                                                                                         \
        struct N##_awaitable awaitable;                                                                                \
        struct child_##_op state;                                                                                      \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_construct(struct N *self, struct child_##_sender sender, struct coro *continuation)       \
    {                                                                                                                  \
        self->awaitable.result.index = 0;                                                                              \
        self->awaitable.continuation = continuation;                                                                   \
        handshake_##by##_begin(&self->awaitable.word);                                                                 \
        PROBE(RECEIVER_BUILT);                                                                                         \
        child_##_connect(&self->state, sender, (struct N##_receiver){&self->awaitable});                               \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_settle(struct N *self)                                                            \
    {                                                                                                                  \
        return handshake_##by##_settle(&self->awaitable.word) ? N##_continuation(&self->awaitable) : noop_coroutine(); \
    }                                                                                                                  \
    SENDER_FUNCTION ssize_t N##_await_resume(struct N *self)                                                           \
    {                                                                                                                  \
        return sender_awaitable_get(&self->awaitable.result);                                                          \
    }

#define HANDSHAKE_AWAITABLE(N, child_, by)                                                                             \
    HANDSHAKE_AWAITABLE_STATE(N, child_, by)                                                                           \
    SENDER_FUNCTION struct coro *N##_await_suspend(struct N *self)                                                     \
    {                                                                                                                  \
        child_##_start(&self->state);                                                                                  \
        return N##_settle(self);                                                                                       \
    }

#endif
