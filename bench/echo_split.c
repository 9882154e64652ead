#include "bench/echo_split.h"

#include "common/coro.h"

const struct split_code *split_code_of(enum loop_form_index form, bool preallocated)
{
    return form == LOOP_FORM_floor        ? &split_floor
           : form == LOOP_FORM_task       ? (preallocated ? &split_task_preallocated : &split_task)
           : form == LOOP_FORM_pipeline   ? &split_pipeline
           : form == LOOP_FORM_p2300_task ? &split_p2300_task
                                          : NULL;
}

/* ---- The floor ---- */

struct floor_split;

/* Moves all bytes of a transfer. */
struct mover {
    struct io_request request;
    struct split_transfer transfer;
    struct floor_split *owner;
    enum io_kind kind;
    bool ends; /* as split_transfer_advance has it */
    void (*moved)(struct mover *);
};

struct floor_split {
    struct mover whole; /* reads the request, and writes the reply */
    struct split_job *job;
    unsigned pending; /* sub-requests, and who starts them */
    int status;       /* the first failure */
    struct mover parts[SPLIT_PARTS];
};

static bool advance(struct mover *self)
{
    ssize_t result = self->request.op.result;
    if (result >= 0)
        return split_transfer_advance(&self->transfer, (size_t)result, self->ends);
    self->transfer.status = (int)result;
    return true;
}

static void completed(struct io_op *);

/* True when all has been moved, or has failed, without waiting; else `moved` is called then. */
static bool move(struct mover *self)
{
    struct split_transfer *transfer = &self->transfer;
    do {
        io_op_prepare(&self->request.op, transfer->stream, transfer->data + transfer->moved,
                      transfer->size - transfer->moved);
        if (!io_request_begin(&self->request, self->kind, self->owner->job->job->env, completed))
            return false;
    } while (!advance(self));
    return true;
}

static void completed(struct io_op *op)
{
    struct mover *self = CONTAINER_OF(op, struct mover, request.op);
    io_request_finish(&self->request);
    if (advance(self) || move(self))
        self->moved(self);
}

/* Reads back what it has written. True when it has ended. */
static bool part_goes_on(struct mover *part)
{
    while (part->kind == IO_WRITE && part->transfer.status == 0) {
        part->kind = IO_READ;
        part->transfer.moved = 0;
        if (!move(part))
            return false;
    }
    if (part->owner->status == 0)
        part->owner->status = part->transfer.status;
    return true;
}

enum state { TURN, REQUESTED, JOINED, ANSWERED };

static void run(struct floor_split *, enum state);

static void part_moved(struct mover *part)
{
    if (part_goes_on(part) && --part->owner->pending == 0)
        run(part->owner, JOINED);
}

static void whole_moved(struct mover *whole)
{
    run(whole->owner, whole->kind == IO_READ ? REQUESTED : ANSWERED);
}

static bool start_parts(struct floor_split *self)
{
    self->pending = SPLIT_PARTS + 1;
    for (unsigned i = 0; i < SPLIT_PARTS; i++) {
        struct mover *part = &self->parts[i];
        part->transfer = split_part(self->job, i, self->whole.transfer.size);
        part->owner = self;
        part->kind = IO_WRITE;
        part->moved = part_moved;
        if (move(part) && part_goes_on(part))
            self->pending--;
    }
    return --self->pending == 0;
}

static void run(struct floor_split *self, enum state state)
{
    struct loop_job *job = self->job->job;
    struct mover *whole = &self->whole;

    if (state == REQUESTED)
        goto have_requested;
    if (state == JOINED)
        goto have_joined;
    if (state == ANSWERED)
        goto have_answered;
    for (;;) {
        whole->transfer = split_request(self->job);
        whole->kind = IO_READ;
        whole->ends = true;
        if (!move(whole))
            return;
    have_requested:
        if (whole->transfer.status < 0 || whole->transfer.size == 0)
            break;
        if (!start_parts(self))
            return;
    have_joined:
        whole->transfer.status = self->status;
        if (self->status < 0)
            break;
        process(&job->process, job->buffer, whole->transfer.size);
        whole->transfer.moved = 0;
        whole->kind = IO_WRITE;
        if (!move(whole))
            return;
    have_answered:
        if (whole->transfer.status < 0)
            break;
        job->bytes += whole->transfer.size;
    }
    loop_job_finish(job, whole->transfer.status);
}

static const size_t floor_bytes = sizeof(struct floor_split);

static int floor_start(void *storage, struct split_job *job)
{
    struct floor_split *self = storage;
    *self = (struct floor_split){.job = job, .whole = {.owner = self, .moved = whole_moved}};
    run(self, TURN);
    return 0;
}

const struct split_code split_floor = {.bytes = &floor_bytes, .start = floor_start};
