/* A future that is polled, as in Rust: the async function is a state machine whose `poll` polls the future that it
 * awaits, and returns Pending when that did. A completion resumes nobody: it calls the waker, which posts the task to
 * its executor, and the executor polls the outermost future again. An operation over the inline budget does as Tokio's
 * do over theirs (tokio::task::coop): it wakes its own task, and is pending. */
#include "bench/loops.h"
#include "common/io_request.h"

enum poll { PENDING, READY };

/* What the awaiting task is woken by: a reference to the task, for the executor's queue. */
struct waker {
    struct work work;
    struct executor_ref executor;
};

static void wake(struct waker *waker)
{
    executor_post_work(waker->executor, &waker->work);
}

/* The future of a read or a write. */
struct io_future {
    struct io_request request;
    enum io_kind kind;
    struct stop_token stop;
    enum { FRESH, IN_FLIGHT, DONE } state;
    struct waker *waker; /* whom to wake: the last that polled */
};

static void completed(struct io_op *op)
{
    struct io_future *self = CONTAINER_OF(op, struct io_future, request.op);
    io_request_finish(&self->request);
    self->state = DONE;
    wake(self->waker);
}

static void io_future(struct io_future *self, struct loop_job *job, enum io_kind kind, void *bytes, size_t size)
{
    io_op_prepare(&self->request.op, job->stream, bytes, size);
    self->kind = kind;
    self->stop = job->env->stop;
    self->state = FRESH;
}

static enum poll io_future_poll(struct io_future *self, struct waker *waker, ssize_t *result)
{
    struct io_op *op = &self->request.op;
    self->waker = waker;
    if (self->state == FRESH) {
        self->state = DONE;
        op->complete = completed;
        if (!stream_try(op, self->kind)) {
            if (io_request_submit(&self->request, self->kind, self->stop))
                self->state = IN_FLIGHT;
        } else if (!inline_budget_take(op->stream->budget)) {
            wake(waker);
            return PENDING;
        }
    }
    if (self->state == IN_FLIGHT)
        return PENDING;
    *result = op->result;
    return READY;
}

/* What a compiler makes of the loop, an async function. */
struct loop {
    struct loop_job *job;
    enum { TURN, READING, WRITING } state;
    struct io_future io;
    size_t got;
    size_t sent;
};

static enum poll poll_loop(struct loop *self, struct waker *waker, int *status)
{
    struct loop_job *job = self->job;
    ssize_t result;

    if (self->state == READING)
        goto reading;
    if (self->state == WRITING)
        goto writing;

    while (!stop_requested(job->env->stop)) {
        io_future(&self->io, job, IO_READ, job->buffer, job->size);
        self->state = READING;
    reading:
        if (io_future_poll(&self->io, waker, &result) == PENDING)
            return PENDING;
        *status = (int)result;
        if (result <= 0)
            return READY;
        self->got = (size_t)result;

        process(&job->process, job->buffer, self->got);

        for (self->sent = 0; self->sent < self->got; self->sent += (size_t)result) {
            io_future(&self->io, job, IO_WRITE, job->buffer + self->sent, self->got - self->sent);
            self->state = WRITING;
        writing:
            if (io_future_poll(&self->io, waker, &result) == PENDING)
                return PENDING;
            *status = (int)result;
            if (result < 0)
                return READY;
        }
        job->bytes += self->got;
    }
    *status = -ECANCELED;
    return READY;
}

/* The task that the executor polls: the outermost future, and its waker. */
struct task {
    struct waker waker;
    struct loop loop;
};

static void task_run(struct work *work)
{
    struct task *self = CONTAINER_OF(work, struct task, waker.work);
    int status;
    if (poll_loop(&self->loop, &self->waker, &status) == READY)
        loop_job_finish(self->loop.job, status);
}

static int task_start(void *storage, struct loop_job *job)
{
    struct task *self = storage;
    *self = (struct task){
        .waker = {.work.execute = task_run, .executor = job->env->executor},
        .loop = {.job = job},
    };
    task_run(&self->waker.work);
    return 0;
}

static const size_t task_bytes = sizeof(struct task);

const struct loop_code loop_poll = {.bytes = &task_bytes, .start = task_start};
