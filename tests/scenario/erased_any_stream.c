/* The loop of awaitable/loop.c over an any_stream, which it wraps and owns. */
#include "awaitable/any_stream.h"
#include "awaitable/io.h"
#include "awaitable/run.h"
#include "bench/loops.h"

#include <errno.h>

ANY_STREAM_TABLE(reading, stream, read_some, any_stream_trivial);
ANY_STREAM_TABLE(writing, stream, write_some, any_stream_trivial);

struct loop {
    struct task task;
    struct loop_job *job;
    struct any_stream stream;
    struct any_read_some reading;
    struct any_write_some writing;
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
        any_read_some(&self->reading, &self->stream.read, job->buffer, job->size);
        CO_AWAIT(self->got, self, any_read_some, &self->reading);
        if (self->got <= 0)
            CO_RETURN(self, self->got);

        process(&job->process, job->buffer, (size_t)self->got);

        for (self->sent = 0; self->sent < (size_t)self->got; self->sent += (size_t)put) {
            any_write_some(&self->writing, &self->stream.write, job->buffer + self->sent,
                           (size_t)self->got - self->sent);
            CO_AWAIT(put, self, any_write_some, &self->writing);
            if (put < 0)
                CO_RETURN(self, put);
        }
        job->bytes += (size_t)self->got;
    }
    CO_RETURN(self, -ECANCELED);
    CO_END;
}

static void loop_destroy(struct coro *handle)
{
    any_stream_destroy(&((struct loop *)handle)->stream);
    frame_destroy(handle);
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
    struct frame_allocator *allocator = job->env->allocator;
    struct loop *self = frame_create(allocator, sizeof *self, loop_body, loop_destroy);
    if (!self)
        return -ENOMEM;
    if (any_stream_wrap(&self->stream, &reading, &writing, job->stream, allocator)) {
        frame_destroy(&self->task.frame.coro);
        return -ENOMEM;
    }
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

extern const struct loop_code loop_erased_any_stream;
const struct loop_code loop_erased_any_stream = {
    .bytes = &loop_bytes, .start = loop_start, .abandon = loop_abandon, .coroutine = loop_coroutine};
