#include "common/reactor_backend.h"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    DEFAULT_ENTRIES = 256,
    DEFAULT_COMPLETIONS = 4096, /* room for the completions of many connections without an overflow */
    SUBMIT_TRIES = 64,
    CREATE_TRIES = 50,
};

/* A completion's user data is the address of its operation, or one of these. */
enum { USER_DATA_CANCEL = 1, USER_DATA_WAKE = 2, USER_DATA_INTERNAL = 3 };

/* io_op.result in flight. */
enum { IN_FLIGHT_POLLING = 1, IN_FLIGHT_CANCELLED = 2 };

struct uring {
    struct reactor base;
    struct io_uring ring;
    struct op_queue ready; /* complete without the kernel: their result is in `result` */
    int wake_fd;
    bool woken;
    int error; /* what reactor_poll has yet to report: negative errno */
    uint64_t wake_count;
};

/* The next free submission entry. A full queue is handed to the kernel first; null, with `*error` set, when the kernel
 * takes nothing. */
static struct io_uring_sqe *next_sqe(struct uring *self, int *error)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&self->ring);
    for (int tries = 0; !sqe && tries < SUBMIT_TRIES; tries++) {
        self->base.counts.syscalls++;
        int submitted = io_uring_submit(&self->ring);
        *error = submitted < 0 ? submitted : -EAGAIN;
        sqe = io_uring_get_sqe(&self->ring);
    }
    return sqe;
}

static void uring_submit(struct reactor *reactor, struct io_op *op)
{
    struct uring *self = (struct uring *)reactor;
    int result = 0;
    struct io_uring_sqe *sqe = op->size ? next_sqe(self, &result) : NULL;
    if (!sqe) {
        op->result = result;
        op_queue_push(&self->ready, op);
        return;
    }
    const struct stream *stream = op->stream;
    unsigned size = op->size < INT32_MAX ? (unsigned)op->size : INT32_MAX;
    if (op->kind == IO_READ) {
        if (stream->socket)
            io_uring_prep_recv(sqe, stream->fd, op->buffer, size, 0);
        else
            io_uring_prep_read(sqe, stream->fd, op->buffer, size, (uint64_t)-1);
    } else {
        if (stream->socket)
            io_uring_prep_send(sqe, stream->fd, op->buffer, size, MSG_NOSIGNAL);
        else
            io_uring_prep_write(sqe, stream->fd, op->buffer, size, (uint64_t)-1);
    }
    io_uring_sqe_set_data(sqe, op);
    op->result = 0;
}

/* A non-blocking pipe end answers EAGAIN where a socket would be waited for by the ring: wait for it, then try again.
 */
static void wait_ready(struct uring *self, struct io_op *op)
{
    int error = 0;
    struct io_uring_sqe *sqe = next_sqe(self, &error);
    if (!sqe) {
        op->result = error;
        op_queue_push(&self->ready, op);
        return;
    }
    io_uring_prep_poll_add(sqe, op->stream->fd, op->kind == IO_READ ? POLLIN : POLLOUT);
    io_uring_sqe_set_data(sqe, op);
    op->result = IN_FLIGHT_POLLING;
}

static void uring_cancel(struct reactor *reactor, struct io_op *op)
{
    struct uring *self = (struct uring *)reactor;
    for (struct io_op *ready = self->ready.first; ready; ready = ready->next)
        if (ready == op)
            return;
    int error = 0;
    struct io_uring_sqe *sqe = next_sqe(self, &error);
    if (!sqe) {
        self->error = error;
        return;
    }
    io_uring_prep_cancel(sqe, op, 0);
    io_uring_sqe_set_data64(sqe, USER_DATA_CANCEL);
    op->result |= IN_FLIGHT_CANCELLED;
}

static void await_wake(struct uring *self)
{
    int error = 0;
    struct io_uring_sqe *sqe = next_sqe(self, &error);
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

/* Takes one completion from the kernel; true when it ended an operation. */
static bool take(struct uring *self, uint64_t user_data, int result)
{
    if (user_data & USER_DATA_INTERNAL) {
        if (user_data == USER_DATA_WAKE) {
            self->woken = true;
            await_wake(self);
        }
        return false;
    }
    struct io_op *op = (struct io_op *)(uintptr_t)user_data;
    bool again = result == -EAGAIN || result == -EINTR;
    if ((op->result & IN_FLIGHT_POLLING) && result >= 0)
        again = true;
    if (again && !(op->result & IN_FLIGHT_CANCELLED)) {
        if (result == -EAGAIN)
            wait_ready(self, op);
        else
            uring_submit(&self->base, op);
        return false;
    }
    if (again)
        result = -ECANCELED;
    reactor_complete(&self->base, op, result);
    return true;
}

static int deliver(struct uring *self)
{
    struct io_uring *ring = &self->ring;
    int delivered = 0;
    struct io_op *last = self->ready.first ? self->ready.last : NULL;
    for (struct io_op *op = NULL; last && op != last; delivered++) {
        op = op_queue_pop(&self->ready);
        reactor_complete(&self->base, op, op->result);
    }

    unsigned left = io_uring_cq_ready(ring);
    unsigned head;
    struct io_uring_cqe *cqe;
    io_uring_for_each_cqe(ring, head, cqe)
    {
        if (left-- == 0)
            break;
        uint64_t user_data = cqe->user_data;
        int result = cqe->res;
        io_uring_cq_advance(ring, 1);
        delivered += take(self, user_data, result);
    }
    return delivered;
}

static bool kernel_has_more(const struct io_uring *ring)
{
    return __atomic_load_n(ring->sq.kflags, __ATOMIC_RELAXED) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW);
}

