/* The floor: read, process, write, repeat as a bare state machine on the reactor, with neither protocol. What it costs
 * is what the loop costs at least; what a model costs is what it adds to this (docs/fairness.md, "A floor").
 */
#ifndef ABREAST_BENCH_FLOOR_H
#define ABREAST_BENCH_FLOOR_H

#include "common/io_request.h"
#include "common/loop_job.h"

struct floor_loop {
    struct io_request request;
    struct loop_job *job;
};

/* Runs until the first operation that has to wait; goes on from its completion. Calls job->done at its end. */
void floor_loop_start(struct floor_loop *, struct loop_job *);

#endif
