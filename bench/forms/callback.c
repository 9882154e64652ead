/* Completion handlers, as in the Networking TS and Asio: an initiating function takes a handler, and the completion
 * calls it; each handler starts the next operation. A handler is called inside the initiating function where the
 * operation is done by then, as far as the stream's inline budget allows: Asio's immediate executor, and with a budget
 * of 0 its rule otherwise. It is moved out of the operation before it is called, for it may use its memory again. */
#include "bench/loops.h"
#include "common/io_request.h"

struct session;

/* The handler's own state is the session; the call takes the result. */
struct handler {
    void (*call)(struct session *, ssize_t result);
    struct session *session;
};

struct operation {
    struct io_request request;
    struct handler handler;
};

struct session {
    struct loop_job *job;
    struct operation operation;
    size_t got;
    size_t sent;
};

static void complete(struct operation *operation)
{
    struct handler handler = operation->handler;
    handler.call(handler.session, operation->request.op.result);
}

static void completed(struct io_op *op)
{
    struct operation *operation = CONTAINER_OF(op, struct operation, request.op);
    io_request_finish(&operation->request);
    complete(operation);
}

/* The initiating function of both directions. */
static void async_move(struct operation *operation, enum io_kind kind, const struct io_env *env, struct handler handler)
{
    struct io_op *op = &operation->request.op;
    operation->handler = handler;
    op->complete = completed;
    if (!stream_try(op, kind)) {
        if (io_request_submit(&operation->request, kind, env->stop))
            return;
    } else if (!inline_budget_take(op->stream->budget)) {
        io_request_post(&operation->request, env->executor);
        return;
    }
    complete(operation);
}

static void on_read(struct session *, ssize_t got);
static void on_written(struct session *, ssize_t put);

static void read_next(struct session *self)
{
    struct loop_job *job = self->job;
    if (stop_requested(job->env->stop)) {
        loop_job_finish(job, -ECANCELED);
        return;
    }
    io_op_prepare(&self->operation.request.op, job->stream, job->buffer, job->size);
    async_move(&self->operation, IO_READ, job->env, (struct handler){on_read, self});
}

static void write_rest(struct session *self)
{
    struct loop_job *job = self->job;
    io_op_prepare(&self->operation.request.op, job->stream, job->buffer + self->sent, self->got - self->sent);
    async_move(&self->operation, IO_WRITE, job->env, (struct handler){on_written, self});
}

static void on_read(struct session *self, ssize_t got)
{
    struct loop_job *job = self->job;
    if (got <= 0) {
        loop_job_finish(job, (int)got);
        return;
    }
    self->got = (size_t)got;
    self->sent = 0;

    process(&job->process, job->buffer, self->got);

    write_rest(self);
}

static void on_written(struct session *self, ssize_t put)
{
    if (put < 0) {
        loop_job_finish(self->job, (int)put);
        return;
    }
    self->sent += (size_t)put;
    if (self->sent < self->got) {
        write_rest(self);
        return;
    }
    self->job->bytes += self->got;
    read_next(self);
}

static int session_start(void *storage, struct loop_job *job)
{
    struct session *self = storage;
    self->job = job;
    read_next(self);
    return 0;
}

static const size_t session_bytes = sizeof(struct session);

const struct loop_code loop_callback = {.bytes = &session_bytes, .start = session_start};
