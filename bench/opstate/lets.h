/* The stages just | let_value x depth, of the opstate experiment. */
#ifndef ABREAST_BENCH_OPSTATE_LETS_H
#define ABREAST_BENCH_OPSTATE_LETS_H

#include "bench/opstate/pipeline.h"

/* clang-format off */

/* Stages of the pipeline P, completing into R: P_0 is just, P_1 .. P_depth are let_value, each with its own just. */
#define SHARED_RECEIVERS(N, R)                                                                                         \
    RECEIVER(N, uint64_t);                                                                                             \
    RECEIVER(N##_inner, uint64_t)
#define WRITTEN_RECEIVERS(N, R) LET_VALUE_AS_WRITTEN_RECEIVERS(N, uint64_t, uint64_t, R)
#define LET_BEFORE(KIND, N, F, R)                                                                                      \
    KIND##_RECEIVERS(N, R);                                                                                            \
    SENDER_JUST(N##_made, N##_inner)                                                                                   \
    struct N##_make {                                                                                                  \
        struct F function;                                                                                             \
    };                                                                                                                 \
    SENDER_FUNCTION struct N##_made_sender N##_make_call(struct N##_make *self, uint64_t *value)                       \
    {                                                                                                                  \
        return (struct N##_made_sender){F##_call(&self->function, *value)};                                            \
    }
#define SHARED_LET(N, child, R) SENDER_LET_VALUE(N, child, N##_make, N##_made, R)
#define WRITTEN_LET(N, child, R) SENDER_LET_VALUE_AS_WRITTEN(N, child, N##_make, N##_made, R)
#define LETS_0(K, P, F, R) SENDER_JUST(P##_0, R)
#define LETS_1(K, P, F, R) LET_BEFORE(K, P##_1, F, R) LETS_0(K, P, F, P##_1) K##_LET(P##_1, P##_0, R)
#define LETS_2(K, P, F, R) LET_BEFORE(K, P##_2, F, R) LETS_1(K, P, F, P##_2) K##_LET(P##_2, P##_1, R)
#define LETS_3(K, P, F, R) LET_BEFORE(K, P##_3, F, R) LETS_2(K, P, F, P##_3) K##_LET(P##_3, P##_2, R)
#define LETS_4(K, P, F, R) LET_BEFORE(K, P##_4, F, R) LETS_3(K, P, F, P##_4) K##_LET(P##_4, P##_3, R)
#define LETS_5(K, P, F, R) LET_BEFORE(K, P##_5, F, R) LETS_4(K, P, F, P##_5) K##_LET(P##_5, P##_4, R)
#define LETS_6(K, P, F, R) LET_BEFORE(K, P##_6, F, R) LETS_5(K, P, F, P##_6) K##_LET(P##_6, P##_5, R)
#define LETS_7(K, P, F, R) LET_BEFORE(K, P##_7, F, R) LETS_6(K, P, F, P##_7) K##_LET(P##_7, P##_6, R)
#define LETS_8(K, P, F, R) LET_BEFORE(K, P##_8, F, R) LETS_7(K, P, F, P##_8) K##_LET(P##_8, P##_7, R)
#define LETS_9(K, P, F, R) LET_BEFORE(K, P##_9, F, R) LETS_8(K, P, F, P##_9) K##_LET(P##_9, P##_8, R)
#define LETS_10(K, P, F, R) LET_BEFORE(K, P##_10, F, R) LETS_9(K, P, F, P##_10) K##_LET(P##_10, P##_9, R)
#define LETS_11(K, P, F, R) LET_BEFORE(K, P##_11, F, R) LETS_10(K, P, F, P##_11) K##_LET(P##_11, P##_10, R)
#define LETS_12(K, P, F, R) LET_BEFORE(K, P##_12, F, R) LETS_11(K, P, F, P##_12) K##_LET(P##_12, P##_11, R)
#define LETS_13(K, P, F, R) LET_BEFORE(K, P##_13, F, R) LETS_12(K, P, F, P##_13) K##_LET(P##_13, P##_12, R)
#define LETS_14(K, P, F, R) LET_BEFORE(K, P##_14, F, R) LETS_13(K, P, F, P##_14) K##_LET(P##_14, P##_13, R)
#define LETS_15(K, P, F, R) LET_BEFORE(K, P##_15, F, R) LETS_14(K, P, F, P##_15) K##_LET(P##_15, P##_14, R)
#define LETS_16(K, P, F, R) LET_BEFORE(K, P##_16, F, R) LETS_15(K, P, F, P##_16) K##_LET(P##_16, P##_15, R)

/* clang-format on */

#endif
