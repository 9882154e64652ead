/* Two threads that begin a piece of work together: the caller's, and one of the crew's, which waits in between.
 *
 * Owns: its thread, which ends with it. Threads: one at a time calls. Errors: 0 or negative errno.
 */
#ifndef ABREAST_BENCH_FRAMES_CREW_H
#define ABREAST_BENCH_FRAMES_CREW_H

#include <stdatomic.h>

struct crew;

int crew_open(struct crew **);

/* Calls work(context, 0) here and work(context, 1) there; returns when both have. */
void crew_run(struct crew *, void (*work)(void *context, unsigned who), void *context);

void crew_close(struct crew *);

/* Waits until somebody has set it to this: for moments; the processor is given to others where it takes longer. */
void crew_await(const _Atomic unsigned *, unsigned value);

#endif
