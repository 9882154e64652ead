/* An event, as in asyncpp: an operation is started before await_ready and sets an event when it is done; co_await waits
 * for the event, by an await_suspend that returns bool, and who sets it resumes who waits by a function call
 * (bench/finals/asyncpp.h; event.hpp:27, :125). */
#include "bench/finals/asyncpp.h"

#include "bench/loops.h"
#include "common/io_request.h"
#include "common/probe.h"

/* A read or a write that has been started, and the event that it sets. */
struct io_event {
    struct io_request request;
    struct event event;
    struct event_awaiter awaiter;
};

static void completed(struct io_op *op)
{
    struct io_event *self = CONTAINER_OF(op, struct io_event, request.op);
    io_request_finish(&self->request);
    PROBE(NESTED_RESUME);
    event_set(&self->event, op->result);
}

static void io_start(struct io_event *self, struct loop_job *job, enum io_kind kind, void *bytes, size_t size)
{
    struct io_op *op = &self->request.op;
    io_op_prepare(op, job->stream, bytes, size);
    op->complete = completed;
    atomic_init(&self->event.awaiter, NULL);
    if (!stream_try(op, kind)) {
        if (io_request_submit(&self->request, kind, job->env->stop))
            return;
    } else if (!inline_budget_take(op->stream->budget)) {
        io_request_post(&self->request, job->env->executor);
        return;
    }
    event_set(&self->event, op->result);
}

#define CO_AWAIT_EVENT(value, self, io)                                                                                \
    do {                                                                                                               \
        if (event_ready(&(io)->event)) {                                                                               \
            PROBE(READY);                                                                                              \
        } else {                                                                                                       \
            PROBE(SUSPEND);                                                                                            \
            (io)->awaiter.enclosing = &(self)->task;                                                                   \
            CO_SUSPEND(self, if (event_await(&(io)->event, &(io)->awaiter)) return; __attribute__((fallthrough)));     \
        }                                                                                                              \
        (value) = (io)->event.result;                                                                                  \
    } while (0)

struct loop {
    struct asyncpp_promise task;
    struct loop_job *job;
    struct io_event io;
    ssize_t got;
    size_t sent;
};

#define RETURN(self, value)                                                                                            \
    do {                                                                                                               \
        asyncpp_return_value(&(self)->task, value);                                                                    \
        FINAL_VOID(self, asyncpp);                                                                                     \
    } while (0)

static void loop_body(struct coro *handle)
{
    struct loop *self = (struct loop *)handle;
    struct loop_job *job = self->job;
    ssize_t put;

    CO_BEGIN(self);
    while (!stop_requested(job->env->stop)) {
        io_start(&self->io, job, IO_READ, job->buffer, job->size);
        CO_AWAIT_EVENT(self->got, self, &self->io);
        if (self->got <= 0)
            RETURN(self, self->got);

        process(&job->process, job->buffer, (size_t)self->got);

        for (self->sent = 0; self->sent < (size_t)self->got; self->sent += (size_t)put) {
            io_start(&self->io, job, IO_WRITE, job->buffer + self->sent, (size_t)self->got - self->sent);
            CO_AWAIT_EVENT(put, self, &self->io);
            if (put < 0)
                RETURN(self, put);
        }
        job->bytes += (size_t)self->got;
    }
    RETURN(self, -ECANCELED);
    CO_END;
}

/* Who waits for the loop: no coroutine, but resumed as one. */
struct launched_loop {
    struct asyncpp_promise outside;
    struct asyncpp_task task;
    struct loop_job *job;
};

static void ended(struct asyncpp_promise *outside)
{
    struct launched_loop *self = CONTAINER_OF(outside, struct launched_loop, outside);
    int status = (int)asyncpp_await_resume(&self->task, outside);
    asyncpp_destroy(&self->task);
    loop_job_finish(self->job, status);
}

static int loop_start(void *storage, struct loop_job *job)
{
    struct launched_loop *launched = storage;
    struct loop *self = frame_create(job->env->allocator, sizeof *self, loop_body, NULL);
    if (!self)
        return -ENOMEM;
    self->job = job;
    asyncpp_call(&launched->task, &self->task);
    launched->outside.resume = ended;
    launched->job = job;
    if (asyncpp_await_ready(&launched->task) || !asyncpp_await_suspend(&launched->task, &launched->outside))
        ended(&launched->outside);
    return 0;
}

static struct coro *loop_coroutine(void *storage)
{
    return &((struct launched_loop *)storage)->task.promise->frame.coro;
}

static void loop_abandon(void *storage)
{
    coro_destroy(loop_coroutine(storage));
}

static const size_t loop_bytes = sizeof(struct launched_loop);

const struct loop_code loop_event = {
    .bytes = &loop_bytes,
    .start = loop_start,
    .abandon = loop_abandon,
    .coroutine = loop_coroutine,
};
