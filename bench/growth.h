/* Experiments on stack growth: mechanisms that await operations which complete at once, compiled by every toolchain
 * (bench/stack/mechanisms.def, cmake/cells.cmake) and measured by the stack meter.
 */
#ifndef ABREAST_BENCH_GROWTH_H
#define ABREAST_BENCH_GROWTH_H

#include "bench/cell.h"

/* The entry in a list of mechanisms for the twin that one has in C++ (bench/cxx/table.cpp): those with a coroutine or a
 * sender in them have. */
#define LISTED_CXX(model, name) LISTED_CXX_##model(name)
#define LISTED_CXX_awaitable(name) {"cxx-awaitable", name, "the same by a C++ compiler"},
#define LISTED_CXX_sender(name) {"cxx-sender", name, "the same by a C++ compiler"},
#define LISTED_CXX_callback(name)
#define LISTED_CXX_event(name)
#define LISTED_CXX_poll(name)

/* The run function of such an experiment: runs its mechanisms in every toolchain's executables, takes over their rows,
 * and adds what the rows say of what each mechanism rests on (stack_guarantee). 0 or negative errno. */
int growth_run(const struct experiment *, const struct run_options *, struct results *, struct progress *);

#endif
