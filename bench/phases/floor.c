/* The floor: a bare state machine over the stream. It has no step of either protocol. */
#include "bench/phases/forms.h"
#include "common/io_request.h"

struct machine {
    struct io_request request;
    struct phase_job *job;
};

static void go_on(struct machine *self);

static void completed(struct io_op *op)
{
    struct machine *self = CONTAINER_OF(op, struct machine, request.op);
    io_request_finish(&self->request);
    phase_job_read(self->job, op->result);
    go_on(self);
}

static void go_on(struct machine *self)
{
    struct phase_job *job = self->job;
    while (phase_job_goes_on(job)) {
        io_op_prepare(&self->request.op, job->stream, &job->value, sizeof job->value);
        if (!io_request_begin(&self->request, IO_READ, &job->env, completed))
            return;
        phase_job_read(job, self->request.op.result);
    }
    phase_job_end(job);
}

void *floor_begin(struct phase_job *job)
{
    struct machine *self = malloc(sizeof *self);
    if (!self)
        return phase_job_fail(job);
    self->job = job;
    go_on(self);
    return self;
}
