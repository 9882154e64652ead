/* The loop as a coroutine that awaits table_senders. */
#include "bench/forms/sender_task_launch.h"
#include "sender/io.h"
#include "sender/sender_awaitable.h"
#include "sender/table_sender.h"

struct bytes {
    void *buffer;
    size_t size;
};

TABLE_SENDER(byte_io, ssize_t, bytes, sizeof(struct io_request) + sizeof(void *))
SENDER_READ_SOME(stream_read, byte_io)
SENDER_WRITE_SOME(stream_write, byte_io)

static struct stream_read_sender make_read(struct stream *stream, const struct bytes *bytes)
{
    return (struct stream_read_sender){stream, bytes->buffer, bytes->size};
}

static struct stream_write_sender make_write(struct stream *stream, const struct bytes *bytes)
{
    return (struct stream_write_sender){stream, bytes->buffer, bytes->size};
}

TABLE_SENDER_OF(stream_reads, byte_io, stream, stream_read, make_read)
TABLE_SENDER_OF(stream_writes, byte_io, stream, stream_write, make_write)

SENDER_AWAITABLE_RECEIVER(reading, sender_task)
SENDER_TABLE(table_read, byte_io, reading)
SENDER_AWAITABLE(reading, table_read)

SENDER_AWAITABLE_RECEIVER(writing, sender_task)
SENDER_TABLE(table_write, byte_io, writing)
SENDER_AWAITABLE(writing, table_write)

#define FORM erased_table_sender
#define PROMISE sender_task
#define AWAIT CO_AWAIT_SENDER
#define RETURN SENDER_TASK_RETURN
#define READ(self)                                                                                                     \
    ((struct table_read_sender){&stream_reads, (self)->job->stream, {(self)->job->buffer, (self)->job->size}})
#define WRITE(self)                                                                                                    \
    ((struct table_write_sender){&stream_writes,                                                                       \
                                 (self)->job->stream,                                                                  \
                                 {(self)->job->buffer + (self)->sent, (size_t)(self)->got - (self)->sent}})
extern const struct loop_code loop_erased_table_sender;
#include "bench/forms/sender_task_form.h"
