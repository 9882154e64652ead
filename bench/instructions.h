/* Instructions per operation, exactly: each counted cell runs N and 2N operations under callgrind, and the difference
 * divided by N leaves out everything that happens once.
 *
 * The program runs itself again as `abreast count` under valgrind, with an empty environment, pinned libc tunables
 * (libc otherwise picks its memcpy by the processor's features) and address randomisation off.
 */
#ifndef ABREAST_BENCH_INSTRUCTIONS_H
#define ABREAST_BENCH_INSTRUCTIONS_H

#include "bench/cell.h"
#include "bench/progress.h"

/* Adds instructions_per_op of every selected counted cell, or the row of a missing value with its reason; and, where
 * the experiment asks for it, atomics_per_op: those of them that are atomic read-modify-writes. 0, or -EINTR, or
 * negative errno. */
int instructions_add(const struct run_options *, struct results *, struct progress *);

/* The other side: runs the cells and has callgrind write down each count. */
int instructions_child(const struct run_options *);

#endif