static int uring_poll(struct reactor *reactor, bool wait)
{
    struct uring *self = (struct uring *)reactor;
    struct io_uring *ring = &self->ring;
    for (;;) {
        bool block = wait && !self->woken && !self->ready.first && io_uring_cq_ready(ring) == 0;
        int entered = 0;
        if (block || io_uring_sq_ready(ring) || kernel_has_more(ring)) {
            self->base.counts.syscalls++;
            entered = block ? io_uring_submit_and_wait(ring, 1) : io_uring_submit_and_get_events(ring);
        }
        /* A signal that ends the wait after entries were taken is reported as the number taken. */
        bool interrupted = io_uring_cq_ready(ring) == 0 && io_uring_sq_ready(ring) == 0;

        int delivered = deliver(self);
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

static void uring_destroy(struct reactor *reactor)
{
    struct uring *self = (struct uring *)reactor;
    io_uring_queue_exit(&self->ring);
    close(self->wake_fd);
    free(self);
}

static const struct reactor_ops uring_ops = {
    .name = "io_uring",
    .kernel = true,
    .destroy = uring_destroy,
    .submit = uring_submit,
    .cancel = uring_cancel,
    .poll = uring_poll,
    .wake = uring_wake,
};

/* The set-ups worth having, best first: an older kernel refuses flags that it does not know with EINVAL. */
static const struct {
    unsigned flags;
    const char *words;
} setups[] = {
    {IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SINGLE_ISSUER |
         IORING_SETUP_DEFER_TASKRUN,
     "single_issuer defer_taskrun coop_taskrun submit_all"},
    {IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG, "coop_taskrun submit_all"},
    {0, "no set-up flags"},
};
enum { SETUP_COUNT = sizeof setups / sizeof *setups };

/* A ring's locked memory is given back some time after it was closed, so that rings made back to back can find none. */
static int create_ring(struct io_uring *ring, unsigned entries, unsigned completions, unsigned flags)
{
    int status = -ENOMEM;
    for (int tries = 0; status == -ENOMEM && tries < CREATE_TRIES; tries++) {
        if (tries)
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        struct io_uring_params parameters = {.flags = flags | IORING_SETUP_CLAMP | IORING_SETUP_CQSIZE,
                                             .cq_entries = completions};
        status = io_uring_queue_init_params(entries, ring, &parameters);
    }
    return status;
}

static const char *why_not(int error)
{
    switch (error) {
    case -EPERM:
    case -EACCES:
        return "io_uring is not permitted here: set sysctl kernel.io_uring_disabled=0 or allow it in the container's "
               "seccomp policy, or use --reactor=epoll";
    case -ENOSYS:
        return "this kernel has no io_uring: use Linux 5.6 or newer with CONFIG_IO_URING, or use --reactor=epoll";
    case -ENOMEM:
        return "io_uring found no memory for its rings: raise the locked-memory limit (ulimit -l), or use "
               "--reactor=epoll";
    case -EMFILE:
    case -ENFILE:
        return "io_uring found no free file descriptor: raise the limit (ulimit -n)";
    default:
        return "io_uring refused to set up a ring: give fewer queue entries, or use --reactor=epoll";
    }
}

/* ABREAST_FORBID: what to do without, as if the kernel refused it. */
static bool forbidden(const char *feature)
{
    const char *list = getenv("ABREAST_FORBID");
    size_t length = strlen(feature);
    while (list && *list) {
        size_t word = strcspn(list, ",");
        if (word == length && memcmp(list, feature, length) == 0)
            return true;
        list += word + (list[word] == ',');
    }
    return false;
}

int reactor_create_io_uring(struct reactor **reactor, const struct reactor_options *options, const char **reason)
{
    unsigned entries = options->queue_entries ? options->queue_entries : DEFAULT_ENTRIES;
    unsigned completions = options->queue_entries ? 2 * options->queue_entries : DEFAULT_COMPLETIONS;
    int status = -ENOMEM;
    struct uring *self = calloc(1, sizeof *self);
    if (!self)
        goto fail;
    self->wake_fd = eventfd(0, EFD_CLOEXEC);
    if (self->wake_fd < 0) {
        status = -errno;
        goto fail_memory;
    }

    size_t setup = forbidden("defer_taskrun") ? 1 : 0;
    status = -EPERM;
    if (!forbidden("io_uring"))
        while ((status = create_ring(&self->ring, entries, completions, setups[setup].flags)) == -EINVAL &&
               setup + 1 < SETUP_COUNT)
            setup++;
    if (status < 0)
        goto fail_descriptor;

    bool registered = io_uring_register_ring_fd(&self->ring) == 1;
    self->base.ops = &uring_ops;
    snprintf(self->base.features, sizeof self->base.features, "io_uring: %s%s, %u submission and %u completion entries",
             setups[setup].words, registered ? " registered_ring" : "", self->ring.sq.ring_entries,
             self->ring.cq.ring_entries);
    await_wake(self);
    *reactor = &self->base;
    return 0;

fail_descriptor:
    close(self->wake_fd);
fail_memory:
    free(self);
fail:
    *reason = why_not(status);
    return status;
}
