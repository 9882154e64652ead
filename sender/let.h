/* let_value, let_error, let_stopped(child, f): when child completes so, go on as the sender that f makes of it
 * ([exec.let]). The other completions pass through.
 *
 *     RECEIVER(N, in);  RECEIVER(N_inner, inner_in);
 *     ...the stage `child`, completing into N...
 *     ...the stage `inner`, completing into N_inner...
 *     SENDER_LET_VALUE(N, child, F, inner, R);      struct inner_sender F_call(struct F *, N_in *)
 *     SENDER_LET_ERROR(N, child, F, inner, R);      struct inner_sender F_call(struct F *, int *error)
 *     SENDER_LET_STOPPED(N, child, F, inner, R);    struct inner_sender F_call(struct F *)
 *
 * inner_in is R_in, and where child's values pass through, N_in is too. child must be able to complete so. The value or
 * error is kept until inner has completed. The operation states of child and inner share their storage, as in libunifex
 * (let_value.hpp): the first has ended when the second is made. The standard's text does not do that: as_written.h.
 */
#ifndef ABREAST_SENDER_LET_H
#define ABREAST_SENDER_LET_H

#include "sender/then.h"

#define SENDER_LET_VALUE(N, child_, F, inner_, R)                                                                      \
    SENDER_LET_OP(N, child_, F, inner_, N##_in value; SENDER_LET_CHILDREN(child_, inner_), COMPLETES_WITH_VALUE, R)    \
    SENDER_LET_START(N, child_, inner_, R)                                                                             \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *self, N##_in value)                                        \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child, self);                                                     \
        op->value = value;                                                                                             \
        N##_bind(op, F##_call(&op->function, &op->value));                                                             \
    }                                                                                                                  \
    SENDER_FORWARD_ERROR(N, N, child_, child, R)                                                                       \
    SENDER_FORWARD_STOPPED(N, N, child_, child, R)

#define SENDER_LET_ERROR(N, child_, F, inner_, R)                                                                      \
    SENDER_LET_OP(N, child_, F, inner_, int error; SENDER_LET_CHILDREN(child_, inner_), COMPLETES_WITH_ERROR, R)       \
    SENDER_LET_START(N, child_, inner_, R)                                                                             \
    SENDER_FORWARD_VALUE(N, N, child_, child, R)                                                                       \
    SENDER_FUNCTION void N##_set_error(struct N##_receiver *self, int error)                                           \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child, self);                                                     \
        op->error = error;                                                                                             \
        N##_bind(op, F##_call(&op->function, &op->error));                                                             \
    }                                                                                                                  \
    SENDER_FORWARD_STOPPED(N, N, child_, child, R)

#define SENDER_LET_STOPPED(N, child_, F, inner_, R)                                                                    \
    SENDER_LET_OP(N, child_, F, inner_, SENDER_LET_CHILDREN(child_, inner_), COMPLETES_WITH_STOPPED, R)                \
    SENDER_LET_START(N, child_, inner_, R)                                                                             \
    SENDER_FORWARD_VALUE(N, N, child_, child, R)                                                                       \
    SENDER_FORWARD_ERROR(N, N, child_, child, R)                                                                       \
    SENDER_FUNCTION void N##_set_stopped(struct N##_receiver *self)                                                    \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child, self);                                                     \
        N##_bind(op, F##_call(&op->function));                                                                         \
    }

/* All but start and the completion functions. `members` declares what child's completion in `channel` leaves, and what
 * has the members `child` and `inner`. */
#define SENDER_LET_OP(N, child_, F, inner_, members, channel, R)                                                       \
    struct N##_sender {                                                                                                \
        struct child_##_sender child;                                                                                  \
        struct F function;                                                                                             \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct F function;                                                                                             \
        members;                                                                                                       \
    };                                                                                                                 \
    SENDER_REQUIRES(child_, channel);                                                                                  \
    enum { N##_completions = SENDER_COMPLETIONS_LET(child_##_completions, channel, inner_##_completions) };            \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->function = sender.function;                                                                                \
        PROBE(RECEIVER_BUILT);                                                                                         \
        child_##_connect(&op->child, sender.child, (struct N##_receiver){});                                           \
    }                                                                                                                  \
    SENDER_FORWARD_ENV(N, N, child_, child, R)                                                                         \
    SENDER_FORWARD_ENV(N##_inner, N, inner_, inner, R)

#define SENDER_LET_CHILDREN(child_, inner_)                                                                            \
    union {                                                                                                            \
        struct child_##_op child;                                                                                      \
        struct inner_##_op inner;                                                                                      \
    }

/* start, N_bind, which goes on, and inner's completion functions. */
#define SENDER_LET_START(N, child_, inner_, R)                                                                         \
    SENDER_START_CHILD(N, child_)                                                                                      \
    SENDER_FUNCTION void N##_bind(struct N##_op *op, struct inner_##_sender inner)                                     \
    {                                                                                                                  \
        PROBE(RECEIVER_BUILT);                                                                                         \
        inner_##_connect(&op->inner, inner, (struct N##_inner_receiver){});                                            \
        inner_##_start(&op->inner);                                                                                    \
    }                                                                                                                  \
    SENDER_FORWARD_VALUE(N##_inner, N, inner_, inner, R)                                                               \
    SENDER_FORWARD_ERROR(N##_inner, N, inner_, inner, R)                                                               \
    SENDER_FORWARD_STOPPED(N##_inner, N, inner_, inner, R)

#endif
