/* any_stream: a byte stream of any type behind one, with awaitables that are awaited through a table of functions.
 *
 *     ANY_STREAM_TABLE(tcp_reading, stream, read_some, any_stream_trivial);      the stream type, its awaitable
 *     ANY_STREAM_TABLE(tcp_writing, stream, write_some, any_stream_trivial);
 *     any_stream_wrap(&any, &tcp_reading, &tcp_writing, &stream, allocator);     0 or -ENOMEM
 *
 *     any_read_some(&self->reading, &any->read, buffer, size);
 *     CO_AWAIT(n, self, any_read_some, &self->reading);
 *
 * T in ANY_STREAM_TABLE(name, S, T, destroy) is an awaitable that `void T(struct T *, struct S *, void *, size_t)`
 * makes and whose await_resume returns ssize_t; destroy(struct T *) is its destructor, any_stream_trivial where it has
 * none.
 *
 * The memory of the concrete awaitable is allocated when the stream is wrapped, once for each direction, and every
 * operation makes its awaitable there: no operation allocates. An operation that is ready at once takes four calls
 * through the table: construct, await_ready, await_resume, destroy; one that suspends takes await_suspend besides.
 * await_ready is forwarded, so that what is ready does not suspend behind the table either. It is Capy's
 * any_read_stream and any_stream (boost/capy/io/any_read_stream.hpp: struct vtable, the awaitable in read_some), in the
 * form that does not own the stream; P4003 6.
 *
 * Owns: an any_stream owns the memory of its awaitables, any_stream_destroy frees it; it refers to the stream.
 * Lifetime: the stream outlives it. It may be moved while no operation is under way: the awaitable points to it, not
 * into it. Where a coroutine may be destroyed in the middle of an operation its `destroy` calls any_read_some_destroy
 * or any_write_some_destroy (zero-initialised and completed awaitables have nothing to destroy), or the any_stream is
 * destroyed with it; what the concrete destructor cannot end must not be in flight then.
 * Threads: those of the stream. At most one read and one write of an any_stream are under way at a time.
 */
#ifndef ABREAST_AWAITABLE_ANY_STREAM_H
#define ABREAST_AWAITABLE_ANY_STREAM_H

#include "awaitable/awaitable.h"

#include <sys/types.h>

/* One direction of one type of stream; in the order of the calls. */
struct any_stream_table {
    void (*construct)(void *awaitable, void *stream, void *buffer, size_t size);
    bool (*await_ready)(void *awaitable);
    struct coro *(*await_suspend)(void *awaitable, struct coro *caller, const struct io_env *);
    ssize_t (*await_resume)(void *awaitable);
    void (*destroy)(void *awaitable);
    size_t awaitable_bytes;
};

/* One direction of a stream. */
struct any_stream_end {
    void *stream;
    const struct any_stream_table *table;
    void *awaitable; /* its memory */
    struct frame_allocator *allocator;
    bool active; /* the awaitable exists */
};

struct any_read_stream {
    struct any_stream_end end;
};

struct any_write_stream {
    struct any_stream_end end;
};

struct any_stream {
    struct any_read_stream read;
    struct any_write_stream write;
};

/* 0, or -ENOMEM, and then there is nothing to destroy. A null allocator is malloc's. */
int any_read_stream_wrap(struct any_read_stream *, const struct any_stream_table *, void *stream,
                         struct frame_allocator *);
int any_write_stream_wrap(struct any_write_stream *, const struct any_stream_table *, void *stream,
                          struct frame_allocator *);
int any_stream_wrap(struct any_stream *, const struct any_stream_table *reading, const struct any_stream_table *writing,
                    void *stream, struct frame_allocator *);

void any_read_stream_destroy(struct any_read_stream *);
void any_write_stream_destroy(struct any_write_stream *);
void any_stream_destroy(struct any_stream *);

/* What both directions are made of: the awaitable in the coroutine's frame. */
struct any_stream_awaitable {
    struct any_stream_end *end;
    void *buffer;
    size_t size;
};

static inline bool any_stream_awaitable_ready(struct any_stream_awaitable *self)
{
    struct any_stream_end *end = self->end;
    PROBE(TABLE_CALL);
    end->table->construct(end->awaitable, end->stream, self->buffer, self->size);
    end->active = true;
    PROBE(TABLE_CALL);
    return end->table->await_ready(end->awaitable);
}

