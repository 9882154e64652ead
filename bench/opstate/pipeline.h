/* The receiver at the end of every pipeline of the opstate experiment, and the stages just | then x depth. */
#ifndef ABREAST_BENCH_OPSTATE_PIPELINE_H
#define ABREAST_BENCH_OPSTATE_PIPELINE_H

#include "bench/opstate/forms.h"
#include "sender/as_written.h"
#include "sender/just.h"

/* A receiver E that keeps what `keep` makes of a value; errors and stopped do not come, and would be seen: the group's
 * checksums would differ. */
#define END_RECEIVER(E, type, keep)                                                                                    \
    typedef type E##_in;                                                                                               \
    struct E##_receiver {                                                                                              \
        struct opstate *state;                                                                                         \
    };                                                                                                                 \
    SENDER_FUNCTION void E##_set_value(struct E##_receiver *self, E##_in value)                                        \
    {                                                                                                                  \
        keep(self->state, value);                                                                                      \
    }                                                                                                                  \
    SENDER_FUNCTION void E##_set_error(struct E##_receiver *self, int error)                                           \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        (void)error;                                                                                                   \
    }                                                                                                                  \
    SENDER_FUNCTION void E##_set_stopped(struct E##_receiver *self)                                                    \
    {                                                                                                                  \
        (void)self;                                                                                                    \
    }                                                                                                                  \
    SENDER_FUNCTION const struct io_env *E##_get_env(const struct E##_receiver *self)                                  \
    {                                                                                                                  \
        return &self->state->env;                                                                                      \
    }

static inline void keep_value(struct opstate *state, uint64_t value)
{
    state->value = value;
}
END_RECEIVER(end, uint64_t, keep_value)

/* Runs the operations of a cell one after the other: each is connected and started at the same place, and completes
 * before start returns. What follows E initialises a struct N_sender; `keys` are in scope. */
#define RUN_PIPELINE(name, N, E, ...)                                                                                  \
    static int name(struct opstate *state)                                                                             \
    {                                                                                                                  \
        struct N##_op *op = state->operation;                                                                          \
        _Static_assert(sizeof *op <= OPERATION_BYTES, "room for the operation state");                                 \
        struct opstate_keys keys = state->keys;                                                                        \
        (void)keys;                                                                                                    \
        for (; state->operations; state->operations--) {                                                               \
            struct N##_sender sender = {__VA_ARGS__};                                                                  \
            N##_connect(op, sender, (struct E##_receiver){state});                                                     \
            N##_start(op);                                                                                             \
        }                                                                                                              \
        return 0;                                                                                                      \
    }

#define PIPELINE_SIZES(N) .sizes = {.op_state = sizeof(struct N##_op), .align = _Alignof(struct N##_op)}

#define NESTED_FIRST(N, R) SENDER_JUST(N, R)
#define NESTED_RECEIVER(P, n) RECEIVER(P##_##n, uint64_t)
#define NESTED_THEN(N, child, F, R) SENDER_THEN(N, child, F, R)
#define WRITTEN_FIRST(N, R) SENDER_JUST(N, R)
#define WRITTEN_RECEIVER(P, n) AS_WRITTEN_RECEIVER(P##_##n, uint64_t)
#define WRITTEN_THEN(N, child, F, R) SENDER_THEN_AS_WRITTEN(N, child, F, R)

/* clang-format off */

/* Stages of the pipeline P, completing into R: P_0 is what the kind K begins with, just or another
 * source, P_1 .. P_depth are then, of that kind. */
#define STAGES_0(K, P, F, R) K##_FIRST(P##_0, R)
#define STAGES_1(K, P, F, R) K##_RECEIVER(P, 1); STAGES_0(K, P, F, P##_1) K##_THEN(P##_1, P##_0, F, R)
#define STAGES_2(K, P, F, R) K##_RECEIVER(P, 2); STAGES_1(K, P, F, P##_2) K##_THEN(P##_2, P##_1, F, R)
#define STAGES_3(K, P, F, R) K##_RECEIVER(P, 3); STAGES_2(K, P, F, P##_3) K##_THEN(P##_3, P##_2, F, R)
#define STAGES_4(K, P, F, R) K##_RECEIVER(P, 4); STAGES_3(K, P, F, P##_4) K##_THEN(P##_4, P##_3, F, R)
#define STAGES_5(K, P, F, R) K##_RECEIVER(P, 5); STAGES_4(K, P, F, P##_5) K##_THEN(P##_5, P##_4, F, R)
#define STAGES_6(K, P, F, R) K##_RECEIVER(P, 6); STAGES_5(K, P, F, P##_6) K##_THEN(P##_6, P##_5, F, R)
#define STAGES_7(K, P, F, R) K##_RECEIVER(P, 7); STAGES_6(K, P, F, P##_7) K##_THEN(P##_7, P##_6, F, R)
#define STAGES_8(K, P, F, R) K##_RECEIVER(P, 8); STAGES_7(K, P, F, P##_8) K##_THEN(P##_8, P##_7, F, R)
#define STAGES_9(K, P, F, R) K##_RECEIVER(P, 9); STAGES_8(K, P, F, P##_9) K##_THEN(P##_9, P##_8, F, R)
#define STAGES_10(K, P, F, R) K##_RECEIVER(P, 10); STAGES_9(K, P, F, P##_10) K##_THEN(P##_10, P##_9, F, R)
#define STAGES_11(K, P, F, R) K##_RECEIVER(P, 11); STAGES_10(K, P, F, P##_11) K##_THEN(P##_11, P##_10, F, R)
#define STAGES_12(K, P, F, R) K##_RECEIVER(P, 12); STAGES_11(K, P, F, P##_12) K##_THEN(P##_12, P##_11, F, R)
#define STAGES_13(K, P, F, R) K##_RECEIVER(P, 13); STAGES_12(K, P, F, P##_13) K##_THEN(P##_13, P##_12, F, R)
#define STAGES_14(K, P, F, R) K##_RECEIVER(P, 14); STAGES_13(K, P, F, P##_14) K##_THEN(P##_14, P##_13, F, R)
#define STAGES_15(K, P, F, R) K##_RECEIVER(P, 15); STAGES_14(K, P, F, P##_15) K##_THEN(P##_15, P##_14, F, R)
#define STAGES_16(K, P, F, R) K##_RECEIVER(P, 16); STAGES_15(K, P, F, P##_16) K##_THEN(P##_16, P##_15, F, R)

/* clang-format on */

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
#define EXPRESSION_9(F, keys, start) .child = {EXPRESSION_8(F, keys, start)}, THEN_(F, keys, 8)
#define EXPRESSION_10(F, keys, start) .child = {EXPRESSION_9(F, keys, start)}, THEN_(F, keys, 9)
#define EXPRESSION_11(F, keys, start) .child = {EXPRESSION_10(F, keys, start)}, THEN_(F, keys, 10)
#define EXPRESSION_12(F, keys, start) .child = {EXPRESSION_11(F, keys, start)}, THEN_(F, keys, 11)
#define EXPRESSION_13(F, keys, start) .child = {EXPRESSION_12(F, keys, start)}, THEN_(F, keys, 12)
#define EXPRESSION_14(F, keys, start) .child = {EXPRESSION_13(F, keys, start)}, THEN_(F, keys, 13)
#define EXPRESSION_15(F, keys, start) .child = {EXPRESSION_14(F, keys, start)}, THEN_(F, keys, 14)
#define EXPRESSION_16(F, keys, start) .child = {EXPRESSION_15(F, keys, start)}, THEN_(F, keys, 15)

#endif
