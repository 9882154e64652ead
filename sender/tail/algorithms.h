/* just, just_error, just_stopped, then and let_value over guaranteed tail calls (protocol.h).
 *
 *     TAIL_JUST(N, R);   TAIL_JUST_ERROR(N, R);   TAIL_JUST_STOPPED(N, R);
 *     TAIL_THEN(N, child, F, R);
 *     TAIL_LET_VALUE(N, child, F, inner, R);       inner completes into N_inner
 *
 * The slot of just is the value that it keeps anyway. The slot of an algorithm with a child lies over the child, whose
 * operation state has ended when it is written; a C++ template would destroy the child there, as let_value does today.
 * It would also leave `error` out where a sender cannot fail, which matters only for values smaller than an int.
 */
#ifndef ABREAST_SENDER_TAIL_ALGORITHMS_H
#define ABREAST_SENDER_TAIL_ALGORITHMS_H

#include "sender/just.h"
#include "sender/let.h"
#include "sender/tail/protocol.h"
#include "sender/then.h"

#define TAIL_JUST(N, R)                                                                                                \
    SENDER_JUST_OP(N, R, TAIL_SLOT(R, );)                                                                              \
    SENDER_FUNCTION void N##_start(struct coro *handle)                                                                \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_VALUE);                                                                                              \
        TAIL_TO(R##_set_value, handle);                                                                                \
    }

#define TAIL_JUST_ERROR(N, R)                                                                                          \
    SENDER_JUST_ERROR_OP(N, R, TAIL_SLOT(R, );)                                                                        \
    SENDER_FUNCTION void N##_start(struct coro *handle)                                                                \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_ERROR);                                                                                              \
        TAIL_TO(R##_set_error, handle);                                                                                \
    }

#define TAIL_JUST_STOPPED(N, R)                                                                                        \
    SENDER_JUST_STOPPED_OP(N, R, TAIL_SLOT(R, );)                                                                      \
    SENDER_FUNCTION void N##_start(struct coro *handle)                                                                \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_STOPPED);                                                                                            \
        TAIL_TO(R##_set_stopped, handle);                                                                              \
    }

#define TAIL_THEN(N, child_, F, R)                                                                                     \
    SENDER_THEN_OP(N, child_, F, COMPLETES_WITH_VALUE, TAIL_SLOT(R, struct child_##_op child;), R)                     \
    TAIL_START_CHILD(N, child_)                                                                                        \
    SENDER_FUNCTION void N##_set_value(struct coro *handle)                                                            \
    {                                                                                                                  \
        struct N##_op *op = TAIL_PARENT(N, child_, child, handle);                                                     \
        N##_in value = op->child.value;                                                                                \
        SENDER_VALUE_TYPE(R, F##_call(&op->function, value));                                                          \
        PROBE(SET_VALUE);                                                                                              \
        op->value = F##_call(&op->function, value);                                                                    \
        TAIL_TO(R##_set_value, op);                                                                                    \
    }                                                                                                                  \
    TAIL_FORWARD_ERROR(N, N, child_, child, R)                                                                         \
    TAIL_FORWARD_STOPPED(N, N, child_, child, R)

#define TAIL_LET_VALUE(N, child_, F, inner_, R)                                                                        \
    SENDER_LET_OP(N, child_, F, inner_, N##_in kept;                                                                   \
                  TAIL_SLOT(R, struct child_##_op child; struct inner_##_op inner;), COMPLETES_WITH_VALUE, R)          \
    TAIL_START_CHILD(N, child_)                                                                                        \
    SENDER_FUNCTION void N##_set_value(struct coro *handle)                                                            \
    {                                                                                                                  \
        struct N##_op *op = TAIL_PARENT(N, child_, child, handle);                                                     \
        PROBE(SET_VALUE);                                                                                              \
        op->kept = op->child.value;                                                                                    \
        PROBE(RECEIVER_BUILT);                                                                                         \
        inner_##_connect(&op->inner, F##_call(&op->function, &op->kept), (struct N##_inner_receiver){});               \
        TAIL_TO(inner_##_start, &op->inner);                                                                           \
    }                                                                                                                  \
    TAIL_FORWARD_ERROR(N, N, child_, child, R)                                                                         \
    TAIL_FORWARD_STOPPED(N, N, child_, child, R)                                                                       \
    TAIL_FORWARD_VALUE(N##_inner, N, inner_, inner, R)                                                                 \
    TAIL_FORWARD_ERROR(N##_inner, N, inner_, inner, R)                                                                 \
    TAIL_FORWARD_STOPPED(N##_inner, N, inner_, inner, R)

/* start of an operation that starts its child first. */
#define TAIL_START_CHILD(N, child_)                                                                                    \
    SENDER_FUNCTION void N##_start(struct coro *handle)                                                                \
    {                                                                                                                  \
        struct N##_op *op = (struct N##_op *)handle;                                                                   \
        PROBE(START);                                                                                                  \
        TAIL_TO(child_##_start, &op->child);                                                                           \
    }

#endif
