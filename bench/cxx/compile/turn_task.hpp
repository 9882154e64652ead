/* One turn of the loop as a coroutine that is compiled in one place: for `compile`. Its result is what was moved. */
#ifndef ABREAST_BENCH_CXX_COMPILE_TURN_TASK_HPP
#define ABREAST_BENCH_CXX_COMPILE_TURN_TASK_HPP

#include "awaitable/cxx/io.hpp"
#include "bench/cxx/echo.h"

abreast::task<ssize_t> turn_task(loop_job *);

#endif
