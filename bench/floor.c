#include "bench/floor.h"

enum state { TURN, READING, WRITING };

/* Goes on from where the operation of `state` has just completed, or from the top of a turn. */
static void run(struct floor_loop *self, enum state state);

static void read_completed(struct io_op *op)
{
    struct floor_loop *self = CONTAINER_OF(op, struct floor_loop, request.op);
    io_request_finish(&self->request);
    run(self, READING);
}

static void write_completed(struct io_op *op)
{
    struct floor_loop *self = CONTAINER_OF(op, struct floor_loop, request.op);
    io_request_finish(&self->request);
    run(self, WRITING);
}

static void read_posted(struct work *work)
{
    run(CONTAINER_OF(work, struct floor_loop, request.turn), READING);
}

static void write_posted(struct work *work)
{
    run(CONTAINER_OF(work, struct floor_loop, request.turn), WRITING);
}

/* The operation is done, and over the inline budget. */
static void post(struct floor_loop *self, void (*execute)(struct work *))
{
    self->request.turn.execute = execute;
    executor_post_work(self->job->env->executor, &self->request.turn);
}

static void run(struct floor_loop *self, enum state state)
{
    struct loop_job *job = self->job;
    struct io_request *request = &self->request;
    struct io_op *op = &request->op;

    if (state == READING)
        goto have_read;
    if (state == WRITING)
        goto have_written;

    while (!stop_requested(job->env->stop)) {
        io_op_prepare(op, job->stream, job->buffer, job->size);
        if (!stream_try(op, IO_READ)) {
            op->complete = read_completed;
            if (io_request_submit(request, IO_READ, job->env->stop))
                return;
        } else if (!inline_budget_take(job->stream->budget)) {
            post(self, read_posted);
            return;
        }
    have_read:
        if (op->result <= 0) {
            loop_job_finish(job, (int)op->result);
            return;
        }
        self->got = (size_t)op->result;

        process(&job->process, job->buffer, self->got);

        for (self->sent = 0; self->sent < self->got; self->sent += (size_t)op->result) {
            io_op_prepare(op, job->stream, job->buffer + self->sent, self->got - self->sent);
            if (!stream_try(op, IO_WRITE)) {
                op->complete = write_completed;
                if (io_request_submit(request, IO_WRITE, job->env->stop))
                    return;
            } else if (!inline_budget_take(job->stream->budget)) {
                post(self, write_posted);
                return;
            }
        have_written:
            if (op->result < 0) {
                loop_job_finish(job, (int)op->result);
                return;
            }
        }
        job->bytes += self->got;
    }
    loop_job_finish(job, -ECANCELED);
}

void floor_loop_start(struct floor_loop *self, struct loop_job *job)
{
    self->job = job;
    run(self, TURN);
}
