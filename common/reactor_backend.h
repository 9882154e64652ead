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

struct reactor_ops {
    const char *name;
    bool kernel; /* serves descriptors, not scripted streams */
    void (*destroy)(struct reactor *);
    void (*submit)(struct reactor *, struct io_op *);
    void (*cancel)(struct reactor *, struct io_op *);
    int (*poll)(struct reactor *, bool wait);
    void (*wake)(struct reactor *);
};

struct reactor {
    const struct reactor_ops *ops;
    size_t in_flight;
    struct reactor_counts counts;
    char features[160];
};

/* 0 or negative errno, and then `*reason` says what to do. */
int reactor_create_io_uring(struct reactor **, const struct reactor_options *, const char **reason);
int reactor_create_epoll(struct reactor **, const struct reactor_options *, const char **reason);
int reactor_create_sim(struct reactor **, const struct reactor_options *, const char **reason);

/* Delivers a completion. The operation may be gone when it returns. */
static inline void reactor_complete(struct reactor *reactor, struct io_op *op, ssize_t result)
{
    reactor->in_flight--;
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

/* One non-blocking system call for an operation on a descriptor, repeated on EINTR and counted: bytes moved or negative
 * errno, -EAGAIN when it would have to wait. */
ssize_t io_op_attempt(struct io_op *, enum io_kind);

/* Moves at most `size` bytes from the source or to the sink; returns how many. */
size_t memory_stream_read(struct memory_stream *, void *buffer, size_t size);
size_t memory_stream_write(struct memory_stream *, const void *buffer, size_t size);

#endif
