/* The first future: completion functions that return the handle to resume next, in the loop's task too
 * (sender/returning). */
#include "common/loop_job.h"
#include "sender/returning/awaitable.h"
#include "sender/returning/contexts.h"

#include <errno.h>

RETURNING_AWAITABLE_RECEIVER(reading, returning_task);
RETURNING_READ_SOME(async_read, reading)
RETURNING_AWAITABLE(reading, async_read)

RETURNING_AWAITABLE_RECEIVER(writing, returning_task);
RETURNING_WRITE_SOME(async_write, writing)
RETURNING_AWAITABLE(writing, async_write)

struct returning_task_launch {
    struct returning_task_state state;
    struct returning_task *task;
    struct loop_job *job;
};

static struct coro *ended(struct returning_task_launch *self, int status)
{
    coro_destroy(&self->task->frame.coro);
    loop_job_finish(self->job, status);
    return noop_coroutine();
}

static struct coro *ended_with_value(struct returning_task_state *state, ssize_t result)
{
    return ended(CONTAINER_OF(state, struct returning_task_launch, state), (int)result);
}

static struct coro *ended_stopped(struct returning_task_state *state)
{
    return ended(CONTAINER_OF(state, struct returning_task_launch, state), -ECANCELED);
}

static void returning_task_launch(struct returning_task_launch *self, struct returning_task *task, struct loop_job *job)
{
    *self = (struct returning_task_launch){
        .state = {.env = job->env, .set_value = ended_with_value, .set_stopped = ended_stopped},
        .task = task,
        .job = job,
    };
    coro_resume(returning_task_start(task, &self->state));
}

#define FORM returning
#define PROMISE returning_task
#define AWAIT CO_AWAIT_RETURNING
#define RETURN RETURNING_TASK_RETURN
#define READ(self) ((struct async_read_sender)TO_READ(self))
#define WRITE(self) ((struct async_write_sender)TO_WRITE(self))
#include "bench/forms/sender_task_form.h"
