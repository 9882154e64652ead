#define _GNU_SOURCE /* epoll_pwait2 */
#include "common/reactor_backend.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS_PER_WAIT = 64,
    /* With operations to try at hand the kernel is asked for events only every so many polls. */
    POLLS_BETWEEN_WAITS = 16,
    NS_PER_SECOND = 1000000000,
    NS_PER_MS = 1000000,
};

/* An operation in flight is either in the queue, to be tried or delivered with an error, or it waits for its descriptor
 * among the stream's pending ones. One that reads or accepts waits at once, for it either has been tried by stream_try
 * or is not to be; one that writes or connects is tried first, for it seldom has to wait. So whatever TRANSFER is in
 * the queue is a send.
 *
 * A descriptor is registered once, level-triggered, for what its operations wait for. The registration stays when they
 * have completed, so that an exchange of messages needs no epoll_ctl; what nobody waits for is taken out of it when it
 * would keep a wait from waiting. Edge-triggered, an operation that moved all it was asked to would have to be followed
 * by one that fails with EAGAIN. */

/* io_op.result in flight; a negative one is to be delivered as it is. */
enum { TRANSFER, /* bytes from or to a socket, which is what most operations are */ OTHER };

struct epoll_reactor {
    struct reactor base;
    struct op_queue queue;
    struct op_queue batch; /* of the queue, while it is run */
    struct timer_heap timers;
    int epoll_fd;
    int wake_fd;
    bool woken;
    bool pwait2;
    unsigned polls_since_wait;
    struct epoll_event *next_event, *end_of_events; /* those not yet dealt with */
    struct stream wake; /* what events of wake_fd name, and void ones; no operation waits for it */
    struct epoll_event events[EVENTS_PER_WAIT];
    char features[REACTOR_FEATURES_BYTES];
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

RARE static int register_interest(struct epoll_reactor *self, struct stream *stream, unsigned wanted)
{
    struct epoll_event event = {.events = wanted, .data.ptr = stream};
    int operation = !stream->interest ? EPOLL_CTL_ADD : wanted ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
    self->base.counts.syscalls++;
    if (epoll_ctl(self->epoll_fd, operation, stream->fd, &event) < 0)
        return -errno;
    stream->interest = wanted;
    return 0;
}

/* Makes the operation wait for its descriptor; 0 or negative errno. */
static inline int park(struct epoll_reactor *self, struct io_op *op)
{
    struct stream *stream = op->stream;
    unsigned wanted = op->kind & 1 ? EPOLLOUT : EPOLLIN;
    int status = stream->interest & wanted ? 0 : register_interest(self, stream, stream->interest | wanted);
    if (status == 0)
        pending_push(stream_pending(stream, op->kind), op);
    return status;
}

RARE static void epoll_submit(struct reactor *reactor, struct io_op *op)
{
    struct epoll_reactor *self = (struct epoll_reactor *)reactor;
    bool waits = op->size && op->kind != IO_CONNECT && (op->kind != IO_WRITE || op->stream->speculative);
    int status = waits ? park(self, op) : 0;
    op->result = status < 0 ? status : op->stream->socket && op->size && op->kind <= IO_WRITE ? TRANSFER : OTHER;
    if (!waits || status < 0)
        op_queue_push(&self->queue, op);
}

static void pipe_submit(struct io_op *op)
{
    reactor_submit(op->stream->reactor, op);
}

/* What follows another message: a write that has not been tried, or a read of a stream that is registered. */
static void socket_submit(struct io_op *op)
{
    struct stream *stream = op->stream;
    struct epoll_reactor *self = (struct epoll_reactor *)stream->reactor;
    reactor_submitted(&self->base);
    op->result = TRANSFER;
    if (op->kind == IO_WRITE && op->size && !stream->speculative)
        op_queue_push(&self->queue, op);
    else if (op->kind == IO_READ && op->size && stream->interest & EPOLLIN)
        pending_push(&stream->pending[IO_READ], op);
    else
        epoll_submit(&self->base, op);
}

static void epoll_timer(struct reactor *reactor, struct reactor_timer *timer, uint64_t nanoseconds)
{
    struct epoll_reactor *self = (struct epoll_reactor *)reactor;
    uint64_t now = now_ns();
    timer->due = nanoseconds < UINT64_MAX - now ? now + nanoseconds : UINT64_MAX;
    timer_heap_push(&self->timers, timer);
}

static void epoll_cancel(struct reactor *reactor, struct io_op *op)
{
    struct epoll_reactor *self = (struct epoll_reactor *)reactor;
    if (op->kind == IO_TIMER) {
        struct reactor_timer *timer = (struct reactor_timer *)op;
        if (!timer->link)
            return;
        timer_heap_remove(&self->timers, timer);
    } else if (!pending_remove(stream_pending(op->stream, op->kind), op)) {
        if (op->result >= 0)
            op->result = -ECANCELED;
        return;
    }
    op->result = -ECANCELED;
    op_queue_push(&self->queue, op);
}

static void epoll_cancel_all(struct reactor *reactor, struct stream *stream)
{
    struct epoll_reactor *self = (struct epoll_reactor *)reactor;
    struct io_op *const queues[] = {self->batch.first, self->queue.first};
    for (int i = 0; i < 2; i++)
        for (struct io_op *op = queues[i]; op; op = op->next)
            if (op->stream == stream && op->result >= 0)
                op->result = -ECANCELED;
    for (int i = 0; i < 2; i++)
        while (stream->pending[i])
            epoll_cancel(reactor, stream->pending[i]->next);
}

/* What comes of an operation that no plain transfer has completed. */
RARE static void run_any(struct epoll_reactor *self, struct io_op *op, ssize_t result)
{
    if (result >= 0 || result == -EINTR)
        result = io_op_attempt_any(op, op->kind);
    if (result == -EAGAIN && (result = park(self, op)) == 0)
        return;
    reactor_complete(&self->base, op, result);
}

/* Tries an operation, or delivers its error. `kind` is that of a TRANSFER. */
static inline void run(struct epoll_reactor *self, struct io_op *op, enum io_kind kind)
{
    ssize_t result = op->result;
    if (__builtin_expect(result == TRANSFER, 1)) {
        self->base.counts.syscalls++;
        if (kind == IO_READ)
            result = recv(op->stream->fd, op->buffer, op->size, MSG_DONTWAIT);
        else
            result = send(op->stream->fd, op->buffer, op->size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (__builtin_expect(result >= 0, 1)) {
            reactor_complete(&self->base, op, result);
            return;
        }
        result = -errno;
    }
    run_any(self, op, result);
}

/* The first one that is queued: mostly the write that follows a read, while the processor has the socket at hand. */
static inline void run_next(struct epoll_reactor *self)
{
    struct io_op *op = op_queue_pop(&self->queue);
    if (op)
        run(self, op, IO_WRITE);
}

/* Runs what is queued now, each with the first one that has been queued since. */
RARE static void run_queue(struct epoll_reactor *self)
{
    self->batch = self->queue;
    self->queue = (struct op_queue){0};
    for (struct io_op *op; (op = op_queue_pop(&self->batch));) {
        run(self, op, IO_WRITE);
        run_next(self);
    }
}

static void run_timers(struct epoll_reactor *self)
{
    if (!self->timers.first)
        return;
    uint64_t now = now_ns();
    for (struct reactor_timer *timer; (timer = self->timers.first) && timer->due <= now;) {
        timer_heap_remove(&self->timers, timer);
        reactor_complete(&self->base, &timer->op, 0);
    }
}

/* The first operation that waits for it, which it does no longer; null when there is none. */
static inline struct io_op *pending_pop(struct stream *stream, enum io_kind kind)
{
    struct io_op **last = stream_pending(stream, kind), *first = *last ? (*last)->next : NULL;
    if (first)
        pending_remove(last, first);
    return first;
}

RARE static void take_wake(struct epoll_reactor *self)
{
    uint64_t ignored;
    self->woken = read(self->wake_fd, &ignored, sizeof ignored) > 0;
}

/* What the kernel says of a descriptor, where that is not that the one that waits can read. Where nobody wanted to
 * know, and `blocked`, it is not to say so again; a hang-up or an error it says as long as the descriptor is
 * registered. */
RARE static void handle_any(struct epoll_reactor *self, struct stream *stream, unsigned events, bool blocked)
{
    if (stream == &self->wake) {
        if (events)
            take_wake(self);
        return;
    }
    bool broken = events & (EPOLLHUP | EPOLLERR), readable = events & EPOLLIN || broken,
         writable = events & EPOLLOUT || broken;
    struct io_op *reader = readable ? pending_pop(stream, IO_READ) : NULL;
    struct io_op *writer = writable ? pending_pop(stream, IO_WRITE) : NULL;
    if (writer)
        op_queue_push(&self->queue, writer);
    if (reader)
        run(self, reader, IO_READ);
    if (reader || writer) {
        run_next(self);
    } else if (blocked) {
        unsigned unwanted = (readable ? EPOLLIN : 0) | (writable ? EPOLLOUT : 0);
        register_interest(self, stream, broken ? 0 : stream->interest & ~unwanted);
    }
}

/* After it the stream may be gone. */
static inline void handle(struct epoll_reactor *self, struct stream *stream, unsigned events, bool blocked)
{
    struct io_op *reader = stream->pending[IO_READ];
    if (events != EPOLLIN || !reader || reader->next != reader) {
        handle_any(self, stream, events, blocked);
        return;
    }
    stream->pending[IO_READ] = NULL;
    run(self, reader, IO_READ);
    run_next(self);
}

static int ask_kernel(struct epoll_reactor *self, bool block)
{
    uint64_t delay = 0, now;
    bool forever = block && !self->timers.first;
    if (block && !forever && self->timers.first->due > (now = now_ns()))
        delay = self->timers.first->due - now;
    self->base.counts.syscalls++;
    if (self->pwait2 && delay) {
        struct timespec timeout = {.tv_sec = (time_t)(delay / NS_PER_SECOND), .tv_nsec = (long)(delay % NS_PER_SECOND)};
        return epoll_pwait2(self->epoll_fd, self->events, EVENTS_PER_WAIT, &timeout, NULL);
    }
    uint64_t milliseconds = delay / NS_PER_MS + (delay % NS_PER_MS != 0);
    int timeout = milliseconds < INT_MAX ? (int)milliseconds : INT_MAX;
    return epoll_wait(self->epoll_fd, self->events, EVENTS_PER_WAIT, forever ? -1 : timeout);
}

/* Runs what the kernel says is ready; 0, or negative errno when it said nothing. */
static int run_events(struct epoll_reactor *self, bool block)
{
    int count = ask_kernel(self, block);
    if (count < 0)
        return -errno;
    self->next_event = self->events;
    self->end_of_events = self->events + count;
    while (self->next_event != self->end_of_events) {
        const struct epoll_event *event = self->next_event++;
        handle(self, event->data.ptr, event->events, block);
    }
    return 0;
}

static int epoll_poll(struct reactor *reactor, bool wait)
{
    struct epoll_reactor *self = (struct epoll_reactor *)reactor;
    const uint64_t before = reactor->counts.completed, *now = &reactor->counts.completed;
    for (;;) {
        if (self->queue.first)
            run_queue(self);
        if (*now != before && ++self->polls_since_wait < POLLS_BETWEEN_WAITS)
            return (int)(*now - before);
        self->polls_since_wait = 0;
        int status = run_events(self, wait && *now == before && !self->queue.first && !self->woken);
        if (status < 0 && status != -EINTR && *now == before)
            return status;
        run_timers(self);
        if (self->queue.first)
            run_queue(self);
        bool woken = self->woken;
        if (wait)
            self->woken = false;
        if (*now != before || !wait || woken || status == -EINTR)
            return (int)(*now - before);
    }
}

/* A descriptor that has a duplicate stays registered when it is closed. What the kernel has said of it is void. */
static void epoll_close(struct reactor *reactor, struct stream *stream)
{
    struct epoll_reactor *self = (struct epoll_reactor *)reactor;
    for (struct epoll_event *event = self->next_event; event != self->end_of_events; event++)
        if (event->data.ptr == stream)
            *event = (struct epoll_event){.data.ptr = &self->wake};
    if (stream->interest)
        register_interest(self, stream, 0);
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

static const struct stream_ops epoll_sockets = FD_STREAM_OPS(socket_submit);
static const struct stream_ops epoll_pipes = FD_STREAM_OPS(pipe_submit);

static const struct reactor_ops epoll_ops = {
    .name = "epoll",
    .sockets = &epoll_sockets,
    .pipes = &epoll_pipes,
    .destroy = epoll_destroy,
    .submit = epoll_submit,
    .cancel = epoll_cancel,
    .cancel_all = epoll_cancel_all,
    .poll = epoll_poll,
    .wake = epoll_wake,
    .timer = epoll_timer,
    .close = epoll_close,
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
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &self->wake};
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
    self->pwait2 = !reactor_forbidden("epoll_pwait2") &&
                   epoll_pwait2(self->epoll_fd, &event, 1, &(struct timespec){.tv_sec = 0}, NULL) >= 0;
    self->base.features = self->features;
    snprintf(self->features, sizeof self->features, "epoll: level-triggered, eventfd wake%s",
             self->pwait2 ? ", epoll_pwait2" : "");
    *reason = NULL;
    *reactor = &self->base;
    return 0;
}
