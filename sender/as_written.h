/* then and let_value with the operation states of P2300R10's text: a receiver has a pointer to the state that it
 * completes into, where those of then.h and let.h find it by their own place.
 *
 *     AS_WRITTEN_RECEIVER(N, type);                                in the place of RECEIVER
 *     SENDER_THEN_AS_WRITTEN(N, child, F, R);                      as SENDER_THEN
 *
 *     LET_VALUE_AS_WRITTEN_RECEIVERS(N, type, inner_type, R);      in the place of both RECEIVERs
 *     SENDER_LET_VALUE_AS_WRITTEN(N, child, F, inner, R);          as SENDER_LET_VALUE
 *
 * Of then the pointer is exposition only ([exec.snd.expos], basic-receiver): a library may do without it. let_value
 * keeps the values and inner's operation state in a variant each, beside child's operation state ([exec.let]: let-state
 * and receiver2).
 */
#ifndef ABREAST_SENDER_AS_WRITTEN_H
#define ABREAST_SENDER_AS_WRITTEN_H

#include "sender/let.h"

#define AS_WRITTEN_RECEIVER(N, type) RECEIVER_WITH(N, type, struct N##_op *op;)

#define SENDER_THEN_AS_WRITTEN(N, child_, F, R)                                                                        \
    AS_WRITTEN_OP(N, child_, F, , , R)                                                                                 \
    enum { N##_completions = child_##_completions };                                                                   \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *self, N##_in value)                                        \
    {                                                                                                                  \
        SENDER_VALUE_TYPE(R, F##_call(&self->op->function, value));                                                    \
        PROBE(SET_VALUE);                                                                                              \
        R##_set_value(&self->op->receiver, F##_call(&self->op->function, value));                                      \
    }

#define LET_VALUE_AS_WRITTEN_RECEIVERS(N, type, inner_type, R)                                                         \
    AS_WRITTEN_RECEIVER(N, type);                                                                                      \
    RECEIVER_WITH(N##_inner, inner_type, struct R##_receiver *receiver;)

#define SENDER_LET_VALUE_AS_WRITTEN(N, child_, F, inner_, R)                                                           \
    AS_WRITTEN_OP(N, child_, F, AS_WRITTEN_VARIANT(N##_in, args) AS_WRITTEN_VARIANT(struct inner_##_op, inner),        \
                  op->args.index = op->inner.index = 0, R)                                                             \
    enum {                                                                                                             \
        N##_completions = SENDER_COMPLETIONS_LET(child_##_completions, COMPLETES_WITH_VALUE, inner_##_completions)     \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *self, N##_in value)                                        \
    {                                                                                                                  \
        struct N##_op *op = self->op;                                                                                  \
        op->args.value = value;                                                                                        \
        op->args.index = 1;                                                                                            \
        PROBE(RECEIVER_BUILT);                                                                                         \
        inner_##_connect(&op->inner.value, F##_call(&op->function, &op->args.value),                                   \
                         (struct N##_inner_receiver){&op->receiver});                                                  \
        op->inner.index = 1;                                                                                           \
        inner_##_start(&op->inner.value);                                                                              \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_inner_set_value(struct N##_inner_receiver *self, N##_inner_in value)                      \
    {                                                                                                                  \
        SENDER_VALUE_TYPE(R, value);                                                                                   \
        PROBE(SET_VALUE);                                                                                              \
        R##_set_value(self->receiver, value);                                                                          \
    }                                                                                                                  \
    AS_WRITTEN_PASS_ON(N##_inner, self->receiver, R)

/* A variant of nothing, which is index 0, and that. */
#define AS_WRITTEN_VARIANT(type, name)                                                                                 \
    struct {                                                                                                           \
        type value;                                                                                                    \
        unsigned char index;                                                                                           \
    } name;

/* All but N_completions and set_value. `members` lie between what the parent has of its own and the child; `first` is
 * what connect writes to them. */
#define AS_WRITTEN_OP(N, child_, F, members, first, R)                                                                 \
    struct N##_sender {                                                                                                \
        struct child_##_sender child;                                                                                  \
        struct F function;                                                                                             \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct F function;                                                                                             \
        members struct child_##_op child;                                                                              \
    };                                                                                                                 \
    SENDER_REQUIRES(child_, COMPLETES_WITH_VALUE);                                                                     \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->function = sender.function;                                                                                \
        first;                                                                                                         \
        PROBE(RECEIVER_BUILT);                                                                                         \
        child_##_connect(&op->child, sender.child, (struct N##_receiver){op});                                         \
    }                                                                                                                  \
    SENDER_START_CHILD(N, child_)                                                                                      \
    AS_WRITTEN_PASS_ON(N, &self->op->receiver, R)

/* The other completions of the receiver N, and get_env. */
#define AS_WRITTEN_PASS_ON(N, to, R)                                                                                   \
    SENDER_FUNCTION void N##_set_error(struct N##_receiver *self, int error)                                           \
    {                                                                                                                  \
        PROBE(SET_ERROR);                                                                                              \
        R##_set_error(to, error);                                                                                      \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_stopped(struct N##_receiver *self)                                                    \
    {                                                                                                                  \
        PROBE(SET_STOPPED);                                                                                            \
        R##_set_stopped(to);                                                                                           \
    }                                                                                                                  \
    SENDER_FUNCTION const struct io_env *N##_get_env(const struct N##_receiver *self)                                  \
    {                                                                                                                  \
        return R##_get_env(to);                                                                                        \
    }

#endif
