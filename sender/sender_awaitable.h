/* sender-awaitable: co_await on a sender, as P2300R10 writes it ([exec.as.awaitable], P2583R0 4.2).
 *
 *     SENDER_AWAITABLE_RECEIVER(N, promise);
 *     ...the stage `child`, completing into N...
 *     SENDER_AWAITABLE(N, child);
 *     ...in the coroutine...  CO_AWAIT_SENDER(n, self, N, &self->member, ((struct child_sender){...}));
 *
 * `promise` is the type of the awaiting coroutine's promise, as in sender-awaitable<Sndr, Promise>: a struct that its
 * frame starts with, with
 *
 *     const struct io_env *promise_get_env(const struct promise *)
 *     struct coro *promise_unhandled_stopped(struct promise *)       the handle to resume next
 *
 * The operation state lives in the awaiting coroutine's frame. await_ready is always false; await_suspend returns void
 * and starts the operation; the receiver emplaces the result in a variant and calls continuation.resume(), a function
 * call on whatever stack completes it. Standing in for the exception that C++ would throw from await_resume, an error
 * comes back as a negative errno: values are of type ssize_t and >= 0. Stopped ends the awaiting task
 * (unhandled_stopped).
 *
 * The bridges that libraries have put in its place: handshake_awaitable.h, inline_awaitable.h, member_awaitable.h.
 */
#ifndef ABREAST_SENDER_SENDER_AWAITABLE_H
#define ABREAST_SENDER_SENDER_AWAITABLE_H

#include "common/noexcept.h"
#include "sender/sender.h"
#include "sender/task.h"

/* variant<monostate, value, exception_ptr>, the exception being an errno. */
struct sender_awaitable_result {
    unsigned index; /* 0: nothing yet, 1: value, 2: error */
    union {
        ssize_t value;
        int error;
    };
};

static inline ssize_t sender_awaitable_get(const struct sender_awaitable_result *result)
{
    return result->index == 1 ? result->value : -result->error;
}

