/* Read, process, write, repeat: as a coroutine that awaits awaitables. */
#ifndef ABREAST_AWAITABLE_LOOP_H
#define ABREAST_AWAITABLE_LOOP_H

#include "awaitable/run.h"
#include "common/loop_job.h"

/* The loop as a task: null when the frame allocator has nothing left. Its result is the job's status. */
struct task *awaitable_loop(struct loop_job *);

/* A launched loop, which calls job->done at its end. */
struct awaitable_loop {
    struct run_async launch;
    struct loop_job *job;
};

int awaitable_loop_start(struct awaitable_loop *, struct loop_job *); /* 0 or -ENOMEM */

/* Destroys a loop that is suspended outside any operation in flight. */
void awaitable_loop_abandon(struct awaitable_loop *);

#endif
