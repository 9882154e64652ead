/* One run of a form of `phases`, checked. */
#ifndef ABREAST_BENCH_PHASES_RUN_H
#define ABREAST_BENCH_PHASES_RUN_H

#include "bench/phases/phase.h"

/* Reads `operations` times from a stream of that kind, with frames from that allocator, and leaves in probe_counters
 * what it did. 0, or negative errno; -EILSEQ when it did not make all its reads, or with wrong bytes. */
int phase_run(const struct phase_form *, enum phase_streams, uint64_t operations, struct frame_allocator *);

#endif
