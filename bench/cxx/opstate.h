/* The forms of `opstate` made by a C++ compiler: for its table, in C.
 *
 *   pipeline      just | then x depth of bench/cxx/just.hpp and then.hpp
 *   ready         a coroutine awaits a value that is there; whether the suspension point remains is the compiler's
 * affair task-in-task  each function is a coroutine of its own, compiled in another translation unit than the first
 * awaiter
 *
 * The sizes of frames are not known before the program runs: frame_bytes is 0, and what the allocator was asked for
 * tells.
 */
#ifndef ABREAST_BENCH_CXX_OPSTATE_H
#define ABREAST_BENCH_CXX_OPSTATE_H

#include "bench/opstate/forms.h"

#if defined __cplusplus
extern "C" {
#endif

#define OPSTATE_CXX_FORM(depth, F) extern const struct form cxx_pipeline_##depth##_##F, cxx_ready_##depth##_##F;
#define OPSTATE_CXX_NESTED_FORM(depth, F) extern const struct form cxx_nested_##depth##_##F;
OPSTATE_GROUPS(OPSTATE_CXX_FORM)
OPSTATE_NESTED_GROUPS(OPSTATE_CXX_NESTED_FORM)

#if defined __cplusplus
}
#endif

#endif
