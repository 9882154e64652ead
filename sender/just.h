/* just(value), just_error(error), just_stopped(): complete so as soon as they are started ([exec.just]).
 *
 *     SENDER_JUST(N, R);            values of type R_in
 *     SENDER_JUST_ERROR(N, R);      error > 0, an errno
 *     SENDER_JUST_STOPPED(N, R);
 */
#ifndef ABREAST_SENDER_JUST_H
#define ABREAST_SENDER_JUST_H

#include "sender/sender.h"

#define SENDER_JUST(N, R)                                                                                              \
    struct N##_sender {                                                                                                \
        R##_in value;                                                                                                  \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        R##_in value;                                                                                                  \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_INLINE };                                                \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->value = sender.value;                                                                                      \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_VALUE);                                                                                              \
        R##_set_value(&op->receiver, op->value);                                                                       \
    }

#define SENDER_JUST_ERROR(N, R)                                                                                        \
    struct N##_sender {                                                                                                \
        int error;                                                                                                     \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        int error;                                                                                                     \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_ERROR | COMPLETES_INLINE };                                                \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->error = sender.error;                                                                                      \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_ERROR);                                                                                              \
        R##_set_error(&op->receiver, op->error);                                                                       \
    }

#define SENDER_JUST_STOPPED(N, R)                                                                                      \
    struct N##_sender {                                                                                                \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_STOPPED | COMPLETES_INLINE };                                              \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        (void)sender;                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_STOPPED);                                                                                            \
        R##_set_stopped(&op->receiver);                                                                                \
    }

#endif
