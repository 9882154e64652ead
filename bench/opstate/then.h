/* The forms of a value that goes through `depth` functions. */
#ifndef ABREAST_BENCH_OPSTATE_THEN_H
#define ABREAST_BENCH_OPSTATE_THEN_H

#include "bench/opstate/forms.h"

/* Every depth; without functions there is but one kind. */
#define OPSTATE_DEPTHS(X) X(0, S0) OPSTATE_DEPTHS_OF(X, S0) OPSTATE_DEPTHS_OF(X, S8)
#define OPSTATE_DEPTHS_OF(X, F)                                                                                        \
    X(1, F)                                                                                                            \
    X(2, F)                                                                                                            \
    X(3, F)                                                                                                            \
    X(4, F) X(5, F) X(6, F) X(7, F) X(8, F) X(9, F) X(10, F) X(11, F) X(12, F) X(13, F) X(14, F) X(15, F) X(16, F)

#define THEN_FORM(depth, F, modes)                                                                                     \
    extern const struct form then_floor_##depth##_##F, then_pipeline_##depth##_##F, then_ready_##depth##_##F,          \
        then_known_##depth##_##F;
#define THEN_NESTED_FORM(depth, F, modes)                                                                              \
    extern const struct form then_written_##depth##_##F, then_nested_##depth##_##F, let_pipeline_##depth##_##F,        \
        let_written_##depth##_##F, let_ready_##depth##_##F, let_known_##depth##_##F;
#define THEN_SIZES(depth, F) extern const struct form then_sizes_##depth##_##F;
OPSTATE_GROUPS(THEN_FORM)
OPSTATE_NESTED_GROUPS(THEN_NESTED_FORM)
OPSTATE_DEPTHS(THEN_SIZES)

#endif
