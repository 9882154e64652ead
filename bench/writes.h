/* Bytes written per operation, exactly: every store of the code that an operation runs, to the stack (spills,
 * arguments, return addresses), to the coroutine frame, to the operation state and to anything else, by the width of
 * the store. What a system call writes is not among them.
 *
 * The program runs itself again as `abreast count-writes` under valgrind's lackey, which counts stores by width for a
 * whole process and cannot be told where to begin. So each counted cell runs N operations and then 2N, and before, in
 * between and after it a child is forked that does nothing but end, so that lackey prints the counts up to there: of
 * the three the second difference, divided by N, leaves out the forks and all else that happens once.
 */
#ifndef ABREAST_BENCH_WRITES_H
#define ABREAST_BENCH_WRITES_H

#include "bench/cell.h"
#include "bench/progress.h"

/* Adds bytes_written_per_op of every selected cell that has `written`, or the row of a missing value with its reason.
 * 0, or -EINTR, or negative errno. */
int writes_add(const struct run_options *, struct results *, struct progress *);

/* The other side: runs the cells and has lackey print each count. */
int writes_child(const struct run_options *);

#endif
