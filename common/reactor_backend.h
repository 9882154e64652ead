/* The seam between the reactor and its backends: what a backend implements, and what every backend shares. Only
 * reactor*.c and stream*.c include it.
 *
 * A backend's reactor starts with struct reactor. While an operation is in flight its `next` and `result` belong to the
 * backend, which keeps there what it needs to know, so that nothing is allocated per operation.
 */
#ifndef ABREAST_COMMON_REACTOR_BACKEND_H
#define ABREAST_COMMON_REACTOR_BACKEND_H

#include "common/probe.h"
#include "common/reactor.h"
#include "common/stream.h"

#include <errno.h>
#include <sys/socket.h>

/* Off the path of a message: kept out of the way of its code, which after each system call comes cold from the cache.
 */
#define RARE __attribute__((cold))

struct reactor_ops {
    const char *name;
    const struct stream_ops *sockets, *pipes; /* null: it serves no descriptors */
    void (*destroy)(struct reactor *);
    void (*submit)(struct reactor *, struct io_op *);
    void (*cancel)(struct reactor *, struct io_op *);
    int (*poll)(struct reactor *, bool wait);
    void (*cancel_all)(struct reactor *, struct stream *);
    void (*wake)(struct reactor *);
    void (*timer)(struct reactor *, struct reactor_timer *, uint64_t nanoseconds);
    void (*close)(struct reactor *, struct stream *); /* before the descriptor is closed; null: nothing to do */
    /* null: not supported; else as their functions in stream.h */
    int (*receive_multishot)(struct reactor *, struct stream *);
    int (*register_file)(struct reactor *, struct stream *);
};

struct reactor {
    const struct reactor_ops *ops;
    struct reactor_counts counts; /* what is in flight is their difference */
    char *features; /* the backend's, of REACTOR_FEATURES_BYTES: out of the way of what each message needs */
};
enum { REACTOR_FEATURES_BYTES = 192 };

/* 0 or negative errno, and then `*reason` says what to do. */
int reactor_create_io_uring(struct reactor **, const struct reactor_options *, const char **reason);
int reactor_create_epoll(struct reactor **, const struct reactor_options *, const char **reason);
int reactor_create_sim(struct reactor **, const struct reactor_options *, const char **reason);

/* Whether ABREAST_FORBID names the feature: do without, as if the kernel refused it. */
bool reactor_forbidden(const char *feature);

static inline void reactor_submitted(struct reactor *reactor)
{
    PROBE(SUBMIT);
    reactor->counts.submitted++;
}

/* Delivers a completion. The operation may be gone when it returns. */
static inline void reactor_complete(struct reactor *reactor, struct io_op *op, ssize_t result)
{
    reactor->counts.completed++;
    PROBE(COMPLETE);
    op->result = result;
    op->complete(op);
}

/* Operations in order of arrival. Zero-initialise. */
struct op_queue {
    struct io_op *first;
    struct io_op *last;
};

static inline void op_queue_push(struct op_queue *queue, struct io_op *op)
{
    op->next = NULL;
    if (queue->first)
        queue->last->next = op;
    else
        queue->first = op;
    queue->last = op;
}

static inline struct io_op *op_queue_pop(struct op_queue *queue)
{
    struct io_op *op = queue->first;
    if (op)
        queue->first = op->next;
    return op;
}

/* The operations of a stream that wait for the same thing: a ring, of which the stream holds the last. */
static inline struct io_op **stream_pending(struct stream *stream, enum io_kind kind)
{
    return &stream->pending[kind & 1];
}

static inline void pending_push(struct io_op **last, struct io_op *op)
{
    if (*last) {
        op->next = (*last)->next;
        (*last)->next = op;
    } else {
        op->next = op;
    }
    *last = op;
}

/* False when it is not among them. Mostly it is the only one; of several, those that came first are found first. */
RARE bool pending_search_and_remove(struct io_op **last, struct io_op *op);
static inline bool pending_remove(struct io_op **last, struct io_op *op)
{
    if (*last != op || op->next != op)
        return pending_search_and_remove(last, op);
    *last = NULL;
    return true;
}

/* Timers in flight, the one that is due first at the root: a pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986),
 * in the timers themselves. */
struct timer_heap {
    struct reactor_timer *first;
};
void timer_heap_push(struct timer_heap *, struct reactor_timer *);
void timer_heap_remove(struct timer_heap *, struct reactor_timer *); /* leaves its `link` null */

/* One non-blocking system call for an operation on a descriptor, repeated on EINTR and counted: what its result is to
 * be, or -EAGAIN when it would have to wait. A connect that has waited is attempted again, which gives its outcome. */
RARE ssize_t io_op_attempt_any(struct io_op *, enum io_kind);
static inline ssize_t io_op_attempt(struct io_op *op, enum io_kind kind)
{
    const struct stream *stream = op->stream;
    ssize_t result;
    if (!stream->socket || kind > IO_WRITE || op->size == 0)
        return io_op_attempt_any(op, kind);
    stream->reactor->counts.syscalls++;
    if (kind == IO_READ)
        result = recv(stream->fd, op->buffer, op->size, MSG_DONTWAIT);
    else
        result = send(stream->fd, op->buffer, op->size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (__builtin_expect(result >= 0, 1))
        return result;
    return errno == EINTR ? io_op_attempt_any(op, kind) : -errno;
}

/* Opens op's stream on a connection that has been accepted: what the result is to be. */
ssize_t io_op_accepted(struct io_op *, int fd);

/* The stream_ops of a descriptor but for `submit`, which a backend has of its own: one indirect call fewer. */
bool fd_try_read(struct io_op *);
bool fd_try_write(struct io_op *);
bool fd_try_accept(struct io_op *);
bool fd_try_connect(struct io_op *);
void fd_cancel(struct io_op *);
#define FD_STREAM_OPS(submit_)                                                                                         \
    {                                                                                                                  \
        .try_op = {[IO_READ] = fd_try_read,                                                                            \
                   [IO_WRITE] = fd_try_write,                                                                          \
                   [IO_ACCEPT] = fd_try_accept,                                                                        \
                   [IO_CONNECT] = fd_try_connect},                                                                     \
        .submit = (submit_),                                                                                           \
        .cancel = fd_cancel,                                                                                           \
        .tries_if_speculative = true,                                                                                  \
    }

/* Moves at most `size` bytes from the source or to the sink; returns how many. */
size_t memory_stream_read(struct memory_stream *, void *buffer, size_t size);
size_t memory_stream_write(struct memory_stream *, const void *buffer, size_t size);

#endif
