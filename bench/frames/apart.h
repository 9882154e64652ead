/* Cells of `frames` that run in a process of their own, so that malloc can be another library's, and so that the
 * process can be one that never had a second thread: the same executable, with LD_PRELOAD set, which opens the cell,
 * runs as many operations as it is told, and says what came of it and how long it took by clock_ns; so the hand-over is
 * in no time. Its stack begins at the place in a page that the caller's has, so that the runner's displacements reach
 * it, and its heap has been in use, as the runner's has. A group of such cells has them all in processes of their own,
 * its baseline, malloc, too.
 *
 * Where cells are counted under callgrind they run where they are: that process has the library already, and is of one
 * thread or of several, as the cell says (cell.single_threaded).
 *
 * Owns: an opened cell owns its process, which ends when the cell is closed, or when this process ends, however.
 * Errors: 0 or negative errno; -ENOTSUP: the library is not here, or a sanitizer is, which has a malloc of its own.
 */
#ifndef ABREAST_BENCH_FRAMES_APART_H
#define ABREAST_BENCH_FRAMES_APART_H

#include "bench/frames/chains.h"

int apart_open(const struct cell *, const struct run_options *, void **state);
int apart_run(void *state, uint64_t operations, struct outcome *);
void apart_close(void *state);

#endif
