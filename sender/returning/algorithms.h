/* just, just_error, just_stopped, then and let_value where completion functions return the handle to resume next
 * (protocol.h). They are sender/just.h, then.h and let.h but for the word `return`.
 *
 *     RETURNING_JUST(N, R);   RETURNING_JUST_ERROR(N, R);   RETURNING_JUST_STOPPED(N, R);
 *     RETURNING_THEN(N, child, F, R);
 *     RETURNING_LET_VALUE(N, child, F, inner, R);       inner completes into N_inner
 */
#ifndef ABREAST_SENDER_RETURNING_ALGORITHMS_H
#define ABREAST_SENDER_RETURNING_ALGORITHMS_H

#include "sender/returning/protocol.h"

#define RETURNING_JUST(N, R)                                                                                           \
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
    SENDER_FUNCTION struct coro *N##_start(struct N##_op *op)                                                          \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_VALUE);                                                                                              \
        return R##_set_value(&op->receiver, op->value);                                                                \
    }

#define RETURNING_JUST_ERROR(N, R)                                                                                     \
    struct N##_sender {                                                                                                \
        int error; /* > 0 */                                                                                           \
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
    SENDER_FUNCTION struct coro *N##_start(struct N##_op *op)                                                          \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_ERROR);                                                                                              \
        return R##_set_error(&op->receiver, op->error);                                                                \
    }

#define RETURNING_JUST_STOPPED(N, R)                                                                                   \
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
    SENDER_FUNCTION struct coro *N##_start(struct N##_op *op)                                                          \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_STOPPED);                                                                                            \
        return R##_set_stopped(&op->receiver);                                                                         \
    }

#define RETURNING_THEN(N, child_, F, R)                                                                                \
    struct N##_sender {                                                                                                \
        struct child_##_sender child;                                                                                  \
        struct F function;                                                                                             \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct F function;                                                                                             \
        struct child_##_op child;                                                                                      \
    };                                                                                                                 \
    enum { N##_completions = child_##_completions };                                                                   \
    RETURNING_CONNECT_AND_START(N, child_, R)                                                                          \
    SENDER_FUNCTION struct coro *N##_set_value(struct N##_receiver *self, N##_in value)                                \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child, self);                                                     \
        SENDER_VALUE_TYPE(R, F##_call(&op->function, value));                                                          \
        PROBE(SET_VALUE);                                                                                              \
        return R##_set_value(&op->receiver, F##_call(&op->function, value));                                           \
    }                                                                                                                  \
    RETURNING_FORWARD_ERROR(N, N, child_, child, R)                                                                    \
    RETURNING_FORWARD_STOPPED(N, N, child_, child, R)                                                                  \
    SENDER_FORWARD_ENV(N, N, child_, child, R)

#define RETURNING_LET_VALUE(N, child_, F, inner_, R)                                                                   \
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
    RETURNING_CONNECT_AND_START(N, child_, R)                                                                          \
    SENDER_FUNCTION struct coro *N##_set_value(struct N##_receiver *self, N##_in value)                                \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child, self);                                                     \
        PROBE(SET_VALUE);                                                                                              \
        op->value = value;                                                                                             \
        inner_##_connect(&op->inner, F##_call(&op->function, &op->value), (struct N##_inner_receiver){});              \
        return inner_##_start(&op->inner);                                                                             \
    }                                                                                                                  \
    RETURNING_FORWARD_ERROR(N, N, child_, child, R)                                                                    \
    RETURNING_FORWARD_STOPPED(N, N, child_, child, R)                                                                  \
    SENDER_FORWARD_ENV(N, N, child_, child, R)                                                                         \
    RETURNING_FORWARD_VALUE(N##_inner, N, inner_, inner, R)                                                            \
    RETURNING_FORWARD_ERROR(N##_inner, N, inner_, inner, R)                                                            \
    RETURNING_FORWARD_STOPPED(N##_inner, N, inner_, inner, R)                                                          \
    SENDER_FORWARD_ENV(N##_inner, N, inner_, inner, R)

/* connect and start of an algorithm with a function and one child that is started first. */
#define RETURNING_CONNECT_AND_START(N, child_, R)                                                                      \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->function = sender.function;                                                                                \
        child_##_connect(&op->child, sender.child, (struct N##_receiver){});                                           \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_start(struct N##_op *op)                                                          \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        return child_##_start(&op->child);                                                                             \
    }

#endif
