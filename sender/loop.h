/* Read, process, write, repeat: as a pipeline of senders, and as a coroutine that awaits senders. */
#ifndef ABREAST_SENDER_LOOP_H
#define ABREAST_SENDER_LOOP_H

#include "common/loop_job.h"
#include "sender/task.h"

/* The pipeline's operation state is its caller's storage, of this size and alignment. */
extern const size_t sender_loop_bytes;
void sender_loop_start(void *storage, struct loop_job *);

/* The loop as a task; null when the frame allocator has nothing left. Its result is the job's status. */
struct sender_task *sender_task_loop(struct loop_job *);

/* A started task, which calls job->done at its end. */
struct sender_task_loop {
    struct sender_task_state state;
    struct sender_task *task;
    struct loop_job *job;
};

int sender_task_loop_start(struct sender_task_loop *, struct loop_job *); /* 0 or -ENOMEM */

/* Destroys a loop that is suspended outside any operation in flight. */
void sender_task_loop_abandon(struct sender_task_loop *);

#endif