#define SENDER_AWAITABLE_RECEIVER(N, promise)                                                                          \
    typedef ssize_t N##_in;                                                                                            \
    struct N##_receiver {                                                                                              \
        struct sender_awaitable_result *result_ptr;                                                                    \
        struct coro *continuation;                                                                                     \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *rcvr, ssize_t value)                                       \
    {                                                                                                                  \
        PROBE(VARIANT_EMPLACED);                                                                                       \
        PROBE(NESTED_RESUME);                                                                                          \
        *rcvr->result_ptr = (struct sender_awaitable_result){.index = 1, .value = value};                              \
        NOEXCEPT_CALL(coro_resume(rcvr->continuation));                                                                \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_error(struct N##_receiver *rcvr, int error)                                           \
    {                                                                                                                  \
        PROBE(VARIANT_EMPLACED);                                                                                       \
        PROBE(NESTED_RESUME);                                                                                          \
        *rcvr->result_ptr = (struct sender_awaitable_result){.index = 2, .error = error};                              \
        NOEXCEPT_CALL(coro_resume(rcvr->continuation));                                                                \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_stopped(struct N##_receiver *rcvr)                                                    \
    {                                                                                                                  \
        PROBE(NESTED_RESUME);                                                                                          \
        NOEXCEPT_CALL(coro_resume(promise##_unhandled_stopped((struct promise *)rcvr->continuation)));                 \
    }                                                                                                                  \
    SENDER_FUNCTION const struct io_env *N##_get_env(const struct N##_receiver *rcvr)                                  \
    {                                                                                                                  \
        return promise##_get_env((const struct promise *)rcvr->continuation);                                          \
    }

#define SENDER_AWAITABLE(N, child_)                                                                                    \
    struct N {                                                                                                         \
        struct sender_awaitable_result result;                                                                         \
        struct child_##_op state;                                                                                      \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_construct(struct N *self, struct child_##_sender sender, struct coro *continuation)       \
    {                                                                                                                  \
        self->result.index = 0;                                                                                        \
        PROBE(RECEIVER_BUILT);                                                                                         \
        child_##_connect(&self->state, sender, (struct N##_receiver){&self->result, continuation});                    \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_await_suspend(struct N *self)                                                             \
    {                                                                                                                  \
        child_##_start(&self->state);                                                                                  \
    }                                                                                                                  \
    SENDER_FUNCTION ssize_t N##_await_resume(struct N *self)                                                           \
    {                                                                                                                  \
        return sender_awaitable_get(&self->result);                                                                    \
    }

/* result = co_await sender; for a coroutine whose promise is the receiver's. */
#define CO_AWAIT_SENDER(result, self, N, awaitable, sender)                                                            \
    do {                                                                                                               \
        PROBE(TRANSFORM);                                                                                              \
        N##_construct(awaitable, sender, &(self)->task.frame.coro);                                                    \
        PROBE(READINESS);                                                                                              \
        PROBE(SUSPEND);                                                                                                \
        CO_SUSPEND(self, N##_await_suspend(awaitable); return);                                                        \
        PROBE(EXTRACT);                                                                                                \
        (result) = N##_await_resume(awaitable);                                                                        \
    } while (0)

/* The same through one of the bridges whose await_suspend returns the handle to resume next. */
#define CO_AWAIT_SENDER_TRANSFER(result, self, N, awaitable, sender)                                                   \
    do {                                                                                                               \
        PROBE(TRANSFORM);                                                                                              \
        N##_construct(awaitable, sender, &(self)->task.frame.coro);                                                    \
        PROBE(READINESS);                                                                                              \
        PROBE(SUSPEND);                                                                                                \
        CO_SUSPEND(self, TRANSFER_TO(probe_transfer(N##_await_suspend(awaitable))));                                   \
        PROBE(EXTRACT);                                                                                                \
        (result) = N##_await_resume(awaitable);                                                                        \
    } while (0)

/* For the authors of bridges: the receiver that leaves the outcome in the awaitable and calls N_completed, which knows
 * who resumes. The author declares before it
 *
 *     struct N_awaitable         with the members `result` (index 0: stopped, once completed) and `continuation`
 *
 * and defines after it
 *
 *     void N_completed(struct N_awaitable *)
 *
 * N_continuation is the handle to resume: the coroutine, or unhandled_stopped's, which may destroy the frame. */
#define SENDER_AWAITABLE_STORING_RECEIVER(N, promise)                                                                  \
    typedef ssize_t N##_in;                                                                                            \
    struct N##_receiver {                                                                                              \
        struct N##_awaitable *awaitable;                                                                               \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_completed(struct N##_awaitable *);                                                        \
    SENDER_FUNCTION struct coro *N##_continuation(struct N##_awaitable *self)                                          \
    {                                                                                                                  \
        return self->result.index ? self->continuation                                                                 \
                                  : promise##_unhandled_stopped((struct promise *)self->continuation);                 \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *rcvr, ssize_t value)                                       \
    {                                                                                                                  \
        PROBE(VARIANT_EMPLACED);                                                                                       \
        rcvr->awaitable->result = (struct sender_awaitable_result){.index = 1, .value = value};                        \
        N##_completed(rcvr->awaitable);                                                                                \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_error(struct N##_receiver *rcvr, int error)                                           \
    {                                                                                                                  \
        PROBE(VARIANT_EMPLACED);                                                                                       \
        rcvr->awaitable->result = (struct sender_awaitable_result){.index = 2, .error = error};                        \
        N##_completed(rcvr->awaitable);                                                                                \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_stopped(struct N##_receiver *rcvr)                                                    \
    {                                                                                                                  \
        N##_completed(rcvr->awaitable);                                                                                \
    }                                                                                                                  \
    SENDER_FUNCTION const struct io_env *N##_get_env(const struct N##_receiver *rcvr)                                  \
    {                                                                                                                  \
        return promise##_get_env((const struct promise *)rcvr->awaitable->continuation);                               \
    }

#endif
