#include "common/reactor_uring.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SUBMIT_TRIES = 64, NS_PER_SECOND = 1000000000, REGISTERED_FILES = 4096 };

struct io_uring_sqe *uring_sqe_of_full_queue(struct uring *self, int *error)
{
    struct io_uring_sqe *sqe = NULL;
    for (int tries = 0; !sqe && tries < SUBMIT_TRIES; tries++) {
        self->base.counts.syscalls++;
        int submitted = io_uring_submit(&self->ring);
        *error = submitted < 0 ? submitted : -EAGAIN;
        sqe = io_uring_get_sqe(&self->ring);
    }
    return sqe;
}

static void prepare(struct io_uring_sqe *sqe, const struct io_op *op)
{
    const struct stream *stream = op->stream;
    unsigned size = op->size < INT32_MAX ? (unsigned)op->size : INT32_MAX;
    switch (op->kind) {
    case IO_READ:
        if (stream->socket)
            io_uring_prep_recv(sqe, stream->fd, op->buffer, size, 0);
        else
            io_uring_prep_read(sqe, stream->fd, op->buffer, size, (uint64_t)-1);
        break;
    case IO_WRITE:
        if (stream->socket)
            io_uring_prep_send(sqe, stream->fd, op->buffer, size, MSG_NOSIGNAL);
        else
            io_uring_prep_write(sqe, stream->fd, op->buffer, size, (uint64_t)-1);
        break;
    case IO_ACCEPT:
        io_uring_prep_accept(sqe, stream->fd, NULL, NULL, SOCK_CLOEXEC);
        break;
    default:
        io_uring_prep_connect(sqe, stream->fd, op->buffer, (socklen_t)op->size);
    }
    sqe->flags |= stream->submission_flags;
    io_uring_sqe_set_data(sqe, (void *)op);
}

/* Complete without the kernel, from the next poll. */
static void complete_later(struct uring *self, struct io_op *op, ssize_t result)
{
    op->result = result;
    op_queue_push(&self->ready, op);
}

RARE static void uring_submit(struct reactor *reactor, struct io_op *op)
{
    struct uring *self = (struct uring *)reactor;
    struct stream *stream = op->stream;
    int result = 0;
    if (stream->multishot && op->kind == IO_READ && op->size && uring_receive_begin(self, op))
        return;
    struct io_uring_sqe *sqe = op->size ? uring_next_sqe(self, &result) : NULL;
    if (!sqe) {
        complete_later(self, op, result);
        return;
    }
    prepare(sqe, op);
    op->result = 0;
    pending_push(stream_pending(stream, op->kind), op);
}

/* A read or write of a socket, which is what most operations are: io_uring_get_sqe and its preparation in one, for a
 * ring without SQE128 and SQPOLL. False when it is something else, or the queue is full. */
static inline bool submit_transfer(struct uring *self, struct stream *stream, struct io_op *op, enum io_kind kind)
{
    struct io_uring_sq *queue = &self->ring.sq;
    unsigned at = queue->sqe_tail;
    if (op->size - 1 >= INT32_MAX || at - __atomic_load_n(queue->khead, __ATOMIC_RELAXED) >= queue->ring_entries)
        return false;
    queue->sqe_tail = at + 1;
    queue->sqes[at & queue->ring_mask] = (struct io_uring_sqe){
        .opcode = kind == IO_READ ? IORING_OP_RECV : IORING_OP_SEND,
        .flags = stream->submission_flags,
        .fd = stream->fd,
        .addr = (uintptr_t)op->buffer,
        .len = (unsigned)op->size,
        .msg_flags = kind == IO_READ ? 0 : MSG_NOSIGNAL,
        .user_data = (uintptr_t)op,
    };
    op->result = 0;
    pending_push(&stream->pending[kind], op);
    return true;
}

/* Of sockets without a multishot receive. */
static void socket_submit(struct io_op *op)
{
    struct stream *stream = op->stream;
    struct uring *self = (struct uring *)stream->reactor;
    reactor_submitted(&self->base);
    if (op->kind == IO_WRITE && submit_transfer(self, stream, op, IO_WRITE))
        return;
    if (op->kind == IO_READ && submit_transfer(self, stream, op, IO_READ))
        return;
    uring_submit(&self->base, op);
}

void uring_stream_submit(struct io_op *op)
{
    struct uring *self = (struct uring *)op->stream->reactor;
    reactor_submitted(&self->base);
    if (!op->stream->socket || op->kind != IO_WRITE || !submit_transfer(self, op->stream, op, IO_WRITE))
        uring_submit(&self->base, op);
}

