/* The sender protocol over guaranteed tail calls: the language feature that P2583R0 7 names as the thorough way out.
 * start, the completion functions and coroutine resumption leave one for the other by a tail call that the compiler
 * guarantees (musttail), so that no frame of a pipeline is left on the stack.
 *
 * Such a call needs the same signature in caller and callee. The only one that a coroutine's resume can have is
 *
 *     void (struct coro *)
 *
 * so every start and completion function has it too:
 *
 *     N_start(struct coro *)         takes the address of a struct N_op
 *     R_set_value, R_set_error, R_set_stopped(struct coro *)
 *                                    take the address of the operation state that completes, R's child; the receiver is
 *                                    its first member
 *
 * The pointer is an address, no coroutine's but where a coroutine is resumed: C++ would write void *, as
 * coroutine_handle::from_address does. Values cannot be arguments any more. A stage leaves what it completes with in
 * its own operation state, in the slot `value` (of type R_in) or `error`, and its parent reads it there. The slot costs
 * no memory where something else in the operation state is over by then, as a child's is; it costs a store and a load.
 *
 * All else is sender/sender.h's: senders, connect, get_env, completion signatures. A function that has nothing to go on
 * with returns, to the event loop or to whoever resumed the first coroutine.
 *
 * What C++ would need for it: guaranteed tail calls; a coroutine that may leave a suspension point by one, not only by
 * the handle that await_suspend returns; a resume that is noexcept, for today's may throw (unhandled_exception may
 * rethrow), and no call that may throw can leave a noexcept function for good; and one signature, hence slots, for
 * every completion function.
 *
 * Compilers: where there is no musttail (gcc before 15), or this build transfers by the driver loop, TAIL_AVAILABLE is
 * 0 and TAIL_UNAVAILABLE says why. The types still compile, for their sizes, and a program that would run a TAIL_TO
 * does not: for this every function with one is inline, callbacks too. clang 14 ignores musttail at -O0 with sibling
 * calls off.
 */
#ifndef ABREAST_SENDER_TAIL_PROTOCOL_H
#define ABREAST_SENDER_TAIL_PROTOCOL_H

#include "sender/sender.h"

#if !defined __has_attribute
#define TAIL_AVAILABLE 0
#elif !__has_attribute(musttail)
#define TAIL_AVAILABLE 0
#elif defined ABREAST_TRANSFER_DRIVER
#define TAIL_AVAILABLE 0
#define TAIL_UNAVAILABLE "this build transfers by the driver loop"
#else
#define TAIL_AVAILABLE 1
#endif
#if !TAIL_AVAILABLE && !defined TAIL_UNAVAILABLE
#define TAIL_UNAVAILABLE "this compiler has no musttail"
#endif

/* The last statement of a function of the one signature: `function` takes its place on the stack. */
#if TAIL_AVAILABLE
#define TAIL_TO(function, state)                                                                                       \
    do {                                                                                                               \
        __attribute__((musttail)) return (function)((struct coro *)(state));                                           \
    } while (0)
#else
__attribute__((error("a guaranteed tail call needs musttail: check TAIL_AVAILABLE"))) void
tail_call_not_available(void (*function)(struct coro *), struct coro *state);
#define TAIL_TO(function, state)                                                                                       \
    do {                                                                                                               \
        tail_call_not_available(function, (struct coro *)(state));                                                     \
        return;                                                                                                        \
    } while (0)
#endif

#define TAIL_RECEIVER(N, type)                                                                                         \
    typedef type N##_in;                                                                                               \
    struct N##_receiver {                                                                                              \
    };                                                                                                                 \
    TAIL_COMPLETION_FUNCTIONS(N);                                                                                      \
    SENDER_FUNCTION const struct io_env *N##_get_env(const struct N##_receiver *)

#define TAIL_COMPLETION_FUNCTIONS(N)                                                                                   \
    SENDER_FUNCTION void N##_set_value(struct coro *);                                                                 \
    SENDER_FUNCTION void N##_set_error(struct coro *);                                                                 \
    SENDER_FUNCTION void N##_set_stopped(struct coro *)

/* For the authors of algorithms. The slot for what R is completed with, and the members whose place it takes. */
#define TAIL_SLOT(R, members)                                                                                          \
    union {                                                                                                            \
        members R##_in value;                                                                                          \
        int error;                                                                                                     \
    }

/* TAIL_PARENT: the operation state of stage `parent_`, given that of `child_`, its
 * member `member_`. TAIL_FORWARD_*: as SENDER_FORWARD_*. */
#define TAIL_PARENT(parent_, child_, member_, handle)                                                                  \
    CONTAINER_OF((struct child_##_op *)(handle), struct parent_##_op, member_)

#define TAIL_FORWARD_VALUE(N, parent_, child_, member_, R)                                                             \
    SENDER_FUNCTION void N##_set_value(struct coro *handle)                                                            \
    {                                                                                                                  \
        struct parent_##_op *op = TAIL_PARENT(parent_, child_, member_, handle);                                       \
        N##_in value = op->member_.value;                                                                              \
        PROBE(SET_VALUE);                                                                                              \
        op->value = value;                                                                                             \
        TAIL_TO(R##_set_value, op);                                                                                    \
    }

#define TAIL_FORWARD_ERROR(N, parent_, child_, member_, R)                                                             \
    SENDER_FUNCTION void N##_set_error(struct coro *handle)                                                            \
    {                                                                                                                  \
        struct parent_##_op *op = TAIL_PARENT(parent_, child_, member_, handle);                                       \
        int error = op->member_.error;                                                                                 \
        PROBE(SET_ERROR);                                                                                              \
        op->error = error;                                                                                             \
        TAIL_TO(R##_set_error, op);                                                                                    \
    }

#define TAIL_FORWARD_STOPPED(N, parent_, child_, member_, R)                                                           \
    SENDER_FUNCTION void N##_set_stopped(struct coro *handle)                                                          \
    {                                                                                                                  \
        PROBE(SET_STOPPED);                                                                                            \
        TAIL_TO(R##_set_stopped, TAIL_PARENT(parent_, child_, member_, handle));                                       \
    }

#endif
