/* The second future: guaranteed tail calls through every receiver, and out of the loop's task too (sender/tail), where
 * this compiler has them. */
#include "sender/tail/protocol.h"

#if TAIL_AVAILABLE
#include "common/loop_job.h"
#include "sender/tail/awaitable.h"
#include "sender/tail/contexts.h"

#include <errno.h>

TAIL_AWAITABLE_RECEIVER(reading, tail_task);
TAIL_READ_SOME(async_read, reading)
TAIL_AWAITABLE(reading, async_read)

TAIL_AWAITABLE_RECEIVER(writing, tail_task);
TAIL_WRITE_SOME(async_write, writing)
TAIL_AWAITABLE(writing, async_write)

struct tail_task_launch {
    struct tail_task_state state;
    struct tail_task *task;
    struct loop_job *job;
};

static void ended(struct coro *handle)
{
    struct tail_task_launch *self = CONTAINER_OF((struct tail_task_state *)handle, struct tail_task_launch, state);
    coro_destroy(&self->task->frame.coro);
    loop_job_finish(self->job, (int)self->state.value);
}

static void ended_stopped(struct coro *handle)
{
    ((struct tail_task_state *)handle)->value = -ECANCELED;
    TAIL_TO(ended, handle);
}

static void tail_task_launch(struct tail_task_launch *self, struct tail_task *task, struct loop_job *job)
{
    *self = (struct tail_task_launch){
        .state = {.env = job->env, .set_value = ended, .set_stopped = ended_stopped},
        .task = task,
        .job = job,
    };
    task->state = &self->state;
    coro_resume(&task->frame.coro);
}

#define FORM tail
#define PROMISE tail_task
#define AWAIT CO_AWAIT_TAIL
#define RETURN TAIL_TASK_RETURN
#define READ(self) ((struct async_read_sender)TO_READ(self))
#define WRITE(self) ((struct async_write_sender)TO_WRITE(self))
#include "bench/forms/sender_task_form.h"
#else
#include "bench/loops.h"

const struct loop_code loop_tail = {.unavailable = TAIL_UNAVAILABLE};
#endif
