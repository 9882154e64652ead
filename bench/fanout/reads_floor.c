/* race and cancel, the floor: reads of all streams, with neither protocol. In a race the first that ends has the others
 * cancelled, else the first that fails. */
#include "bench/fanout/job.h"

struct reads;

struct reads_child {
    struct io_op op;
    struct reads *reads;
    bool pending;
};

struct reads {
    struct fanout_job *job;
    unsigned pending;
    bool race;
    bool decided;
    struct reads_child children[];
};

static void completed(struct io_op *);

static void go(struct reads *self)
{
    struct fanout_job *job = self->job;
    self->pending = job->width;
    self->decided = false;
    for (unsigned i = 0; i < job->width; i++) {
        struct reads_child *child = &self->children[i];
        child->reads = self;
        child->pending = true;
        child->op.complete = completed;
        io_op_prepare(&child->op, &job->streams[i].stream, job->buffers[i], FANOUT_BUFFER_BYTES);
        if (!stream_try(&child->op, IO_READ))
            stream_submit(&child->op, IO_READ);
    }
}

static void cancel_others(struct reads *self)
{
    self->decided = true;
    for (unsigned i = 0; i < self->job->width; i++) {
        if (self->children[i].pending)
            stream_cancel(&self->children[i].op);
    }
}

static void completed(struct io_op *op)
{
    struct reads_child *child = CONTAINER_OF(op, struct reads_child, op);
    struct reads *self = child->reads;
    struct fanout_job *job = self->job;
    child->pending = false;
    if (!self->decided && (self->race || op->result < 0))
        cancel_others(self);
    if (--self->pending)
        return;
    if (self->race)
        fanout_record_race(job, self->children[0].op.result);
    else
        fanout_record_reads(job, (uint64_t)-FANOUT_ERROR);
    if (job->made < job->total)
        go(self);
    else
        fanout_end(job, 0);
}

static int launch(struct fanout_job *job, bool race)
{
    struct reads *self = job->storage;
    *self = (struct reads){.job = job, .race = race};
    go(self);
    return 0;
}

static int race_launch(struct fanout_job *job)
{
    return launch(job, true);
}

static int cancel_launch(struct fanout_job *job)
{
    return launch(job, false);
}

#define FLOOR(name)                                                                                                    \
    const struct fanout_form fanout_floor_##name = {                                                                   \
        .launch = name##_launch,                                                                                       \
        .storage_bytes = sizeof(struct reads),                                                                         \
        .storage_bytes_each = sizeof(struct reads_child),                                                              \
        .operation_bytes = sizeof(struct reads),                                                                       \
        .operation_bytes_each = sizeof(struct reads_child),                                                            \
    }

FLOOR(race);
FLOOR(cancel);
