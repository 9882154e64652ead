/* just, just_error, just_stopped, then and let_value where completion functions return the handle to resume next
 * (protocol.h). They are sender/just.h, then.h and let.h but for the word `return`.
 *
 *     RETURNING_JUST(N, R);   RETURNING_JUST_ERROR(N, R);   RETURNING_JUST_STOPPED(N, R);
 *     RETURNING_THEN(N, child, F, R);
 *     RETURNING_LET_VALUE(N, child, F, inner, R);       inner completes into N_inner
 */
#ifndef ABREAST_SENDER_RETURNING_ALGORITHMS_H
#define ABREAST_SENDER_RETURNING_ALGORITHMS_H

#include "sender/just.h"
#include "sender/let.h"
#include "sender/returning/protocol.h"
#include "sender/then.h"

#define RETURNING_JUST(N, R)                                                                                           \
    SENDER_JUST_OP(N, R, R##_in value;)                                                                                \
    SENDER_FUNCTION struct coro *N##_start(struct N##_op *op)                                                          \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_VALUE);                                                                                              \
        return R##_set_value(&op->receiver, op->value);                                                                \
    }

#define RETURNING_JUST_ERROR(N, R)                                                                                     \
    SENDER_JUST_ERROR_OP(N, R, int error;)                                                                             \
    SENDER_FUNCTION struct coro *N##_start(struct N##_op *op)                                                          \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_ERROR);                                                                                              \
        return R##_set_error(&op->receiver, op->error);                                                                \
    }

#define RETURNING_JUST_STOPPED(N, R)                                                                                   \
    SENDER_JUST_STOPPED_OP(N, R, )                                                                                     \
    SENDER_FUNCTION struct coro *N##_start(struct N##_op *op)                                                          \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_STOPPED);                                                                                            \
        return R##_set_stopped(&op->receiver);                                                                         \
    }

#define RETURNING_THEN(N, child_, F, R)                                                                                \
    SENDER_THEN_OP(N, child_, F, COMPLETES_WITH_VALUE, struct child_##_op child, R)                                    \
    RETURNING_START_CHILD(N, child_)                                                                                   \
    SENDER_FUNCTION struct coro *N##_set_value(struct N##_receiver *self, N##_in value)                                \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child, self);                                                     \
        SENDER_VALUE_TYPE(R, F##_call(&op->function, value));                                                          \
        PROBE(SET_VALUE);                                                                                              \
        return R##_set_value(&op->receiver, F##_call(&op->function, value));                                           \
    }                                                                                                                  \
    RETURNING_FORWARD_ERROR(N, N, child_, child, R)                                                                    \
    RETURNING_FORWARD_STOPPED(N, N, child_, child, R)

#define RETURNING_LET_VALUE(N, child_, F, inner_, R)                                                                   \
    SENDER_LET_OP(N, child_, F, inner_, N##_in value; SENDER_LET_CHILDREN(child_, inner_), COMPLETES_WITH_VALUE, R)    \
    RETURNING_START_CHILD(N, child_)                                                                                   \
    SENDER_FUNCTION struct coro *N##_set_value(struct N##_receiver *self, N##_in value)                                \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child, self);                                                     \
        PROBE(SET_VALUE);                                                                                              \
        op->value = value;                                                                                             \
        PROBE(RECEIVER_BUILT);                                                                                         \
        inner_##_connect(&op->inner, F##_call(&op->function, &op->value), (struct N##_inner_receiver){});              \
        return inner_##_start(&op->inner);                                                                             \
    }                                                                                                                  \
    RETURNING_FORWARD_ERROR(N, N, child_, child, R)                                                                    \
    RETURNING_FORWARD_STOPPED(N, N, child_, child, R)                                                                  \
    RETURNING_FORWARD_VALUE(N##_inner, N, inner_, inner, R)                                                            \
    RETURNING_FORWARD_ERROR(N##_inner, N, inner_, inner, R)                                                            \
    RETURNING_FORWARD_STOPPED(N##_inner, N, inner_, inner, R)

/* start of an operation that starts its child first. */
#define RETURNING_START_CHILD(N, child_)                                                                               \
    SENDER_FUNCTION struct coro *N##_start(struct N##_op *op)                                                          \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        return child_##_start(&op->child);                                                                             \
    }

#endif