static void uring_timer(struct reactor *reactor, struct reactor_timer *timer, uint64_t nanoseconds)
{
    struct uring *self = (struct uring *)reactor;
    int error = 0;
    struct io_uring_sqe *sqe = uring_next_sqe(self, &error);
    if (!sqe) {
        complete_later(self, &timer->op, error);
        return;
    }
    timer->interval.tv_sec = (int64_t)(nanoseconds / NS_PER_SECOND);
    timer->interval.tv_nsec = (long long)(nanoseconds % NS_PER_SECOND);
    io_uring_prep_timeout(sqe, &timer->interval, 0, 0);
    io_uring_sqe_set_data(sqe, &timer->op);
    timer->op.result = 0;
}

/* A non-blocking pipe end answers EAGAIN where a socket would be waited for by the ring: wait for it, then try again.
 */
static void wait_ready(struct uring *self, struct io_op *op)
{
    int error = 0;
    struct io_uring_sqe *sqe = uring_next_sqe(self, &error);
    if (!sqe) {
        complete_later(self, op, error);
        return;
    }
    io_uring_prep_poll_add(sqe, op->stream->fd, op->kind & 1 ? POLLOUT : POLLIN);
    sqe->flags |= op->stream->submission_flags;
    io_uring_sqe_set_data(sqe, op);
    op->result = IN_FLIGHT_POLLING;
    pending_push(stream_pending(op->stream, op->kind), op);
}

static void uring_cancel(struct reactor *reactor, struct io_op *op)
{
    struct uring *self = (struct uring *)reactor;
    for (struct io_op *ready = self->ready.first; ready; ready = ready->next)
        if (ready == op)
            return;
    if (op->result & IN_FLIGHT_BUFFERED) {
        pending_remove(stream_pending(op->stream, IO_READ), op);
        complete_later(self, op, -ECANCELED);
        return;
    }
    int error = 0;
    struct io_uring_sqe *sqe = uring_next_sqe(self, &error);
    if (!sqe) {
        self->error = error;
        return;
    }
    io_uring_prep_cancel(sqe, op, 0);
    io_uring_sqe_set_data64(sqe, USER_DATA_CANCEL);
    op->result |= IN_FLIGHT_CANCELLED;
}

static void uring_cancel_all(struct reactor *reactor, struct stream *stream)
{
    for (int i = 0; i < 2; i++) {
        struct io_op *last = stream->pending[i], *next = last ? last->next : NULL;
        for (struct io_op *op = NULL; last && op != last;) {
            op = next;
            next = op->next;
            uring_cancel(reactor, op);
        }
    }
}

void uring_await_wake(struct uring *self)
{
    int error = 0;
    struct io_uring_sqe *sqe = uring_next_sqe(self, &error);
    if (!sqe) {
        self->error = error;
        return;
    }
    io_uring_prep_read(sqe, self->wake_fd, &self->wake_count, sizeof self->wake_count, 0);
    io_uring_sqe_set_data64(sqe, USER_DATA_WAKE);
}

