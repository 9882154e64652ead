/* read_some of the no-op stream, as an awaitable, as a sender, and as a sender that says how a coroutine awaits it.
 *
 *     posted_read, transferred_read, ready_read     awaitables: T(&self->reading, stream, buffer, size), then CO_AWAIT
 *     SENDER_POSTED_READ(N, R), SENDER_INLINE_READ(N, R)      stages: the sender is {stream}, R_in is ssize_t
 *     SENDER_EXECUTOR_READ(N, R)      the first, posted through the environment's executor
 *     SENDER_WIDE_READ(N, R)          the first, with an operation state of WIDE_READ_BYTES
 *     member_posted_read, member_transferred_read      awaitables that as_awaitable makes, for CO_AWAIT_MEMBER
 *
 * posted completes from the stream's pool; transferred inside await_suspend, which returns the caller; ready before it,
 * in await_ready; an inline sender inside start. An awaitable posts through the executor of its environment, which is
 * type-erased (P4003 4.3); a sender knows its pool, as the scheduler's type is a part of its own.
 */
#ifndef ABREAST_BENCH_GRID_READS_H
#define ABREAST_BENCH_GRID_READS_H

#include "awaitable/awaitable.h"
#include "bench/grid/job.h"
#include "sender/sender.h"

struct posted_read {
    struct grid_stream *stream;
    struct continuation continuation;
};

static inline void posted_read(struct posted_read *self, struct grid_stream *stream, void *buffer, size_t size)
{
    (void)buffer;
    (void)size;
    self->stream = stream;
}

static inline bool posted_read_await_ready(struct posted_read *self)
{
    (void)self;
    return false;
}

static inline struct coro *posted_read_await_suspend(struct posted_read *self, struct coro *caller,
                                                     const struct io_env *env)
{
    self->continuation.coro = caller;
    executor_post(env->executor, &self->continuation);
    return noop_coroutine();
}

static inline ssize_t posted_read_await_resume(struct posted_read *self)
{
    return grid_stream_deliver(self->stream);
}

struct transferred_read {
    struct grid_stream *stream;
};

static inline void transferred_read(struct transferred_read *self, struct grid_stream *stream, void *buffer,
                                    size_t size)
{
    (void)buffer;
    (void)size;
    self->stream = stream;
}

static inline bool transferred_read_await_ready(struct transferred_read *self)
{
    (void)self;
    return false;
}

static inline struct coro *transferred_read_await_suspend(struct transferred_read *self, struct coro *caller,
                                                          const struct io_env *env)
{
    (void)self;
    (void)env;
    return caller;
}

static inline ssize_t transferred_read_await_resume(struct transferred_read *self)
{
    return grid_stream_deliver(self->stream);
}

struct ready_read {
    struct grid_stream *stream;
};

static inline void ready_read(struct ready_read *self, struct grid_stream *stream, void *buffer, size_t size)
{
    (void)buffer;
    (void)size;
    self->stream = stream;
}

static inline bool ready_read_await_ready(struct ready_read *self)
{
    (void)self;
    return true;
}

static inline struct coro *ready_read_await_suspend(struct ready_read *self, struct coro *caller,
                                                    const struct io_env *env)
{
    (void)self;
    (void)caller;
    (void)env;
    __builtin_unreachable();
}

static inline ssize_t ready_read_await_resume(struct ready_read *self)
{
    return grid_stream_deliver(self->stream);
}

#define SENDER_POSTED_READ(N, R) SENDER_POSTED_READ_BY(N, R, , thread_pool_post_work(op->stream->pool, &op->work))

#define SENDER_EXECUTOR_READ(N, R)                                                                                     \
    SENDER_POSTED_READ_BY(N, R, , executor_post_work(R##_get_env(&op->receiver)->executor, &op->work))

#define SENDER_WIDE_READ(N, R)                                                                                         \
    SENDER_POSTED_READ_BY(N, R, unsigned char rest[WIDE_READ_BYTES - WIDE_READ_FILLED(R)];                             \
                          , thread_pool_post_work(op->stream->pool, &op->work))                                        \
    _Static_assert(sizeof(struct N##_op) == WIDE_READ_BYTES, "as wide as the published context's")

/* The smaller of the two operation states on published contexts that P4251R0 9 measures. */
enum { WIDE_READ_BYTES = 112 };
#define WIDE_READ_FILLED(R) (sizeof(struct R##_receiver) + sizeof(struct grid_stream *) + sizeof(struct work))

/* `members` are more of the operation state; `post` queues op->work. */
#define SENDER_POSTED_READ_BY(N, R, members, post)                                                                     \
    struct N##_sender {                                                                                                \
        struct grid_stream *stream;                                                                                    \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct grid_stream *stream;                                                                                    \
        struct work work;                                                                                              \
        members                                                                                                        \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE };                                                                   \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->stream = sender.stream;                                                                                    \
    }                                                                                                                  \
    static void N##_execute(struct work *work)                                                                         \
    {                                                                                                                  \
        struct N##_op *op = CONTAINER_OF(work, struct N##_op, work);                                                   \
        PROBE(SET_VALUE);                                                                                              \
        R##_set_value(&op->receiver, grid_stream_deliver(op->stream));                                                 \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        op->work.execute = N##_execute;                                                                                \
        post;                                                                                                          \
    }

#define SENDER_INLINE_READ(N, R)                                                                                       \
    struct N##_sender {                                                                                                \
        struct grid_stream *stream;                                                                                    \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct grid_stream *stream;                                                                                    \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_INLINE };                                                \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->stream = sender.stream;                                                                                    \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_VALUE);                                                                                              \
        R##_set_value(&op->receiver, grid_stream_deliver(op->stream));                                                 \
    }

struct member_posted_read_sender {
    struct grid_stream *stream;
};

struct member_posted_read {
    struct grid_stream *stream;
    struct continuation continuation;
};

static inline void member_posted_read_as_awaitable(struct member_posted_read *self,
                                                   struct member_posted_read_sender sender, struct coro *continuation)
{
    self->stream = sender.stream;
    self->continuation.coro = continuation;
}

static inline bool member_posted_read_await_ready(struct member_posted_read *self)
{
    (void)self;
    return false;
}

static inline struct coro *member_posted_read_await_suspend(struct member_posted_read *self)
{
    thread_pool_post(self->stream->pool, &self->continuation);
    return noop_coroutine();
}

static inline ssize_t member_posted_read_await_resume(struct member_posted_read *self)
{
    return grid_stream_deliver(self->stream);
}

struct member_transferred_read_sender {
    struct grid_stream *stream;
};

struct member_transferred_read {
    struct grid_stream *stream;
    struct coro *continuation;
};

static inline void member_transferred_read_as_awaitable(struct member_transferred_read *self,
                                                        struct member_transferred_read_sender sender,
                                                        struct coro *continuation)
{
    self->stream = sender.stream;
    self->continuation = continuation;
}

static inline bool member_transferred_read_await_ready(struct member_transferred_read *self)
{
    (void)self;
    return false;
}

static inline struct coro *member_transferred_read_await_suspend(struct member_transferred_read *self)
{
    return self->continuation;
}

static inline ssize_t member_transferred_read_await_resume(struct member_transferred_read *self)
{
    return grid_stream_deliver(self->stream);
}

#endif
