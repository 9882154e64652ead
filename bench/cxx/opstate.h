/* The forms of `opstate` made by a C++ compiler: for its table, in C.
 *
 *   then          a pipeline, just | then x depth (bench/cxx/then.hpp); a coroutine that awaits a value that is there,
 *                 where it is the compiler's affair whether the suspension point remains; and coroutines in each
 *                 other, each of which is a function and compiled apart from the first that awaits
 *   let           a pipeline, just | let_value x depth; a coroutine that awaits what each function makes
 *   when_all      a pipeline; awaited tasks have their when_all in C alone
 *   schedule, read_some      a pipeline, and a coroutine that awaits
 *
 * let_value and when_all are as P2300R10 words them: in C, let-value-as-written and as-written.
 *
 * Here as in C receivers nest by value: an operation state has no pointer for each stage, as P2300R10's exposition-only
 * basic-receiver has, but in let_value and when_all, whose children's receivers point to the parent's state.
 *
 * The sizes of frames are not known before the program runs: frame is 0, and what the allocator was asked for tells.
 */
#ifndef ABREAST_BENCH_CXX_OPSTATE_H
#define ABREAST_BENCH_CXX_OPSTATE_H

#include "bench/opstate/forms.h"

#if defined __cplusplus
extern "C" {
#endif

#define OPSTATE_CXX_FORM(depth, F, modes)                                                                              \
    extern const struct form cxx_then_pipeline_##depth##_##F, cxx_then_ready_##depth##_##F;
#define OPSTATE_CXX_NESTED_FORM(depth, F, modes) extern const struct form cxx_then_nested_##depth##_##F;
#define OPSTATE_CXX_LET_FORM(depth, F, modes)                                                                          \
    extern const struct form cxx_let_pipeline_##depth##_##F, cxx_let_ready_##depth##_##F;
#define OPSTATE_CXX_WHEN_ALL_FORM(count, modes) extern const struct form cxx_when_all_##count;
OPSTATE_CXX_GROUPS(OPSTATE_CXX_FORM)
OPSTATE_CXX_NESTED_GROUPS(OPSTATE_CXX_NESTED_FORM)
OPSTATE_CXX_LET_GROUPS(OPSTATE_CXX_LET_FORM)
OPSTATE_CXX_WHEN_ALL_GROUPS(OPSTATE_CXX_WHEN_ALL_FORM)
extern const struct form cxx_schedule_pipeline, cxx_schedule_transfer, cxx_read_some_pipeline, cxx_read_some_ready;

#if defined __cplusplus
}
#endif

#endif
