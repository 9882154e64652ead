/* The sender protocol with one change: start and the completion functions return a coroutine handle, the one to resume
 * next. Today's return void, so that the handle which a receiver holds cannot come out of them (P2583R0 5.2).
 *
 *     struct coro *N_start(struct N_op *)
 *     struct coro *R_set_value(struct R_receiver *, R_in)
 *     struct coro *R_set_error(struct R_receiver *, int error)
 *     struct coro *R_set_stopped(struct R_receiver *)
 *
 * All else is sender/sender.h's: senders, operation states, connect, get_env, completion signatures. Nobody resumes a
 * coroutine inside a completion function. A receiver that stands for a coroutine returns its handle; every algorithm
 * returns what it was returned; noop_coroutine() means that there is nothing to resume yet, or nobody. Whoever called
 * first resumes the handle: a coroutine's await_suspend returns it (symmetric transfer, C++20 as it is), a completion
 * that comes from an event loop has the loop resume it. So the stack holds no frame of the pipeline when the coroutine
 * goes on, and no compiler has to be kind but for the transfer itself.
 *
 * A caller has one handle to return. An algorithm that calls several functions, of which more than one may return a
 * handle, resumes all but the last by nested calls (when_all.h).
 *
 * In C++ it would need no new language feature; it would need another signature for every receiver and operation state
 * that is written, where the void one cannot be told from "nothing to resume".
 *
 * Lifetime: as in sender/sender.h; a returned handle is resumed once, by the thread that it was returned to.
 */
#ifndef ABREAST_SENDER_RETURNING_PROTOCOL_H
#define ABREAST_SENDER_RETURNING_PROTOCOL_H

#include "sender/sender.h"

#define RETURNING_RECEIVER(N, type)                                                                                    \
    typedef type N##_in;                                                                                               \
    struct N##_receiver {                                                                                              \
    };                                                                                                                 \
    SENDER_FUNCTION struct coro *N##_set_value(struct N##_receiver *, N##_in);                                         \
    SENDER_FUNCTION struct coro *N##_set_error(struct N##_receiver *, int);                                            \
    SENDER_FUNCTION struct coro *N##_set_stopped(struct N##_receiver *);                                               \
    SENDER_FUNCTION const struct io_env *N##_get_env(const struct N##_receiver *)

/* For the authors of algorithms. For one that has more to do than to return the handle that it was returned; the call
 * returns when the coroutine suspends, or the last of those that it transfers to. */
static inline void returning_resume_nested(struct coro *handle)
{
    if (handle == noop_coroutine())
        return;
    PROBE(NESTED_RESUME);
    coro_resume(handle);
}

/* As SENDER_FORWARD_* are. */
#define RETURNING_FORWARD_VALUE(N, parent_, child_, member_, R)                                                        \
    SENDER_FUNCTION struct coro *N##_set_value(struct N##_receiver *self, N##_in value)                                \
    {                                                                                                                  \
        PROBE(SET_VALUE);                                                                                              \
        return R##_set_value(&SENDER_PARENT(parent_, child_, member_, self)->receiver, value);                         \
    }

#define RETURNING_FORWARD_ERROR(N, parent_, child_, member_, R)                                                        \
    SENDER_FUNCTION struct coro *N##_set_error(struct N##_receiver *self, int error)                                   \
    {                                                                                                                  \
        PROBE(SET_ERROR);                                                                                              \
        return R##_set_error(&SENDER_PARENT(parent_, child_, member_, self)->receiver, error);                         \
    }

#define RETURNING_FORWARD_STOPPED(N, parent_, child_, member_, R)                                                      \
    SENDER_FUNCTION struct coro *N##_set_stopped(struct N##_receiver *self)                                            \
    {                                                                                                                  \
        PROBE(SET_STOPPED);                                                                                            \
        return R##_set_stopped(&SENDER_PARENT(parent_, child_, member_, self)->receiver);                              \
    }

#endif
