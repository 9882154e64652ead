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

/* An operation in flight is either in the queue, to be tried (`result` 0) or delivered with an error, or it waits for
 * its descriptor among the stream's pending ones. One that reads or accepts waits at once, for it either has been tried
 * by stream_try or is not to be; one that writes or connects is tried first, for it seldom has to wait.
 *
 * A descriptor is registered once, level-triggered, for what its operations wait for. The registration stays when they
 * have completed, so that an exchange of messages needs no epoll_ctl; what nobody waits for is taken out of it when it
 * would keep a wait from waiting. Edge-triggered, an operation that moved all it was asked to would have to be followed
 * by one that fails with EAGAIN. */
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
    int next_event, last_event; /* of the events, those not yet dealt with; last_event 0: none */
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
    op->result = waits ? park(self, op) : 0;
    if (!waits || op->result < 0)
        op_queue_push(&self->queue, op);
}

/* What follows another message: a write that has not been tried, or a read of a stream that is registered. */
static void stream_submitted(struct io_op *op)
{
    struct stream *stream = op->stream;
    struct epoll_reactor *self = (struct epoll_reactor *)stream->reactor;
    reactor_submitted(&self->base);
    op->result = 0;
    if (op->kind == IO_WRITE && !stream->speculative)
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
        if (op->result == 0)
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
            if (op->stream == stream && op->result == 0)
                op->result = -ECANCELED;
    for (int i = 0; i < 2; i++)
        while (stream->pending[i])
            epoll_cancel(reactor, stream->pending[i]->next);
}

/* What comes of an operation that is not done: 0 when it waits. */
RARE static ssize_t not_done(struct epoll_reactor *self, struct io_op *op, ssize_t result)
{
    return result == -EAGAIN ? park(self, op) : result;
}

/* Tries an operation, or delivers its error; returns how many completed. */
static inline int run(struct epoll_reactor *self, struct io_op *op)
{
    ssize_t result = op->result;
    if (__builtin_expect(result == 0, 1))
        result = io_op_attempt(op, op->kind);
    if (result < 0 && (result = not_done(self, op, result)) == 0)
        return 0;
    reactor_complete(&self->base, op, result);
    return 1;
}

/* The same, and then for the first one that is queued: mostly the write that follows the read, while the processor
 * still has the socket at hand. */
static inline int run_with_next(struct epoll_reactor *self, struct io_op *op)
{
    int delivered = 0;
    for (bool next = false; op; next = true) {
        delivered += run(self, op);
        op = next ? NULL : op_queue_pop(&self->queue);
    }
    return delivered;
}

/* Runs what is queued now, each with the first one that has been queued since. Returns how many completed. */
RARE static int run_queue(struct epoll_reactor *self)
{
    int delivered = 0;
    self->batch = self->queue;
    self->queue = (struct op_queue){0};
    for (struct io_op *op; (op = op_queue_pop(&self->batch));)
        delivered += run_with_next(self, op);
    return delivered;
}

static int run_timers(struct epoll_reactor *self)
{
    int delivered = 0;
    if (!self->timers.first)
        return 0;
    uint64_t now = now_ns();
    for (struct reactor_timer *timer; (timer = self->timers.first) && timer->due <= now; delivered++) {
        timer_heap_remove(&self->timers, timer);
        reactor_complete(&self->base, &timer->op, 0);
    }
    return delivered;
}

/* The first operation that waits for it, which it does no longer; null when there is none. */
static inline struct io_op *pending_pop(struct stream *stream, enum io_kind kind)
{
    struct io_op **last = stream_pending(stream, kind), *first = *last ? (*last)->next : NULL;
    if (first)
        pending_remove(last, first);
    return first;
}

/* What the kernel says of a descriptor, where that is not that somebody can read. Where nobody wanted to know, and
 * `blocked`, it is not to say so again; a hang-up or an error it says as long as the descriptor is registered. */
