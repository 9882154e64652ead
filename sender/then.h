/* then(child, f): completes with f(value) ([exec.then]). Errors and stopped pass through.
 *
 *     RECEIVER(N, in);
 *     ...the stage `child`, completing into N...
 *     SENDER_THEN(N, child, F, R);      R_in F_call(struct F *, N_in)
 */
#ifndef ABREAST_SENDER_THEN_H
#define ABREAST_SENDER_THEN_H

#include "sender/sender.h"

#define SENDER_THEN(N, child_, F, R)                                                                                   \
    SENDER_THEN_OP(N, child_, F, COMPLETES_WITH_VALUE, struct child_##_op child, R)                                    \
    SENDER_START_CHILD(N, child_)                                                                                      \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *self, N##_in value)                                        \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child, self);                                                     \
        SENDER_VALUE_TYPE(R, F##_call(&op->function, value));                                                          \
        PROBE(SET_VALUE);                                                                                              \
        R##_set_value(&op->receiver, F##_call(&op->function, value));                                                  \
    }                                                                                                                  \
    SENDER_FORWARD_ERROR(N, N, child_, child, R)                                                                       \
    SENDER_FORWARD_STOPPED(N, N, child_, child, R)

/* All but start and child's completion functions, for then and its like (sender/upon.h), which make a value of a
 * completion in `channel`. `members` declares what has the member `child`. */
#define SENDER_THEN_OP(N, child_, F, channel, members, R)                                                              \
    struct N##_sender {                                                                                                \
        struct child_##_sender child;                                                                                  \
        struct F function;                                                                                             \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct F function;                                                                                             \
        members;                                                                                                       \
    };                                                                                                                 \
    enum {                                                                                                             \
        N##_completions = child_##_completions & (channel)                                                             \
                              ? (child_##_completions & ~(channel)) | COMPLETES_WITH_VALUE                             \
                              : child_##_completions                                                                   \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->function = sender.function;                                                                                \
        PROBE(RECEIVER_BUILT);                                                                                         \
        child_##_connect(&op->child, sender.child, (struct N##_receiver){});                                           \
    }                                                                                                                  \
    SENDER_FORWARD_ENV(N, N, child_, child, R)

/* start of an operation that starts its child first. */
#define SENDER_START_CHILD(N, child_)                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        child_##_start(&op->child);                                                                                    \
    }

#endif
