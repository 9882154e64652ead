#include "bench/fanout/stream.h"

#include "common/coro.h"
#include "common/probe.h"

#include <errno.h>
#include <string.h>

_Static_assert(FANOUT_ERROR == EIO, "the error of a stream is EIO");

static bool never_at_once(struct io_op *op)
{
    (void)op;
    return false;
}

static void submit(struct io_op *op)
{
    struct fanout_stream *self = CONTAINER_OF(op->stream, struct fanout_stream, stream);
    PROBE(SUBMIT);
    self->op = op;
    if (self->kind == STREAM_SILENT)
        return;
    op->result = self->kind == STREAM_FAILS ? -FANOUT_ERROR : (ssize_t)op->size;
    run_loop_post_work(self->loop, &self->work);
}

/* One that is on its way completes as it would have. */
static void cancel(struct io_op *op)
{
    struct fanout_stream *self = CONTAINER_OF(op->stream, struct fanout_stream, stream);
    if (self->kind != STREAM_SILENT)
        return;
    op->result = -ECANCELED;
    run_loop_post_work(self->loop, &self->work);
}

static void complete(struct work *work)
{
    struct fanout_stream *self = CONTAINER_OF(work, struct fanout_stream, work);
    struct io_op *op = self->op;
    PROBE(COMPLETE);
    self->counts->completed++;
    if (self->kind == STREAM_FAILS)
        self->counts->failed_at = self->counts->completed;
    else if (self->kind == STREAM_GIVES)
        memset(op->buffer, (int)self->counts->completed & 0xff, op->size);
    op->complete(op);
}

void fanout_stream_init(struct fanout_stream *self, enum fanout_stream_kind kind, struct run_loop *loop,
                        struct fanout_stream_counts *counts)
{
    static const struct stream_ops ops = {
        .try_op = {[IO_READ] = never_at_once, [IO_WRITE] = never_at_once},
        .submit = submit,
        .cancel = cancel,
    };
    *self = (struct fanout_stream){
        .stream = {.ops = &ops, .fd = -1},
        .kind = kind,
        .loop = loop,
        .counts = counts,
        .work = {.execute = complete},
    };
}