static void uring_wake(struct reactor *reactor)
{
    struct uring *self = (struct uring *)reactor;
    uint64_t one = 1;
    while (write(self->wake_fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

/* A completion from the kernel that is not of an operation, or of one that may have to go on. */
RARE static void take_any(struct uring *self, uint64_t user_data, int result, unsigned flags)
{
    if (user_data & USER_DATA_RECEIVE) {
        uring_receive_complete(self, (void *)(uintptr_t)(user_data & ~(uint64_t)USER_DATA_RECEIVE), result, flags);
        return;
    }
    if (user_data & USER_DATA_INTERNAL) {
        if (user_data == USER_DATA_WAKE) {
            self->woken = true;
            uring_await_wake(self);
        }
        return;
    }
    struct io_op *op = (struct io_op *)(uintptr_t)user_data;
    if (op->kind == IO_TIMER) {
        reactor_complete(&self->base, op, result == -ETIME ? 0 : result);
        return;
    }
    pending_remove(stream_pending(op->stream, op->kind), op);
    bool again = result == -EAGAIN || result == -EINTR;
    if ((op->result & IN_FLIGHT_POLLING) && result >= 0)
        again = true;
    if (again && !(op->result & IN_FLIGHT_CANCELLED)) {
        if (result == -EAGAIN)
            wait_ready(self, op);
        else
            uring_submit(&self->base, op);
        return;
    }
    if (again)
        result = -ECANCELED;
    if (op->kind == IO_ACCEPT && result >= 0)
        result = (int)io_op_accepted(op, result);
    reactor_complete(&self->base, op, result);
}

/* Takes one completion from the kernel. */
static inline void take(struct uring *self, uint64_t user_data, int result, unsigned flags)
{
    struct io_op *op = (struct io_op *)(uintptr_t)user_data;
    if (user_data & USER_DATA_BITS || op->kind > IO_WRITE || result < 0 || op->result) {
        take_any(self, user_data, result, flags);
        return;
    }
    pending_remove(stream_pending(op->stream, op->kind), op);
    reactor_complete(&self->base, op, result);
}

static void deliver(struct uring *self)
{
    struct io_op *last = self->ready.first ? self->ready.last : NULL;
    for (struct io_op *op = NULL; last && op != last;) {
        op = op_queue_pop(&self->ready);
        reactor_complete(&self->base, op, op->result);
    }

    /* Each is given back before it is delivered, so that the queue has room for what that brings about. Meanwhile the
     * next one's operation is fetched. */
    const struct io_uring_cq *queue = &self->ring.cq;
    unsigned *const given_back = queue->khead, head = *given_back;
    const struct io_uring_cqe *next = &queue->cqes[head & queue->ring_mask];
    for (const unsigned end = head + io_uring_cq_ready(&self->ring); head != end;) {
        uint64_t user_data = next->user_data;
        int result = next->res;
        unsigned flags = next->flags;
        io_uring_smp_store_release(given_back, ++head);
        next = &queue->cqes[head & queue->ring_mask];
        __builtin_prefetch((void *)(uintptr_t)next->user_data);
        take(self, user_data, result, flags);
    }
}

static bool kernel_has_more(const struct io_uring *ring)
{
    return __atomic_load_n(ring->sq.kflags, __ATOMIC_RELAXED) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW);
}

static int uring_poll(struct reactor *reactor, bool wait)
{
    struct uring *self = (struct uring *)reactor;
    struct io_uring *ring = &self->ring;
    const uint64_t before = reactor->counts.completed;
    for (;;) {
        bool block = wait && !self->woken && !self->ready.first && io_uring_cq_ready(ring) == 0;
        int entered = 0;
        if (block || io_uring_sq_ready(ring) || kernel_has_more(ring)) {
            self->base.counts.syscalls++;
            entered = block ? io_uring_submit_and_wait(ring, 1) : io_uring_submit_and_get_events(ring);
        }
        /* A signal that ends the wait after entries were taken is reported as the number taken. */
        bool interrupted = io_uring_cq_ready(ring) == 0 && io_uring_sq_ready(ring) == 0;

        deliver(self);
        int delivered = (int)(reactor->counts.completed - before);
        int error = self->error;
        self->error = 0;
        if (error == 0 && entered < 0 && entered != -EINTR && entered != -EBUSY)
            error = entered;
        bool woken = self->woken;
        if (wait)
            self->woken = false;
        if (error && !delivered)
            return error;
        self->error = error;
        if (delivered || !wait || woken || interrupted || entered == -EINTR)
            return delivered;
    }
}

/* The table has a place for each number of a descriptor. */
static int uring_register_file(struct reactor *reactor, struct stream *stream)
{
    struct uring *self = (struct uring *)reactor;
    if (!self->has_files || stream->fd >= REGISTERED_FILES)
        return -ENOTSUP;
    int status = self->files_ready ? 0 : io_uring_register_files_sparse(&self->ring, REGISTERED_FILES);
    if (status < 0)
        return status == -EMFILE ? -ENOTSUP : status;
    self->files_ready = true;
    status = io_uring_register_files_update(&self->ring, (unsigned)stream->fd, &stream->fd, 1);
    if (status == 1)
        stream->submission_flags = IOSQE_FIXED_FILE;
    return status == 1 ? 0 : status < 0 ? status : -ENOTSUP;
}

static void uring_close(struct reactor *reactor, struct stream *stream)
{
    struct uring *self = (struct uring *)reactor;
    uring_receive_close(self, stream);
    if (!stream->submission_flags)
        return;
    int status = io_uring_register_files_update(&self->ring, (unsigned)stream->fd, &(int){-1}, 1);
    stream->submission_flags = 0;
    if (status < 0)
        self->error = status;
}

static void uring_destroy(struct reactor *reactor)
{
    struct uring *self = (struct uring *)reactor;
    uring_receive_destroy(self);
    io_uring_queue_exit(&self->ring);
    close(self->wake_fd);
    free(self);
}

static const struct stream_ops uring_sockets = FD_STREAM_OPS(socket_submit);
static const struct stream_ops uring_pipes = FD_STREAM_OPS(uring_stream_submit);

const struct reactor_ops uring_ops = {
    .name = "io_uring",
    .sockets = &uring_sockets,
    .pipes = &uring_pipes,
    .destroy = uring_destroy,
    .submit = uring_submit,
    .cancel = uring_cancel,
    .cancel_all = uring_cancel_all,
    .poll = uring_poll,
    .wake = uring_wake,
    .timer = uring_timer,
    .close = uring_close,
    .receive_multishot = uring_receive_open,
    .register_file = uring_register_file,
};
