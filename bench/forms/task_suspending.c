/* The loop of awaitable/loop.c with awaitables that are never ready: await_ready is false, and await_suspend makes the
 * attempt. When it succeeds the coroutine has suspended for nothing, and goes on by the symmetric transfer to its own
 * handle. What `task` costs less is what await_ready saves; it is also what a bridge does that starts its sender in
 * await_suspend, without the sender. */
#include "awaitable/io.h"
#include "awaitable/run.h"
#include "bench/loops.h"

#include <errno.h>

/* `base` as it is, but that it suspends. */
#define SUSPENDING(base)                                                                                               \
    static bool suspending_##base##_await_ready(struct base *self)                                                     \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        return false;                                                                                                  \
    }                                                                                                                  \
    static struct coro *suspending_##base##_await_suspend(struct base *self, struct coro *caller,                      \
                                                          const struct io_env *env)                                    \
    {                                                                                                                  \
        return base##_await_ready(self) ? caller : base##_await_suspend(self, caller, env);                            \
    }                                                                                                                  \
    static ssize_t suspending_##base##_await_resume(struct base *self)                                                 \
    {                                                                                                                  \
        return base##_await_resume(self);                                                                              \
    }

SUSPENDING(read_some)
SUSPENDING(write_some)

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
        CO_AWAIT(self->got, self, suspending_read_some, &self->reading);
        if (self->got <= 0)
            CO_RETURN(self, self->got);

        process(&job->process, job->buffer, (size_t)self->got);

        for (self->sent = 0; self->sent < (size_t)self->got; self->sent += (size_t)put) {
            write_some(&self->writing, job->stream, job->buffer + self->sent, (size_t)self->got - self->sent);
            CO_AWAIT(put, self, suspending_write_some, &self->writing);
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
    struct loop *self = (struct loop *)task_create(sizeof *self, loop_body, NULL);
    set_current_frame_allocator(saved);
    if (!self)
        return -ENOMEM;
    self->job = job;
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

const struct loop_code loop_task_suspending = {
    .bytes = &loop_bytes, .start = loop_start, .abandon = loop_abandon, .coroutine = loop_coroutine};
