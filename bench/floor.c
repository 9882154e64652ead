#include "bench/floor.h"

enum state { TURN, READING, WRITING };

static void read_completed(struct io_op *);
static void write_completed(struct io_op *);
static void read_posted(struct work *);
static void write_posted(struct work *);

static bool post(struct floor_loop *self, void (*execute)(struct work *))
{
    self->request.turn.execute = execute;
    executor_post_work(self->job->env->executor, &self->request.turn);
    return true;
}

/* Starts an operation: false when it is over, so that the loop goes on at once. */
__attribute__((always_inline)) static inline bool start(struct floor_loop *self, enum io_kind kind,
                                                        struct stop_token stop)
{
    struct io_request *request = &self->request;
    if (!stream_try(&request->op, kind)) {
        request->op.complete = kind == IO_READ ? read_completed : write_completed;
        return io_request_submit(request, kind, stop);
    }
    return !inline_budget_take(request->op.stream->budget) && post(self, kind == IO_READ ? read_posted : write_posted);
}

__attribute__((always_inline)) static inline bool start_read(struct floor_loop *self, struct stop_token stop)
{
    const struct loop_job *job = self->job;
    io_op_prepare(&self->request.op, job->stream, job->buffer, job->size);
    return start(self, IO_READ, stop);
}

/* The operation itself says what of the message is left to write. */
static inline void process_read(struct floor_loop *self)
{
    struct io_op *op = &self->request.op;
    op->size = (size_t)op->result;
    process(&self->job->process, op->buffer, op->size);
}

/* All of it is written: the operation is where the message's end was. */
static inline void count_message(struct floor_loop *self)
{
    self->job->bytes += (size_t)((unsigned char *)self->request.op.buffer - self->job->buffer);
}

/* Goes on from where the operation of `state` has just completed, or from the top of a turn. */
static void run(struct floor_loop *self, enum state state)
{
    struct loop_job *job = self->job;
    struct io_op *op = &self->request.op;

    if (state == READING)
        goto have_read;
    if (state == WRITING)
        goto have_written;

    for (struct stop_token stop; !stop_requested(stop = job->env->stop); count_message(self)) {
        if (start_read(self, stop))
            return;
    have_read:
        if (op->result <= 0) {
            loop_job_finish(job, (int)op->result);
            return;
        }
        process_read(self);
        while (op->size > 0) {
            if (start(self, IO_WRITE, job->env->stop))
                return;
        have_written:
            if (op->result < 0) {
                loop_job_finish(job, (int)op->result);
                return;
            }
            io_op_advance(op, (size_t)op->result);
        }
    }
    loop_job_finish(job, -ECANCELED);
}

/* What mostly follows is here, in few lines of the processor's cache, and all else in run. */
static void read_completed(struct io_op *op)
{
    struct floor_loop *self = CONTAINER_OF(op, struct floor_loop, request.op);
    io_request_finish(&self->request);
    if (__builtin_expect(op->result <= 0, 0)) {
        run(self, READING);
        return;
    }
    process_read(self);
    if (!start(self, IO_WRITE, self->job->env->stop))
        run(self, WRITING);
}

static void write_completed(struct io_op *op)
{
    struct floor_loop *self = CONTAINER_OF(op, struct floor_loop, request.op);
    io_request_finish(&self->request);
    const struct stop_token stop = self->job->env->stop;
    if (__builtin_expect((size_t)op->result != op->size || stop_requested(stop), 0)) {
        run(self, WRITING);
        return;
    }
    io_op_advance(op, (size_t)op->result);
    count_message(self);
    if (!start_read(self, stop))
        run(self, READING);
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
