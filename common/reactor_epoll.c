#include "common/reactor_backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    EVENTS_PER_WAIT = 64,
    /* With operations to try at hand the kernel is asked for events only every so many polls. */
    POLLS_BETWEEN_WAITS = 16,
};

/* An operation in flight is either in the queue, to be tried (`result` 0) or delivered as cancelled (-ECANCELED), or it
 * waits for its descriptor in stream->pending.
 *
 * A descriptor is registered edge-triggered, for reading when a read first has to wait and for writing when a write
 * has: a socket whose writes never wait is spared the event of each write that the peer has read. */
struct epoll_reactor {
    struct reactor base;
    struct op_queue queue;
    int epoll_fd;
    int wake_fd;
    bool woken;
    unsigned polls_since_wait;
};

static void epoll_submit(struct reactor *reactor, struct io_op *op)
{
    struct epoll_reactor *self = (struct epoll_reactor *)reactor;
    op->result = 0;
    op_queue_push(&self->queue, op);
}

static void epoll_cancel(struct reactor *reactor, struct io_op *op)
{
    struct epoll_reactor *self = (struct epoll_reactor *)reactor;
    op->result = -ECANCELED;
    if (op->stream->pending[op->kind] != op)
        return;
    op->stream->pending[op->kind] = NULL;
    op_queue_push(&self->queue, op);
}

/* Makes the operation wait for its descriptor; 0 or negative errno. */
static int park(struct epoll_reactor *self, struct io_op *op)
{
    struct stream *stream = op->stream;
    unsigned wanted = stream->interest | (op->kind == IO_READ ? EPOLLIN | EPOLLRDHUP : EPOLLOUT);
    if (wanted != stream->interest) {
        struct epoll_event event = {.events = wanted | EPOLLET, .data.ptr = stream};
        self->base.counts.syscalls++;
        if (epoll_ctl(self->epoll_fd, stream->interest ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, stream->fd, &event) < 0)
            return -errno;
        stream->interest = wanted;
    }
    stream->pending[op->kind] = op;
    return 0;
}

/* Tries what is queued now, not what the completions add; returns how many completed. */
static int run_queue(struct epoll_reactor *self)
{
    int delivered = 0;
    struct io_op *last = self->queue.first ? self->queue.last : NULL;
    for (struct io_op *op = NULL; last && op != last;) {
        op = op_queue_pop(&self->queue);
        ssize_t result = op->result;
        if (result == 0)
            result = io_op_attempt(op, op->kind);
        if (result == -EAGAIN && (result = park(self, op)) == 0)
            continue;
        reactor_complete(&self->base, op, result);
        delivered++;
    }
    return delivered;
}

static void requeue(struct epoll_reactor *self, struct stream *stream, enum io_kind kind)
{
    struct io_op *op = stream->pending[kind];
    if (!op)
        return;
    stream->pending[kind] = NULL;
    op_queue_push(&self->queue, op);
}

/* Queues what the kernel says is ready. Streams are not looked at once completions are delivered: they may be gone. */
static int wait_for_events(struct epoll_reactor *self, int timeout)
{
    struct epoll_event events[EVENTS_PER_WAIT];
    self->base.counts.syscalls++;
    int count = epoll_wait(self->epoll_fd, events, EVENTS_PER_WAIT, timeout);
    if (count < 0)
        return -errno;
    for (int i = 0; i < count; i++) {
        struct stream *stream = events[i].data.ptr;
        if (!stream) {
            uint64_t ignored;
            self->woken = read(self->wake_fd, &ignored, sizeof ignored) > 0;
            continue;
        }
        if (events[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
            requeue(self, stream, IO_READ);
        if (events[i].events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
            requeue(self, stream, IO_WRITE);
    }
    return count;
}

static int epoll_poll(struct reactor *reactor, bool wait)
{
    struct epoll_reactor *self = (struct epoll_reactor *)reactor;
    for (;;) {
        int delivered = run_queue(self);
        if (delivered && ++self->polls_since_wait < POLLS_BETWEEN_WAITS)
            return delivered;
        self->polls_since_wait = 0;
        bool block = wait && !delivered && !self->queue.first && !self->woken;
        int count = wait_for_events(self, block ? -1 : 0);
        if (count < 0 && count != -EINTR && !delivered)
            return count;
        delivered += run_queue(self);
        bool woken = self->woken;
        if (wait)
            self->woken = false;
        if (delivered || !wait || woken || count == -EINTR)
            return delivered;
    }
}

static void epoll_wake(struct reactor *reactor)
{
    struct epoll_reactor *self = (struct epoll_reactor *)reactor;
    uint64_t one = 1;
    while (write(self->wake_fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

static void epoll_destroy(struct reactor *reactor)
{
    struct epoll_reactor *self = (struct epoll_reactor *)reactor;
    close(self->wake_fd);
    close(self->epoll_fd);
    free(self);
}

static const struct reactor_ops epoll_ops = {
    .name = "epoll",
    .kernel = true,
    .destroy = epoll_destroy,
    .submit = epoll_submit,
    .cancel = epoll_cancel,
    .poll = epoll_poll,
    .wake = epoll_wake,
};

int reactor_create_epoll(struct reactor **reactor, const struct reactor_options *options, const char **reason)
{
    (void)options;
    *reason = "epoll could not be set up: raise the limit of open files (ulimit -n) or free some memory";
    struct epoll_reactor *self = calloc(1, sizeof *self);
    if (!self)
        return -ENOMEM;
    self->base.ops = &epoll_ops;
    self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    self->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN};
    if (self->epoll_fd < 0 || self->wake_fd < 0 ||
        epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, self->wake_fd, &event) < 0) {
        int status = -errno;
        if (self->epoll_fd >= 0)
            close(self->epoll_fd);
        if (self->wake_fd >= 0)
            close(self->wake_fd);
        free(self);
        return status;
    }
    snprintf(self->base.features, sizeof self->base.features, "epoll: edge-triggered, eventfd wake");
    *reason = NULL;
    *reactor = &self->base;
    return 0;
}
