/* Starts a sender_task that is a form of the loop, and tells the job when it has completed.
 *
 * Owns: the task, until then. Lifetime: the launch stays where it is until the job is done.
 */
#ifndef ABREAST_BENCH_FORMS_SENDER_TASK_LAUNCH_H
#define ABREAST_BENCH_FORMS_SENDER_TASK_LAUNCH_H

#include "common/loop_job.h"
#include "sender/task.h"

#include <errno.h>

struct sender_task_launch {
    struct sender_task_state state;
    struct sender_task *task;
    struct loop_job *job;
};

static inline void sender_task_launch_ended(struct sender_task_launch *self, int status)
{
    coro_destroy(&self->task->frame.coro);
    loop_job_finish(self->job, status);
}

static inline void sender_task_launch_value(struct sender_task_state *state, ssize_t result)
{
    sender_task_launch_ended(CONTAINER_OF(state, struct sender_task_launch, state), (int)result);
}

static inline void sender_task_launch_stopped(struct sender_task_state *state)
{
    sender_task_launch_ended(CONTAINER_OF(state, struct sender_task_launch, state), -ECANCELED);
}

static inline void sender_task_launch(struct sender_task_launch *self, struct sender_task *task, struct loop_job *job)
{
    *self = (struct sender_task_launch){
        .state = {.env = job->env, .set_value = sender_task_launch_value, .set_stopped = sender_task_launch_stopped},
        .task = task,
        .job = job,
    };
    sender_task_start(task, &self->state);
}

#endif
