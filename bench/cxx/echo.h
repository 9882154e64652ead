/* The forms of the byte loop made by a C++ compiler: LOOP_FORMS has them, under the models cxx-awaitable and
 * cxx-sender.
 */
#ifndef ABREAST_BENCH_CXX_ECHO_H
#define ABREAST_BENCH_CXX_ECHO_H

#if defined __cplusplus
#include "awaitable/cxx/c.hpp"

extern "C" {
#include "bench/loops.h"
}
#else
#include "bench/loops.h"
#endif

#endif
