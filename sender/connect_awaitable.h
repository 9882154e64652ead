/* connect-awaitable: an awaitable as a sender ([exec.connect], P2583R0 4.1).
 *
 *     SENDER_CONNECT_AWAITABLE(N, T, R);               the sender is {awaitable}, a struct T by value; R_in is ssize_t
 *     SENDER_CONNECT_AWAITABLE_ALLOCATOR(N, T, R);     the same, from the environment's allocator
 *     SENDER_CONNECT_AWAITABLE_INLINE_FRAME(N, T, R);  the same, inside the operation state
 *     SENDER_CONNECT_AWAITABLE_IN_PLACE(N, T, R);      the same, without a coroutine
 *     SENDER_CONNECT_AWAITABLE_MADE_IN_PLACE(N, T, F, R);      the same; the sender is {function}, by which connect
 *                                                      makes the awaitable where it stays, as C++ makes what operator
 *                                                      co_await returns: void F_call(struct F *, struct T *)
 *
 * T is an awaitable of awaitable/awaitable.h whose await_resume returns ssize_t; it is awaited in the receiver's
 * environment. A result >= 0 is the value, -ECANCELED stopped, another negative errno the error. One that returns
 * size_t cannot fail: the two other channels are not compiled, as C++ has no completion signature for them then.
 *
 * The first is P2300R10's. connect makes a coroutine, the bridge, which start resumes. It awaits T, and then suspends
 * for good by suspend-complete: a void await_suspend that completes the receiver, as a nested call on whatever stack
 * the awaitable has resumed it. The bridge's promise has no operator new of its own, so its frame comes from malloc,
 * whatever allocator the environment names. Of the frame's contents P2300R10's has the receiver too, which here is in
 * the operation state.
 *
 * The second is that bridge with the operator new that LWG issue 4356 asks for: get_allocator(get_env(receiver)), which
 * connect therefore asks for. The third has it return a place in the operation state (Lewis Baker's technique, which
 * stdexec's pull request 1974 names): nothing is allocated, for a frame whose size the author of the operation state
 * must know, as a C++ compiler does not tell it.
 *
 * The last is stdexec's since March 2026 (pull requests 1964 and 1974; __connect_awaitable.hpp), and the callback
 * handle of P4126R2. The operation state has the awaitable, and a coroutine frame's header with nothing behind it:
 * start asks await_ready and calls await_suspend itself, with the header's address for the caller, and resuming that
 * completes the receiver. Nothing is allocated, and where the awaitable is ready nothing is resumed. No coroutine goes
 * on either, so that, unlike the others, it leaves the thread's frame allocator alone.
 *
 * Owns: connect takes over the awaitable. In the operation state there is nothing to free. Else it is copied into the
 * frame, and N_destroy is the operation state's destructor, and frees the frame, be it suspended in T or complete.
 * Nothing that T started may be in flight then.
 * Errors: where C++ throws bad_alloc from connect, start completes with ENOMEM; the last two know no such error.
 */
#ifndef ABREAST_SENDER_CONNECT_AWAITABLE_H
#define ABREAST_SENDER_CONNECT_AWAITABLE_H

#include "awaitable/awaitable.h"
#include "common/noexcept.h"
#include "sender/sender.h"

#include <errno.h>
#include <sys/types.h>

/* What await_resume returns; and whether it cannot fail, a constant. */
#define CONNECT_AWAITABLE_RESULT(T) __typeof__(T##_await_resume((struct T *)NULL))
#define CONNECT_AWAITABLE_CANNOT_FAIL(T) ((CONNECT_AWAITABLE_RESULT(T))0 - 1 > 0)

