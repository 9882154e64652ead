/* The forms of a value that goes through `depth` functions. */
#ifndef ABREAST_BENCH_OPSTATE_THEN_H
#define ABREAST_BENCH_OPSTATE_THEN_H

#include "bench/opstate/forms.h"

/* Every depth, X(depth, function, ...); without functions there is but one kind. */
#define OPSTATE_DEPTHS(X) X(0, S0, CELL_BOTH) OPSTATE_DEPTHS_OF(X, S0, CELL_BOTH) OPSTATE_DEPTHS_OF(X, S8, CELL_BOTH)
#define OPSTATE_DEPTHS_OF(X, ...)                                                                                      \
    X(1, __VA_ARGS__)                                                                                                  \
    X(2, __VA_ARGS__)                                                                                                  \
    X(3, __VA_ARGS__)                                                                                                  \
    X(4, __VA_ARGS__)                                                                                                  \
    X(5, __VA_ARGS__)                                                                                                  \
    X(6, __VA_ARGS__)                                                                                                  \
    X(7, __VA_ARGS__)                                                                                                  \
    X(8, __VA_ARGS__)                                                                                                  \
    X(9, __VA_ARGS__)                                                                                                  \
    X(10, __VA_ARGS__)                                                                                                 \
    X(11, __VA_ARGS__)                                                                                                 \
    X(12, __VA_ARGS__)                                                                                                 \
    X(13, __VA_ARGS__)                                                                                                 \
    X(14, __VA_ARGS__)                                                                                                 \
    X(15, __VA_ARGS__)                                                                                                 \
    X(16, __VA_ARGS__)

#define THEN_FORM(depth, F, modes)                                                                                     \
    extern const struct form then_floor_##depth##_##F, then_pipeline_##depth##_##F, then_ready_##depth##_##F,          \
        then_known_##depth##_##F;
#define THEN_NESTED_FORM(depth, F, modes)                                                                              \
    extern const struct form then_written_##depth##_##F, then_nested_##depth##_##F, let_pipeline_##depth##_##F,        \
        let_written_##depth##_##F, let_ready_##depth##_##F, let_known_##depth##_##F;
#define THEN_SIZES(depth, F, modes) extern const struct form then_sizes_##depth##_##F;
OPSTATE_GROUPS(THEN_FORM)
OPSTATE_NESTED_GROUPS(THEN_NESTED_FORM)
OPSTATE_DEPTHS(THEN_SIZES)

#endif
