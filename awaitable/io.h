/* read_some and write_some: the awaitables of a byte stream (P4003 section 2).
 *
 *     read_some(&self->reading, stream, buffer, size);
 *     CO_AWAIT(n, self, read_some, &self->reading);
 *
 * The result is the number of bytes moved (0 from a read: end of stream) or negative errno; -ECANCELED after a stop
 * request. await_ready makes the stream's speculative attempt: when it succeeds the coroutine never suspends, unless
 * the stream's inline budget is used up: then its continuation is posted to its executor. When an operation completes
 * later, the continuation is dispatched to that executor.
 *
 * Threads: the reactor's thread.
 */
#ifndef ABREAST_AWAITABLE_IO_H
#define ABREAST_AWAITABLE_IO_H

#include "awaitable/awaitable.h"
#include "common/io_request.h"

/* What both directions are made of. */
struct io_awaitable {
    struct io_request request;
    struct continuation continuation;
    struct executor_ref executor;
};

/* The attempt: true when it is done and the coroutine may go on at once. */
static inline bool io_awaitable_ready(struct io_awaitable *self, enum io_kind kind)
{
    return io_request_try(&self->request, kind);
}

/* io_op.complete of its operation: dispatches the continuation. */
void io_awaitable_complete(struct io_op *);

/* Starts the operation, or posts the caller when it is done: noop_coroutine(), or the caller when stop had been
 * requested. The await_suspend of an awaitable whose type is known is inlined into the coroutine, as start is into the
 * operation that is connected (io_request_begin). */
__attribute__((always_inline)) static inline struct coro *
io_awaitable_suspend(struct io_awaitable *self, enum io_kind kind, struct coro *caller, const struct io_env *env)
{
    PROBE(LAUNCH);
    self->continuation.coro = caller;
    if (self->request.op.posted) {
        PROBE(SIGNAL);
        executor_post(env->executor, &self->continuation);
        return noop_coroutine();
    }
    self->request.op.complete = io_awaitable_complete;
    self->executor = env->executor;
    if (io_request_submit(&self->request, kind, env->stop))
        return noop_coroutine();
    PROBE(SIGNAL);
    return caller;
}

struct read_some {
    struct io_awaitable io;
};

static inline void read_some(struct read_some *self, struct stream *stream, void *buffer, size_t size)
{
    io_op_prepare(&self->io.request.op, stream, buffer, size);
}

static inline bool read_some_await_ready(struct read_some *self)
{
    return io_awaitable_ready(&self->io, IO_READ);
}

static inline struct coro *read_some_await_suspend(struct read_some *self, struct coro *caller,
                                                   const struct io_env *env)
{
    return io_awaitable_suspend(&self->io, IO_READ, caller, env);
}

static inline ssize_t read_some_await_resume(struct read_some *self)
{
    return self->io.request.op.result;
}

struct write_some {
    struct io_awaitable io;
};

static inline void write_some(struct write_some *self, struct stream *stream, const void *buffer, size_t size)
{
    io_op_prepare(&self->io.request.op, stream, (void *)buffer, size);
}

static inline bool write_some_await_ready(struct write_some *self)
{
    return io_awaitable_ready(&self->io, IO_WRITE);
}

static inline struct coro *write_some_await_suspend(struct write_some *self, struct coro *caller,
                                                    const struct io_env *env)
{
    return io_awaitable_suspend(&self->io, IO_WRITE, caller, env);
}

static inline ssize_t write_some_await_resume(struct write_some *self)
{
    return self->io.request.op.result;
}

#endif
