#include "bench/floor.h"

enum state { TURN, READING, WRITING };

static void read_completed(struct io_op *);
static void write_completed(struct io_op *);
static void read_posted(struct work *);
static void write_posted(struct work *);

/* The operation is done, and over the inline budget. */
static void post(struct floor_loop *self, void (*execute)(struct work *))
{
    self->request.turn.execute = execute;
    executor_post_work(self->job->env->executor, &self->request.turn);
}

/* Of the message, by the operation that is where its end was. */
static inline size_t written(const struct floor_loop *self)
{
    return (size_t)((unsigned char *)self->request.op.buffer - self->job->buffer);
}

/* Goes on from where the operation of `state` has just completed, or from the top of a turn. The operation itself says
 * what of the message is left to write. Inlined, there is a copy for each caller, which begins where that one goes on.
 */
__attribute__((always_inline)) static inline void run(struct floor_loop *self, enum state state)
{
    struct loop_job *job = self->job;
    struct io_request *request = &self->request;
    struct io_op *op = &request->op;

    if (state == READING)
        goto have_read;
    if (state == WRITING)
        goto have_written;

    for (struct stop_token stop; !stop_requested(stop = job->env->stop); job->bytes += written(self)) {
        io_op_prepare(op, job->stream, job->buffer, job->size);
        if (!stream_try(op, IO_READ)) {
            op->complete = read_completed;
            if (io_request_submit(request, IO_READ, stop))
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
        op->size = (size_t)op->result;

        process(&job->process, job->buffer, op->size);

        for (; op->size > 0; io_op_advance(op, (size_t)op->result)) {
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
    }
    loop_job_finish(job, -ECANCELED);
}

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

void floor_loop_start(struct floor_loop *self, struct loop_job *job)
{
    self->job = job;
    run(self, TURN);
}
