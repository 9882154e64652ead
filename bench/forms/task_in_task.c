/* A task that awaits a task for each read and each write: symmetric transfer into the child and out of it
 * (awaitable/task.h). The loop is awaitable/loop.c's. */
#include "awaitable/io.h"
#include "awaitable/run.h"
#include "bench/loops.h"

#include <errno.h>

struct read_task {
    struct task task;
    struct loop_job *job;
    struct read_some reading;
    ssize_t got;
};

static void read_body(struct coro *handle)
{
    struct read_task *self = (struct read_task *)handle;
    CO_BEGIN(self);
    read_some(&self->reading, self->job->stream, self->job->buffer, self->job->size);
    CO_AWAIT(self->got, self, read_some, &self->reading);
    CO_RETURN(self, self->got);
    CO_END;
}

static struct task *read_task(struct loop_job *job)
{
    struct read_task *self = (struct read_task *)task_create(sizeof *self, read_body, NULL);
    if (!self)
        return NULL;
    self->job = job;
    return &self->task;
}

struct write_task {
    struct task task;
    struct write_some writing;
    struct stream *stream;
    const unsigned char *bytes;
    size_t size;
    ssize_t put;
};

static void write_body(struct coro *handle)
{
    struct write_task *self = (struct write_task *)handle;
    CO_BEGIN(self);
    write_some(&self->writing, self->stream, self->bytes, self->size);
    CO_AWAIT(self->put, self, write_some, &self->writing);
    CO_RETURN(self, self->put);
    CO_END;
}

static struct task *write_task(struct stream *stream, const unsigned char *bytes, size_t size)
{
    struct write_task *self = (struct write_task *)task_create(sizeof *self, write_body, NULL);
    if (!self)
        return NULL;
    self->stream = stream;
    self->bytes = bytes;
    self->size = size;
    return &self->task;
}

struct loop {
    struct task task;
    struct loop_job *job;
    struct task *child; /* awaited, or null */
    ssize_t got;
    size_t sent;
};

static void end_child(struct loop *self)
{
    if (self->child)
        coro_destroy(&self->child->frame.coro);
    self->child = NULL;
}

static void loop_destroy(struct coro *handle)
{
    end_child((struct loop *)handle);
    frame_destroy(handle);
}

static void loop_body(struct coro *handle)
{
    struct loop *self = (struct loop *)handle;
    struct loop_job *job = self->job;
    ssize_t put;

    CO_BEGIN(self);
    while (!stop_requested(job->env->stop)) {
        self->child = read_task(job);
        if (!self->child)
            CO_RETURN(self, -ENOMEM);
        CO_AWAIT(self->got, self, task, self->child);
        end_child(self);
        if (self->got <= 0)
            CO_RETURN(self, self->got);

        process(&job->process, job->buffer, (size_t)self->got);

        for (self->sent = 0; self->sent < (size_t)self->got; self->sent += (size_t)put) {
            self->child = write_task(job->stream, job->buffer + self->sent, (size_t)self->got - self->sent);
            if (!self->child)
                CO_RETURN(self, -ENOMEM);
            CO_AWAIT(put, self, task, self->child);
            end_child(self);
            if (put < 0)
                CO_RETURN(self, put);
        }
        job->bytes += (size_t)self->got;
    }
    CO_RETURN(self, -ECANCELED);
    CO_END;
}

struct launched_loop {
    struct run_async launch;
    struct loop_job *job;
};

static void ended(struct run_async *launch, ssize_t result)
{
    loop_job_finish(CONTAINER_OF(launch, struct launched_loop, launch)->job, (int)result);
}

static int loop_start(void *storage, struct loop_job *job)
{
    struct launched_loop *launched = storage;
    struct frame_allocator *saved = get_current_frame_allocator();
    set_current_frame_allocator(job->env->allocator);
    struct loop *self = (struct loop *)task_create(sizeof *self, loop_body, loop_destroy);
    set_current_frame_allocator(saved);
    if (!self)
        return -ENOMEM;
    self->job = job;
    self->child = NULL;
    launched->job = job;
    run_async(&launched->launch, &self->task, job->env, ended);
    return 0;
}

static void loop_abandon(void *storage)
{
    run_async_abandon(&((struct launched_loop *)storage)->launch);
}

static struct coro *loop_coroutine(void *storage)
{
    return &((struct launched_loop *)storage)->launch.task->frame.coro;
}

static const size_t loop_bytes = sizeof(struct launched_loop);

const struct loop_code loop_task_in_task = {
    .bytes = &loop_bytes,
    .start = loop_start,
    .abandon = loop_abandon,
    .coroutine = loop_coroutine,
    .child_tasks = true,
};
