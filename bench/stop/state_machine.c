/* The floor: bare operations of the reactor, each cancelled by its own call, the first or the last of them first. And
 * the same with a stop callback each, which is what both models embed (io_request), without either of them. */
#include "bench/stop/stop.h"

struct bare_slot {
    struct stop_slot slot;
    struct io_op op;
};

static void bare_complete(struct io_op *op)
{
    slot_ended(&CONTAINER_OF(op, struct bare_slot, op)->slot, op->result);
}

static int bare_start(struct stop_slot *slot)
{
    struct bare_slot *self = (struct bare_slot *)slot;
    io_op_prepare(&self->op, slot->stream, slot->buffer, sizeof slot->buffer);
    self->op.complete = bare_complete;
    if (stream_try(&self->op, IO_READ))
        return -ENOTRECOVERABLE;
    stream_submit(&self->op, IO_READ);
    return 0;
}

static void bare_stop(struct stop_job *job)
{
    for (size_t i = 0; i < job->started; i++)
        stream_cancel(&((struct bare_slot *)stop_slot_at(job, i))->op);
}

/* In the order in which a stop source calls its callbacks. */
static void bare_stop_last_first(struct stop_job *job)
{
    for (size_t i = job->started; i-- > 0;)
        stream_cancel(&((struct bare_slot *)stop_slot_at(job, i))->op);
}

const struct stop_form stop_floor_last_first = {
    .slot_bytes = sizeof(struct bare_slot),
    .start = bare_start,
    .stop = bare_stop_last_first,
};
const struct stop_form stop_floor = {.slot_bytes = sizeof(struct bare_slot), .start = bare_start, .stop = bare_stop};

struct request_slot {
    struct stop_slot slot;
    struct io_request request;
};

static void request_complete(struct io_op *op)
{
    struct request_slot *self = CONTAINER_OF(op, struct request_slot, request.op);
    io_request_finish(&self->request);
    slot_ended(&self->slot, op->result);
}

static int request_start(struct stop_slot *slot)
{
    struct request_slot *self = (struct request_slot *)slot;
    io_op_prepare(&self->request.op, slot->stream, slot->buffer, sizeof slot->buffer);
    return io_request_begin(&self->request, IO_READ, &slot->job->env, request_complete) ? -ENOTRECOVERABLE : 0;
}

const struct stop_form stop_callback_alone = {.slot_bytes = sizeof(struct request_slot), .start = request_start};
