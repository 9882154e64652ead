/* just(value): completes with a value as soon as it is started ([exec.just]).
 *
 *     SENDER_JUST(N, R);      values of type R_in
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

#endif