/* That it is one of the two, and that R takes it. */
#define CONNECT_AWAITABLE_CHECK(T, R)                                                                                  \
    _Static_assert(__builtin_types_compatible_p(CONNECT_AWAITABLE_RESULT(T), ssize_t) ||                               \
                       __builtin_types_compatible_p(CONNECT_AWAITABLE_RESULT(T), size_t),                              \
                   #T "_await_resume returns neither ssize_t nor size_t");                                             \
    SENDER_VALUE_TYPE(R, (ssize_t)0)

/* operation-state-task's promise. */
struct connect_awaitable_promise {
    struct frame frame;
    const struct io_env *env;
};

/* What both complete with. */
#define CONNECT_AWAITABLE_COMPLETE(N, T, R)                                                                            \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED };                   \
    SENDER_FUNCTION void N##_complete(struct N##_op *op, ssize_t result)                                               \
    {                                                                                                                  \
        if (CONNECT_AWAITABLE_CANNOT_FAIL(T) || result >= 0) {                                                         \
            PROBE(SET_VALUE);                                                                                          \
            R##_set_value(&op->receiver, result);                                                                      \
        } else if (result == -ECANCELED) {                                                                             \
            PROBE(SET_STOPPED);                                                                                        \
            R##_set_stopped(&op->receiver);                                                                            \
        } else {                                                                                                       \
            PROBE(SET_ERROR);                                                                                          \
            R##_set_error(&op->receiver, (int)-result);                                                                \
        }                                                                                                              \
    }

/* Destroying a frame that the operation state has around it, or one that is none: there is nothing to free. */
static inline void connect_awaitable_no_frame(struct coro *handle)
{
    (void)handle;
}

#define SENDER_CONNECT_AWAITABLE(N, T, R) CONNECT_AWAITABLE_ALLOCATED(N, T, R, NULL)
#define SENDER_CONNECT_AWAITABLE_ALLOCATOR(N, T, R)                                                                    \
    CONNECT_AWAITABLE_ALLOCATED(N, T, R, R##_get_env(&op->receiver)->allocator)

/* The bridge: its frame has `back`, by which `op_of_` finds the operation state of a struct N_bridge *self, and that
 * has `storage`. */
#define CONNECT_AWAITABLE_BRIDGE(N, T, R, back, storage, op_of_)                                                       \
    struct N##_op;                                                                                                     \
    struct N##_bridge {                                                                                                \
        struct connect_awaitable_promise task;                                                                         \
        back struct T awaitable;                                                                                       \
    };                                                                                                                 \
    struct N##_sender {                                                                                                \
        struct T awaitable;                                                                                            \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        storage;                                                                                                       \
    };                                                                                                                 \
    CONNECT_AWAITABLE_COMPLETE(N, T, R)                                                                                \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N##_bridge *self = (struct N##_bridge *)handle;                                                         \
        ssize_t result;                                                                                                \
        CO_BEGIN(self);                                                                                                \
        CONNECT_AWAITABLE_CHECK(T, R);                                                                                 \
        CO_AWAIT(result, self, T, &self->awaitable);                                                                   \
        PROBE(TRANSFORM); /* co_await suspend-complete */                                                              \
        PROBE(READINESS);                                                                                              \
        PROBE(SUSPEND);                                                                                                \
        N##_complete(op_of_, result);                                                                                  \
        return;                                                                                                        \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_resume_bridge(struct N##_op *op, struct N##_bridge *bridge)                               \
    {                                                                                                                  \
        PROBE(NESTED_RESUME);                                                                                          \
        bridge->task.env = R##_get_env(&op->receiver);                                                                 \
        NOEXCEPT_CALL(coro_resume(&bridge->task.frame.coro));                                                          \
    }

#define CONNECT_AWAITABLE_ALLOCATED(N, T, R, allocator_)                                                               \
    CONNECT_AWAITABLE_BRIDGE(N, T, R, struct N##_op *op;, struct N##_bridge * bridge, self->op)                        \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->bridge = (struct N##_bridge *)frame_create(allocator_, sizeof *op->bridge, N##_body, NULL);                \
        if (!op->bridge)                                                                                               \
            return;                                                                                                    \
        op->bridge->op = op;                                                                                           \
        op->bridge->awaitable = sender.awaitable;                                                                      \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        if (!op->bridge) {                                                                                             \
            PROBE(SET_ERROR);                                                                                          \
            R##_set_error(&op->receiver, ENOMEM);                                                                      \
            return;                                                                                                    \
        }                                                                                                              \
        N##_resume_bridge(op, op->bridge);                                                                             \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_destroy(struct N##_op *op)                                                                \
    {                                                                                                                  \
        if (op->bridge)                                                                                                \
            coro_destroy(&op->bridge->task.frame.coro);                                                                \
        op->bridge = NULL;                                                                                             \
    }

#define SENDER_CONNECT_AWAITABLE_INLINE_FRAME(N, T, R)                                                                 \
    CONNECT_AWAITABLE_BRIDGE(N, T, R, , struct N##_bridge bridge, CONTAINER_OF(self, struct N##_op, bridge))           \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->bridge.task.frame = (struct frame){.coro = {.resume = N##_body, .destroy = connect_awaitable_no_frame},    \
                                               .bytes = sizeof op->bridge};                                            \
        op->bridge.awaitable = sender.awaitable;                                                                       \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        N##_resume_bridge(op, &op->bridge);                                                                            \
    }

#define SENDER_CONNECT_AWAITABLE_IN_PLACE(N, T, R)                                                                     \
    CONNECT_AWAITABLE_IN_PLACE(N, T, R, struct T awaitable, op->awaitable = sender.awaitable)

#define SENDER_CONNECT_AWAITABLE_MADE_IN_PLACE(N, T, F, R)                                                             \
    CONNECT_AWAITABLE_IN_PLACE(N, T, R, struct F make, F##_call(&sender.make, &op->awaitable))

#define CONNECT_AWAITABLE_IN_PLACE(N, T, R, member, make_awaitable)                                                    \
    struct N##_sender {                                                                                                \
        member;                                                                                                        \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct coro caller;                                                                                            \
        struct T awaitable;                                                                                            \
    };                                                                                                                 \
    CONNECT_AWAITABLE_COMPLETE(N, T, R)                                                                                \
    SENDER_FUNCTION void N##_go_on(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        CONNECT_AWAITABLE_CHECK(T, R);                                                                                 \
        PROBE(EXTRACT);                                                                                                \
        N##_complete(op, T##_await_resume(&op->awaitable));                                                            \
    }                                                                                                                  \
    static void N##_resume(struct coro *caller)                                                                        \
    {                                                                                                                  \
        PROBE(RESUME);                                                                                                 \
        N##_go_on(CONTAINER_OF(caller, struct N##_op, caller));                                                        \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        PROBE(TRANSFORM);                                                                                              \
        op->receiver = receiver;                                                                                       \
        op->caller = (struct coro){N##_resume, connect_awaitable_no_frame};                                            \
        make_awaitable;                                                                                                \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(READINESS);                                                                                              \
        if (T##_await_ready(&op->awaitable)) {                                                                         \
            PROBE(READY);                                                                                              \
            N##_go_on(op);                                                                                             \
            return;                                                                                                    \
        }                                                                                                              \
        PROBE(SUSPEND);                                                                                                \
        NOEXCEPT_CALL(                                                                                                 \
            coro_resume(probe_nested(T##_await_suspend(&op->awaitable, &op->caller, R##_get_env(&op->receiver)))));    \
    }

#endif
