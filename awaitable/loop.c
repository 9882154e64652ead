/* Read, process, write, repeat: the byte-I/O loop as a coroutine that awaits awaitables.
 *
 * Read this file beside sender/loop.c: the sender task there is this program line for line, and the sender pipeline has
 * the same steps in the same order. The stop token is looked at here at the top of each turn, there by the read.
 */
#include "awaitable/loop.h"

#include "awaitable/io.h"

/* The coroutine frame: the promise, then everything that lives across a suspension. */
struct loop {
    struct task task;
    struct loop_job *job;
    struct read_some reading;
    struct write_some writing;
    ssize_t got;
    size_t sent;
};

static void loop_body(struct coro *handle)
{
    struct loop *self = (struct loop *)handle;
    struct loop_job *job = self->job;
    ssize_t put;

    CO_BEGIN(self);
    while (!stop_requested(job->env->stop)) {
        read_some(&self->reading, job->stream, job->buffer, job->size);
        CO_AWAIT(self->got, self, read_some, &self->reading);
        if (self->got <= 0)
            CO_RETURN(self, self->got);

        process(&job->process, job->buffer, (size_t)self->got);

        for (self->sent = 0; self->sent < (size_t)self->got; self->sent += (size_t)put) {
            write_some(&self->writing, job->stream, job->buffer + self->sent, (size_t)self->got - self->sent);
            CO_AWAIT(put, self, write_some, &self->writing);
            if (put < 0)
                CO_RETURN(self, put);
        }
        job->bytes += (size_t)self->got;
    }
    CO_RETURN(self, -ECANCELED);
    CO_END;
}

struct task *awaitable_loop(struct loop_job *job)
{
    struct loop *self = (struct loop *)task_create(sizeof *self, loop_body, NULL);
    if (!self)
        return NULL;
    self->job = job;
    return &self->task;
}

static void ended(struct run_async *launch, ssize_t result)
{
    struct awaitable_loop *self = CONTAINER_OF(launch, struct awaitable_loop, launch);
    loop_job_finish(self->job, (int)result);
}

int awaitable_loop_start(struct awaitable_loop *self, struct loop_job *job)
{
    struct frame_allocator *saved = get_current_frame_allocator();
    set_current_frame_allocator(job->env->allocator);
    struct task *task = awaitable_loop(job);
    set_current_frame_allocator(saved);
    if (!task)
        return -ENOMEM;
    self->job = job;
    run_async(&self->launch, task, job->env, ended);
    return 0;
}

void awaitable_loop_abandon(struct awaitable_loop *self)
{
    run_async_abandon(&self->launch);
}
