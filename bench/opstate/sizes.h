/* The sizes of pipelines of every depth that are not run: `depth` thens on each of the senders that begin one, and
 * let_values on just. They are of the main build alone, and so beside this folder: bench/opstate_sizes.c.
 */
#ifndef ABREAST_BENCH_OPSTATE_SIZES_H
#define ABREAST_BENCH_OPSTATE_SIZES_H

#include "bench/opstate/then.h"

/* X(kind, name in the variant) */
#define OPSTATE_SOURCES(X)                                                                                             \
    X(FROM_SCHEDULE, "schedule")                                                                                       \
    X(FROM_READ, "read-some")                                                                                          \
    X(FROM_ANY, "any-sender")                                                                                          \
    X(FROM_ALL_2, "when-all-2")                                                                                        \
    X(FROM_ALL_4, "when-all-4")                                                                                        \
    X(FROM_ALL_8, "when-all-8")

/* X(depth, function, kind, name) for every depth on one of them. */
#define OPSTATE_SOURCE_DEPTHS(X, source, name)                                                                         \
    X(0, S0, source, name)                                                                                             \
    OPSTATE_DEPTHS_OF(X, S0, source, name)                                                                             \
    OPSTATE_DEPTHS_OF(X, S8, source, name)

#define SOURCE_FORM(depth, F, source, name) extern const struct form sizes_##source##_##depth##_##F;
#define SOURCE_FORMS(source, name) OPSTATE_SOURCE_DEPTHS(SOURCE_FORM, source, name)
#define LET_FORM(depth, F, modes) extern const struct form let_sizes_##depth##_##F;
OPSTATE_SOURCES(SOURCE_FORMS)
OPSTATE_DEPTHS(LET_FORM)

#endif
