/* let_value(child, f): keeps child's value, and goes on as the sender that f makes of it ([exec.let]).
 *
 *     RECEIVER(N, in);  RECEIVER(N_inner, inner_in);
 *     ...the stage `child`, completing into N...
 *     ...the stage `inner`, completing into N_inner...
 *     SENDER_LET_VALUE(N, child, F, inner, R);      struct inner_sender F_call(struct F *, N_in *); inner_in is R_in
 *
 * The operation states of child and inner share their storage: the first has ended when the second is made.
 */
#ifndef ABREAST_SENDER_LET_VALUE_H
#define ABREAST_SENDER_LET_VALUE_H

#include "sender/sender.h"

#define SENDER_LET_VALUE(N, child_, F, inner_, R)                                                                      \
    struct N##_sender {                                                                                                \
        struct child_##_sender child;                                                                                  \
        struct F function;                                                                                             \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct F function;                                                                                             \
        N##_in value;                                                                                                  \
        union {                                                                                                        \
            struct child_##_op child;                                                                                  \
            struct inner_##_op inner;                                                                                  \
        };                                                                                                             \
    };                                                                                                                 \
    SENDER_REQUIRES(child_, COMPLETES_WITH_VALUE);                                                                     \
    enum {                                                                                                             \
        N##_completions = SENDER_COMPLETIONS_LET(child_##_completions, COMPLETES_WITH_VALUE, inner_##_completions)     \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->function = sender.function;                                                                                \
        child_##_connect(&op->child, sender.child, (struct N##_receiver){});                                           \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        child_##_start(&op->child);                                                                                    \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *self, N##_in value)                                        \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child, self);                                                     \
        PROBE(SET_VALUE);                                                                                              \
        op->value = value;                                                                                             \
        inner_##_connect(&op->inner, F##_call(&op->function, &op->value), (struct N##_inner_receiver){});              \
        inner_##_start(&op->inner);                                                                                    \
    }                                                                                                                  \
    SENDER_FORWARD_ERROR(N, N, child_, child, R)                                                                       \
    SENDER_FORWARD_STOPPED(N, N, child_, child, R)                                                                     \
    SENDER_FORWARD_ENV(N, N, child_, child, R)                                                                         \
    SENDER_FORWARD_VALUE(N##_inner, N, inner_, inner, R)                                                               \
    SENDER_FORWARD_ERROR(N##_inner, N, inner_, inner, R)                                                               \
    SENDER_FORWARD_STOPPED(N##_inner, N, inner_, inner, R)                                                             \
    SENDER_FORWARD_ENV(N##_inner, N, inner_, inner, R)

#endif
