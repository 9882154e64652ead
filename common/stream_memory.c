#include "common/reactor_backend.h"

#include <stdlib.h>
#include <string.h>

static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The next bytes of the source: how many, and from where. State first, bytes last: then nothing has to live across the
 * copy.
 */
static inline size_t take(struct memory_stream *stream, size_t size, size_t *from)
{
    size_t at = *from = stream->read_at;
    size = smaller(smaller(size, stream->piece), smaller(stream->readable, stream->source_size - at));
    stream->readable -= size;
    at += size;
    stream->read_at = at == stream->source_size ? 0 : at;
    return size;
}

/* The next room in the sink, likewise. */
static inline size_t reserve(struct memory_stream *stream, size_t size, size_t *to)
{
    size_t at = *to = stream->write_at;
    size = smaller(smaller(size, stream->piece), stream->sink_size - at);
    stream->written += size;
    at += size;
    stream->write_at = at == stream->sink_size ? 0 : at;
    return size;
}

size_t memory_stream_read(struct memory_stream *stream, void *buffer, size_t size)
{
    size_t at;
    size = take(stream, size, &at);
    if (size)
        memcpy(buffer, stream->source + at, size);
    return size;
}

size_t memory_stream_write(struct memory_stream *stream, const void *buffer, size_t size)
{
    size_t at;
    size = reserve(stream, size, &at);
    if (size)
        memcpy(stream->sink + at, buffer, size);
    return size;
}

static bool memory_try_read(struct io_op *op)
{
    struct memory_stream *stream = (struct memory_stream *)op->stream;
    size_t at, size = take(stream, op->size, &at);
    op->result = (ssize_t)size;
    if (size)
        memcpy(op->buffer, stream->source + at, size);
    return true;
}

static bool memory_try_write(struct io_op *op)
{
    struct memory_stream *stream = (struct memory_stream *)op->stream;
    size_t at, size = reserve(stream, op->size, &at);
    op->result = (ssize_t)size;
    if (size)
        memcpy(stream->sink + at, op->buffer, size);
    return true;
}

/* There is nothing that could complete it. */
static void never_submitted(struct io_op *op)
{
    (void)op;
    abort();
}

static void never_in_flight(struct io_op *op)
{
    (void)op;
}

void memory_stream_init(struct memory_stream *stream, const void *source, size_t source_size, uint64_t readable,
                        size_t piece, void *sink, size_t sink_size)
{
    static const struct stream_ops ops = {
        .try_op = {[IO_READ] = memory_try_read, [IO_WRITE] = memory_try_write},
        .submit = never_submitted,
        .cancel = never_in_flight,
    };
    *stream = (struct memory_stream){
        .stream = {.ops = &ops, .fd = -1},
        .source = source,
        .source_size = source_size,
        .readable = readable,
        .piece = piece,
        .sink = sink,
        .sink_size = sink_size,
    };
}