static inline struct coro *any_stream_awaitable_suspend(struct any_stream_awaitable *self, struct coro *caller,
                                                        const struct io_env *env)
{
    PROBE(TABLE_CALL);
    return self->end->table->await_suspend(self->end->awaitable, caller, env);
}

static inline void any_stream_awaitable_destroy(struct any_stream_awaitable *self)
{
    struct any_stream_end *end = self->end;
    if (!end || !end->active)
        return;
    end->active = false;
    PROBE(TABLE_CALL);
    end->table->destroy(end->awaitable);
}

static inline ssize_t any_stream_awaitable_resume(struct any_stream_awaitable *self)
{
    PROBE(TABLE_CALL);
    ssize_t result = self->end->table->await_resume(self->end->awaitable);
    any_stream_awaitable_destroy(self);
    return result;
}

struct any_read_some {
    struct any_stream_awaitable any;
};

static inline void any_read_some(struct any_read_some *self, struct any_read_stream *stream, void *buffer, size_t size)
{
    self->any = (struct any_stream_awaitable){&stream->end, buffer, size};
}

static inline bool any_read_some_await_ready(struct any_read_some *self)
{
    return any_stream_awaitable_ready(&self->any);
}

static inline struct coro *any_read_some_await_suspend(struct any_read_some *self, struct coro *caller,
                                                       const struct io_env *env)
{
    return any_stream_awaitable_suspend(&self->any, caller, env);
}

static inline ssize_t any_read_some_await_resume(struct any_read_some *self)
{
    return any_stream_awaitable_resume(&self->any);
}

static inline void any_read_some_destroy(struct any_read_some *self)
{
    any_stream_awaitable_destroy(&self->any);
}

struct any_write_some {
    struct any_stream_awaitable any;
};

static inline void any_write_some(struct any_write_some *self, struct any_write_stream *stream, const void *buffer,
                                  size_t size)
{
    self->any = (struct any_stream_awaitable){&stream->end, (void *)buffer, size};
}

static inline bool any_write_some_await_ready(struct any_write_some *self)
{
    return any_stream_awaitable_ready(&self->any);
}

static inline struct coro *any_write_some_await_suspend(struct any_write_some *self, struct coro *caller,
                                                        const struct io_env *env)
{
    return any_stream_awaitable_suspend(&self->any, caller, env);
}

static inline ssize_t any_write_some_await_resume(struct any_write_some *self)
{
    return any_stream_awaitable_resume(&self->any);
}

static inline void any_write_some_destroy(struct any_write_some *self)
{
    any_stream_awaitable_destroy(&self->any);
}

/* The destructor of an awaitable that has none. */
static inline void any_stream_trivial(void *awaitable)
{
    (void)awaitable;
}

/* Defines `static const struct any_stream_table name`. */
#define ANY_STREAM_TABLE(name, S, T, destroy_)                                                                         \
    static void name##_construct(void *awaitable, void *stream, void *buffer, size_t size)                             \
    {                                                                                                                  \
        T((struct T *)awaitable, (struct S *)stream, buffer, size);                                                    \
    }                                                                                                                  \
    static bool name##_await_ready(void *awaitable)                                                                    \
    {                                                                                                                  \
        return T##_await_ready((struct T *)awaitable);                                                                 \
    }                                                                                                                  \
    static struct coro *name##_await_suspend(void *awaitable, struct coro *caller, const struct io_env *env)           \
    {                                                                                                                  \
        return T##_await_suspend((struct T *)awaitable, caller, env);                                                  \
    }                                                                                                                  \
    static ssize_t name##_await_resume(void *awaitable)                                                                \
    {                                                                                                                  \
        return T##_await_resume((struct T *)awaitable);                                                                \
    }                                                                                                                  \
    static void name##_destroy(void *awaitable)                                                                        \
    {                                                                                                                  \
        destroy_((struct T *)awaitable);                                                                               \
    }                                                                                                                  \
    static const struct any_stream_table name = {                                                                      \
        .construct = name##_construct,                                                                                 \
        .await_ready = name##_await_ready,                                                                             \
        .await_suspend = name##_await_suspend,                                                                         \
        .await_resume = name##_await_resume,                                                                           \
        .destroy = name##_destroy,                                                                                     \
        .awaitable_bytes = sizeof(struct T),                                                                           \
    }

#endif