RARE static int handle_any(struct epoll_reactor *self, struct stream *stream, unsigned events, bool blocked)
{
    bool broken = events & (EPOLLHUP | EPOLLERR), readable = events & EPOLLIN || broken,
         writable = events & EPOLLOUT || broken;
    struct io_op *reader = readable ? pending_pop(stream, IO_READ) : NULL;
    struct io_op *writer = writable ? pending_pop(stream, IO_WRITE) : NULL;
    if (reader && writer)
        op_queue_push(&self->queue, writer);
    if (reader || writer)
        return run_with_next(self, reader ? reader : writer);
    if (blocked) {
        unsigned unwanted = (readable ? EPOLLIN : 0) | (writable ? EPOLLOUT : 0);
        register_interest(self, stream, broken ? 0 : stream->interest & ~unwanted);
    }
    return 0;
}

/* Returns how many operations completed, after which the stream may be gone. */
static inline int handle(struct epoll_reactor *self, struct stream *stream, unsigned events, bool blocked)
{
    if (events != EPOLLIN || !*stream_pending(stream, IO_READ))
        return handle_any(self, stream, events, blocked);
    return run_with_next(self, pending_pop(stream, IO_READ));
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

RARE static void take_wake(struct epoll_reactor *self)
{
    uint64_t ignored;
    self->woken = read(self->wake_fd, &ignored, sizeof ignored) > 0;
}

/* Runs what the kernel says is ready, unless what ran before it has closed its stream. Stores how many operations
 * completed; returns negative errno when the kernel said nothing. */
static int run_events(struct epoll_reactor *self, bool block, int *delivered)
{
    int count = ask_kernel(self, block);
    if (count < 0)
        return -errno;
    self->last_event = count;
    for (int i = 0; i < count; i++) {
        struct stream *stream = self->events[i].data.ptr;
        unsigned events = self->events[i].events;
        self->next_event = i + 1;
        if (__builtin_expect(stream && events, 1))
            *delivered += handle(self, stream, events, block);
        else if (!stream)
            take_wake(self);
    }
    self->last_event = 0;
    return 0;
}

static int epoll_poll(struct reactor *reactor, bool wait)
{
    struct epoll_reactor *self = (struct epoll_reactor *)reactor;
    for (;;) {
        int delivered = self->queue.first ? run_queue(self) : 0;
        if (delivered && ++self->polls_since_wait < POLLS_BETWEEN_WAITS)
            return delivered;
        self->polls_since_wait = 0;
        int status = run_events(self, wait && !delivered && !self->queue.first && !self->woken, &delivered);
        if (status < 0 && status != -EINTR && !delivered)
            return status;
        delivered += run_timers(self);
        if (self->queue.first)
            delivered += run_queue(self);
        bool woken = self->woken;
        if (wait)
            self->woken = false;
        if (delivered || !wait || woken || status == -EINTR)
            return delivered;
    }
}

/* A descriptor that has a duplicate stays registered when it is closed. What the kernel has said of it is void. */
static void epoll_close(struct reactor *reactor, struct stream *stream)
{
    struct epoll_reactor *self = (struct epoll_reactor *)reactor;
    for (int i = self->next_event; i < self->last_event; i++)
        if (self->events[i].data.ptr == stream)
            self->events[i].events = 0;
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

static const struct stream_ops epoll_streams = FD_STREAM_OPS(stream_submitted);

static const struct reactor_ops epoll_ops = {
    .name = "epoll",
    .sockets = &epoll_streams,
    .pipes = &epoll_streams,
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
    self->pwait2 = !reactor_forbidden("epoll_pwait2") &&
                   epoll_pwait2(self->epoll_fd, &event, 1, &(struct timespec){.tv_sec = 0}, NULL) >= 0;
    self->base.features = self->features;
    snprintf(self->features, sizeof self->features, "epoll: level-triggered, eventfd wake%s",
             self->pwait2 ? ", epoll_pwait2" : "");
    *reason = NULL;
    *reactor = &self->base;
    return 0;
}
