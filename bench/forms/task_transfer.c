/* Tasks that await tasks with P3796R1's fix: each read and each write is a child task, which the loop awaits by
 * symmetric transfer both ways (sender/transfer_task.h). The child awaits the stream's sender by the bridge as P2300R10
 * writes it. */
#include "common/loop_job.h"
#include "sender/io.h"
#include "sender/sender_awaitable.h"
#include "sender/transfer_task.h"

#include <errno.h>

SENDER_AWAITABLE_RECEIVER(awaited_read, transfer_task);
SENDER_READ_SOME(async_read, awaited_read)
SENDER_AWAITABLE(awaited_read, async_read)

struct read_task {
    struct transfer_task task;
    struct async_read_sender sender;
    struct awaited_read awaitable;
    ssize_t got;
};

static void read_body(struct coro *handle)
{
    struct read_task *self = (struct read_task *)handle;
    CO_BEGIN(self);
    CO_AWAIT_SENDER(self->got, self, awaited_read, &self->awaitable, self->sender);
    TRANSFER_TASK_RETURN(self, self->got);
    CO_END;
}

static struct transfer_task *read_task(const struct loop_job *job, struct async_read_sender sender)
{
    struct read_task *self =
        (struct read_task *)transfer_task_create(job->env->allocator, sizeof *self, read_body, NULL);
    if (!self)
        return NULL;
    self->sender = sender;
    return &self->task;
}

SENDER_AWAITABLE_RECEIVER(awaited_write, transfer_task);
SENDER_WRITE_SOME(async_write, awaited_write)
SENDER_AWAITABLE(awaited_write, async_write)

struct write_task {
    struct transfer_task task;
    struct async_write_sender sender;
    struct awaited_write awaitable;
    ssize_t put;
};

static void write_body(struct coro *handle)
{
    struct write_task *self = (struct write_task *)handle;
    CO_BEGIN(self);
    CO_AWAIT_SENDER(self->put, self, awaited_write, &self->awaitable, self->sender);
    TRANSFER_TASK_RETURN(self, self->put);
    CO_END;
}

static struct transfer_task *write_task(const struct loop_job *job, struct async_write_sender sender)
{
    struct write_task *self =
        (struct write_task *)transfer_task_create(job->env->allocator, sizeof *self, write_body, NULL);
    if (!self)
        return NULL;
    self->sender = sender;
    return &self->task;
}

TRANSFER_TASK_AWAITABLE(reading, transfer_task)
TRANSFER_TASK_AWAITABLE(writing, transfer_task)

/* co_await child(...): the child's frame may not be had. */
#define AWAIT_CHILD(result, self, N, awaitable, child)                                                                 \
    do {                                                                                                               \
        struct transfer_task *child_ = (child);                                                                        \
        if (!child_)                                                                                                   \
            TRANSFER_TASK_RETURN(self, -ENOMEM);                                                                       \
        CO_AWAIT_SENDER_TRANSFER(result, self, N, awaitable, ((struct N##_sender){child_}));                           \
    } while (0)

struct transfer_task_launch {
    struct transfer_task_state state;
    struct transfer_task *task;
    struct loop_job *job;
};

static struct coro *ended(struct transfer_task_state *state, int status)
{
    struct transfer_task_launch *self = CONTAINER_OF(state, struct transfer_task_launch, state);
    transfer_task_destroy(&self->task);
    loop_job_finish(self->job, status);
    return noop_coroutine();
}

static struct coro *ended_with_value(struct transfer_task_state *state)
{
    return ended(state, (int)CONTAINER_OF(state, struct transfer_task_launch, state)->task->result);
}

static struct coro *ended_stopped(struct transfer_task_state *state)
{
    return ended(state, -ECANCELED);
}

static void transfer_task_launch(struct transfer_task_launch *self, struct transfer_task *task, struct loop_job *job)
{
    *self = (struct transfer_task_launch){{job->env, ended_with_value, ended_stopped}, task, job};
    transfer_task_start(task, &self->state);
}

#define FORM task_transfer
#define PROMISE transfer_task
#define AWAIT AWAIT_CHILD
#define RETURN TRANSFER_TASK_RETURN
#define READ(self) read_task((self)->job, (struct async_read_sender)TO_READ(self))
#define WRITE(self) write_task((self)->job, (struct async_write_sender)TO_WRITE(self))
#define PREPARE(self) (self)->reading.task = (self)->writing.task = NULL
#define DESTROY(self) (reading_destroy(&(self)->reading), writing_destroy(&(self)->writing))
#define CHILD_TASKS true
#include "bench/forms/sender_task_form.h"
