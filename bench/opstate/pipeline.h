/* The sender's form: just | then x depth, composed statically, connected and started anew for each operation. */
#ifndef ABREAST_BENCH_OPSTATE_PIPELINE_H
#define ABREAST_BENCH_OPSTATE_PIPELINE_H

#include "bench/opstate/forms.h"
#include "sender/just.h"
#include "sender/then.h"

/* The receiver at the end: keeps the value. */
typedef uint64_t end_in;
struct end_receiver {
    struct opstate *state;
};

SENDER_FUNCTION void end_set_value(struct end_receiver *self, uint64_t value)
{
    self->state->value = value;
}

SENDER_FUNCTION void end_set_error(struct end_receiver *self, int error)
{
    (void)self;
    (void)error;
}

SENDER_FUNCTION void end_set_stopped(struct end_receiver *self)
{
    (void)self;
}

SENDER_FUNCTION const struct io_env *end_get_env(const struct end_receiver *self)
{
    return &self->state->env;
}

/* Stages of the pipeline P: P_0 is just, P_1 .. P_depth are then. */
#define STAGES_0(P, F) SENDER_JUST(P##_0, end)
#define STAGES_1(P, F)                                                                                                 \
    RECEIVER(P##_1, uint64_t);                                                                                         \
    SENDER_JUST(P##_0, P##_1)                                                                                          \
    SENDER_THEN(P##_1, P##_0, F, end)
#define STAGES_2(P, F)                                                                                                 \
    RECEIVER(P##_1, uint64_t);                                                                                         \
    RECEIVER(P##_2, uint64_t);                                                                                         \
    SENDER_JUST(P##_0, P##_1)                                                                                          \
    SENDER_THEN(P##_1, P##_0, F, P##_2)                                                                                \
    SENDER_THEN(P##_2, P##_1, F, end)
#define STAGES_4(P, F)                                                                                                 \
    RECEIVER(P##_1, uint64_t);                                                                                         \
    RECEIVER(P##_2, uint64_t);                                                                                         \
    RECEIVER(P##_3, uint64_t);                                                                                         \
    RECEIVER(P##_4, uint64_t);                                                                                         \
    SENDER_JUST(P##_0, P##_1)                                                                                          \
    SENDER_THEN(P##_1, P##_0, F, P##_2)                                                                                \
    SENDER_THEN(P##_2, P##_1, F, P##_3)                                                                                \
    SENDER_THEN(P##_3, P##_2, F, P##_4)                                                                                \
    SENDER_THEN(P##_4, P##_3, F, end)
#define STAGES_8(P, F)                                                                                                 \
    RECEIVER(P##_1, uint64_t);                                                                                         \
    RECEIVER(P##_2, uint64_t);                                                                                         \
    RECEIVER(P##_3, uint64_t);                                                                                         \
    RECEIVER(P##_4, uint64_t);                                                                                         \
    RECEIVER(P##_5, uint64_t);                                                                                         \
    RECEIVER(P##_6, uint64_t);                                                                                         \
    RECEIVER(P##_7, uint64_t);                                                                                         \
    RECEIVER(P##_8, uint64_t);                                                                                         \
    SENDER_JUST(P##_0, P##_1)                                                                                          \
    SENDER_THEN(P##_1, P##_0, F, P##_2)                                                                                \
    SENDER_THEN(P##_2, P##_1, F, P##_3)                                                                                \
    SENDER_THEN(P##_3, P##_2, F, P##_4)                                                                                \
    SENDER_THEN(P##_4, P##_3, F, P##_5)                                                                                \
    SENDER_THEN(P##_5, P##_4, F, P##_6)                                                                                \
    SENDER_THEN(P##_6, P##_5, F, P##_7)                                                                                \
    SENDER_THEN(P##_7, P##_6, F, P##_8)                                                                                \
    SENDER_THEN(P##_8, P##_7, F, end)

/* The sender expression just(value) | then(f0) | then(f1) ... as an initialiser. */
#define THEN_(F, keys, index) .function = F##_make(keys, index)
#define EXPRESSION_0(F, keys, start) .value = (start)
#define EXPRESSION_1(F, keys, start) .child = {EXPRESSION_0(F, keys, start)}, THEN_(F, keys, 0)
#define EXPRESSION_2(F, keys, start) .child = {EXPRESSION_1(F, keys, start)}, THEN_(F, keys, 1)
#define EXPRESSION_3(F, keys, start) .child = {EXPRESSION_2(F, keys, start)}, THEN_(F, keys, 2)
#define EXPRESSION_4(F, keys, start) .child = {EXPRESSION_3(F, keys, start)}, THEN_(F, keys, 3)
#define EXPRESSION_5(F, keys, start) .child = {EXPRESSION_4(F, keys, start)}, THEN_(F, keys, 4)
#define EXPRESSION_6(F, keys, start) .child = {EXPRESSION_5(F, keys, start)}, THEN_(F, keys, 5)
#define EXPRESSION_7(F, keys, start) .child = {EXPRESSION_6(F, keys, start)}, THEN_(F, keys, 6)
#define EXPRESSION_8(F, keys, start) .child = {EXPRESSION_7(F, keys, start)}, THEN_(F, keys, 7)

#define PIPELINE(depth, F)                                                                                             \
    STAGES_##depth(pipeline_##depth##_##F, F) static int pipeline_##depth##_##F##_run(struct opstate *state)           \
    {                                                                                                                  \
        struct pipeline_##depth##_##F##_##depth##_op *op = state->operation;                                           \
        _Static_assert(sizeof *op <= OPERATION_BYTES, "room for the operation state");                                 \
        struct opstate_keys keys = state->keys;                                                                        \
        (void)keys;                                                                                                    \
        for (; state->operations; state->operations--) {                                                               \
            struct pipeline_##depth##_##F##_##depth##_sender sender = {                                                \
                EXPRESSION_##depth(F, keys.of, next_input(state->value))};                                             \
            pipeline_##depth##_##F##_##depth##_connect(op, sender, (struct end_receiver){state});                      \
            pipeline_##depth##_##F##_##depth##_start(op);                                                              \
        }                                                                                                              \
        return 0;                                                                                                      \
    }                                                                                                                  \
    static const struct form pipeline_##depth##_##F = {                                                                \
        .run = pipeline_##depth##_##F##_run,                                                                           \
        .operation_bytes = sizeof(struct pipeline_##depth##_##F##_##depth##_op),                                       \
    };

#endif
