/* The forms in C++ (bench/cxx/echo_*.cpp), where this build has no compiler for them. */
#include "bench/loops.h"

#if defined ABREAST_CXX_UNAVAILABLE
const struct loop_code loop_cxx_task = {.unavailable = ABREAST_CXX_UNAVAILABLE};
const struct loop_code loop_cxx_pipeline = {.unavailable = ABREAST_CXX_UNAVAILABLE};
#endif
