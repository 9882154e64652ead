/* just(value), just_error(error), just_stopped(): complete so as soon as they are started ([exec.just]).
 *
 *     SENDER_JUST(N, R);            values of type R_in
 *     SENDER_JUST_ERROR(N, R);      error > 0, an errno
 *     SENDER_JUST_STOPPED(N, R);
 *
 * SENDER_JUST_OP and its like are all but start, for protocols with another (returning/, tail/): `member` declares the
 * member of the operation that has the value or error.
 */
#ifndef ABREAST_SENDER_JUST_H
#define ABREAST_SENDER_JUST_H

#include "sender/sender.h"

#define SENDER_JUST(N, R)                                                                                              \
    SENDER_JUST_OP(N, R, R##_in value;)                                                                                \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_VALUE);                                                                                              \
        R##_set_value(&op->receiver, op->value);                                                                       \
    }

#define SENDER_JUST_OP(N, R, member)                                                                                   \
    struct N##_sender {                                                                                                \
        R##_in value;                                                                                                  \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        member                                                                                                         \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_INLINE };                                                \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->value = sender.value;                                                                                      \
    }

#define SENDER_JUST_ERROR(N, R)                                                                                        \
    SENDER_JUST_ERROR_OP(N, R, int error;)                                                                             \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_ERROR);                                                                                              \
        R##_set_error(&op->receiver, op->error);                                                                       \
    }

#define SENDER_JUST_ERROR_OP(N, R, member)                                                                             \
    struct N##_sender {                                                                                                \
        int error;                                                                                                     \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        member                                                                                                         \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_ERROR | COMPLETES_INLINE };                                                \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->error = sender.error;                                                                                      \
    }

#define SENDER_JUST_STOPPED(N, R)                                                                                      \
    SENDER_JUST_STOPPED_OP(N, R, )                                                                                     \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_STOPPED);                                                                                            \
        R##_set_stopped(&op->receiver);                                                                                \
    }

#define SENDER_JUST_STOPPED_OP(N, R, member)                                                                           \
    struct N##_sender {                                                                                                \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        member                                                                                                         \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_STOPPED | COMPLETES_INLINE };                                              \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        (void)sender;                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
    }

#endif
