#include "awaitable/any_stream.h"

#include <errno.h>

static int wrap(struct any_stream_end *end, const struct any_stream_table *table, void *stream,
                struct frame_allocator *allocator)
{
    *end = (struct any_stream_end){.stream = stream, .table = table, .allocator = allocator};
    end->awaitable = frame_allocate(allocator, table->awaitable_bytes);
    return end->awaitable ? 0 : -ENOMEM;
}

static void unwrap(struct any_stream_end *end)
{
    any_stream_awaitable_destroy(&(struct any_stream_awaitable){.end = end});
    frame_deallocate(end->allocator, end->awaitable, end->table->awaitable_bytes);
    end->awaitable = NULL;
}

int any_read_stream_wrap(struct any_read_stream *self, const struct any_stream_table *table, void *stream,
                         struct frame_allocator *allocator)
{
    return wrap(&self->end, table, stream, allocator);
}

int any_write_stream_wrap(struct any_write_stream *self, const struct any_stream_table *table, void *stream,
                          struct frame_allocator *allocator)
{
    return wrap(&self->end, table, stream, allocator);
}

int any_stream_wrap(struct any_stream *self, const struct any_stream_table *reading,
                    const struct any_stream_table *writing, void *stream, struct frame_allocator *allocator)
{
    if (any_read_stream_wrap(&self->read, reading, stream, allocator))
        return -ENOMEM;
    if (any_write_stream_wrap(&self->write, writing, stream, allocator)) {
        any_read_stream_destroy(&self->read);
        return -ENOMEM;
    }
    return 0;
}

void any_read_stream_destroy(struct any_read_stream *self)
{
    unwrap(&self->end);
}

void any_write_stream_destroy(struct any_write_stream *self)
{
    unwrap(&self->end);
}

void any_stream_destroy(struct any_stream *self)
{
    any_read_stream_destroy(&self->read);
    any_write_stream_destroy(&self->write);
}
