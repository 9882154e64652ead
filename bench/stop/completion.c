/* Reads that end one after the other, each as the cell says: what is the same for all forms, and the floor. */
#include "bench/stop/stop.h"

#include <stdlib.h>

static bool wait_for_the_end(struct io_op *op)
{
    (void)op;
    return false;
}

static void queue(struct io_op *op)
{
    ((struct ending_stream *)op->stream)->waiting = op;
}

static void leave_it(struct io_op *op)
{
    (void)op;
}

int completion_open(const struct cell *cell, const struct run_options *options, void **state)
{
    static const struct stream_ops ops = {
        .try_op = {[IO_READ] = wait_for_the_end}, .submit = queue, .cancel = leave_it};
    const struct completion_parameters *parameters = cell->parameters;
    const struct completion_form *form = parameters->form;
    (void)options;
    struct completion_job *job = calloc(1, sizeof *job);
    if (!job)
        return -ENOMEM;
    job->form = form;
    job->ending = (struct ending_stream){.stream = {.ops = &ops, .fd = -1}, .result = parameters->result};
    stop_source_init(&job->source);
    job->env = (struct io_env){.executor = inline_executor(), .allocator = recycling_frame_allocator()};
    if (form->stoppable)
        job->env.stop = stop_source_token(&job->source);
    job->storage = calloc(1, form->bytes);
    if (!job->storage) {
        free(job);
        return -ENOMEM;
    }
    *state = job;
    return 0;
}

void completion_close(void *state)
{
    struct completion_job *job = state;
    free(job->storage);
    free(job);
    recycling_frame_allocator_release();
}

static void end_what_waits(struct ending_stream *stream)
{
    for (struct io_op *op; (op = stream->waiting);) {
        stream->waiting = NULL;
        op->result = stream->result;
        op->complete(op);
    }
}

int completion_run(void *state, uint64_t operations, struct outcome *outcome)
{
    struct completion_job *job = state;
    const struct completion_form *form = job->form;
    job->left = operations;
    job->sum = 0;
    job->status = 0;
    while (job->left && job->status >= 0) {
        uint64_t before = job->left;
        int status = form->start(job);
        end_what_waits(&job->ending);
        if (!job->status && (status || job->left >= before))
            job->status = status ? status : -ENOTRECOVERABLE;
    }
    if (!job->status && job->source.callbacks)
        job->status = -ENOTRECOVERABLE;
    *outcome = (struct outcome){.operations = operations - job->left, .checksum = job->sum};
    return job->status;
}

/* ---- The floor ---- */

struct floor {
    struct io_request request;
    struct completion_job *job;
};

static void read_next(struct floor *self);

static void taken(struct floor *self, ssize_t got)
{
    for (unsigned i = 0; i < COMPLETION_STEPS && got >= 0; i++)
        got = completion_step(got);
    completion_taken(self->job, got < 0 ? completion_mended((int)-got) : got);
    if (self->job->left)
        read_next(self);
}

static void bare_complete(struct io_op *op)
{
    taken(CONTAINER_OF(op, struct floor, request.op), op->result);
}

static void request_complete(struct io_op *op)
{
    struct floor *self = CONTAINER_OF(op, struct floor, request.op);
    io_request_finish(&self->request);
    taken(self, op->result);
}

/* Without a stop token there is no request either: an operation of the stream, and no more. */
static void read_next(struct floor *self)
{
    struct completion_job *job = self->job;
    struct io_op *op = &self->request.op;
    io_op_prepare(op, &job->ending.stream, job->buffer, sizeof job->buffer);
    if (job->form->stoppable) {
        if (io_request_begin(&self->request, IO_READ, &job->env, request_complete))
            job->status = -ENOTRECOVERABLE;
        return;
    }
    op->complete = bare_complete;
    if (stream_try(op, IO_READ))
        job->status = -ENOTRECOVERABLE;
    else
        stream_submit(op, IO_READ);
}

static int floor_start(struct completion_job *job)
{
    struct floor *self = job->storage;
    self->job = job;
    read_next(self);
    return 0;
}

const struct completion_form completion_floor = {.bytes = sizeof(struct floor), .start = floor_start};
const struct completion_form completion_floor_stoppable = {
    .bytes = sizeof(struct floor),
    .stoppable = true,
    .start = floor_start,
};
