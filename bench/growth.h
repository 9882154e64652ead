/* Experiments on stack growth: mechanisms that await operations which complete at once, compiled by every toolchain
 * (bench/stack/mechanisms.def, cmake/cells.cmake) and measured by the stack meter.
 */
#ifndef ABREAST_BENCH_GROWTH_H
#define ABREAST_BENCH_GROWTH_H

#include "bench/cell.h"

/* The run function of such an experiment: runs its mechanisms in every toolchain's executables, takes over their rows,
 * and adds what the rows say of what each mechanism rests on (stack_guarantee). 0 or negative errno. */
int growth_run(const struct experiment *, const struct run_options *, struct results *, struct progress *);

#endif
