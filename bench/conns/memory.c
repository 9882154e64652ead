/* Streams in memory whose reads wait until they are told: no descriptor, and as many of them as memory allows. */
#include "bench/conns/server.h"

#include <errno.h>

static bool never_ready(struct io_op *op)
{
    (void)op;
    return false;
}

static void submit(struct io_op *op)
{
    op->stream->pending[op->kind] = op;
}

static void cancel(struct io_op *op)
{
    op->stream->pending[op->kind] = NULL;
    op->result = -ECANCELED;
    op->complete(op);
}

static const struct stream_ops ops = {
    .try_op = {[IO_READ] = never_ready, [IO_WRITE] = never_ready},
    .submit = submit,
    .cancel = cancel,
};

static int begin(struct server *server)
{
    server->env.executor = inline_executor();
    return 0;
}

static int open_stream(struct server *server, size_t slot)
{
    server->sessions[slot]->stream = (struct stream){.ops = &ops, .fd = -1};
    return 0;
}

static int say(struct server *server, size_t slot, const void *bytes, size_t size)
{
    struct stream *stream = &server->sessions[slot]->stream;
    struct io_op *op = stream->pending[IO_READ];
    if (!op || op->size < size)
        return -EPROTO;
    stream->pending[IO_READ] = NULL;
    if (size)
        memcpy(op->buffer, bytes, size);
    op->result = (ssize_t)size;
    op->complete(op);
    return 0;
}

static int settle(struct server *server)
{
    return server->error;
}

static void nothing(struct server *server)
{
    (void)server;
}

const struct transport memory_transport = {
    .begin = begin, .open = open_stream, .say = say, .settle = settle, .arrived = nothing, .end = nothing};
