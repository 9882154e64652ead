#include "bench/bare/bare.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>

/* A completion's user data is its connection, with one bit more for a send. */
enum { SENT = 1 };

struct bare_echo {
    struct io_uring ring;
    struct bare_connection *connections;
    unsigned open;      /* connections that their peers have not closed */
    unsigned in_flight; /* operations: one for each connection that is open */
    struct bare_counts counts;
};

static void submit(struct bare_echo *self, struct bare_connection *connection, bool send)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&self->ring); /* there is one for each connection */
    if (send)
        io_uring_prep_send(sqe, connection->fd, connection->buffer + connection->sent,
                           connection->got - connection->sent, MSG_NOSIGNAL);
    else
        io_uring_prep_recv(sqe, connection->fd, connection->buffer, connection->size, 0);
    io_uring_sqe_set_data64(sqe, (uintptr_t)connection | (send ? SENT : 0));
    self->in_flight++;
}

/* What follows an operation; 0 or negative errno. */
static int complete(struct bare_echo *self, uint64_t user_data, int result)
{
    struct bare_connection *connection = (struct bare_connection *)(uintptr_t)(user_data & ~(uint64_t)SENT);
    self->in_flight--;
    if (result < 0)
        return result;
    if (!(user_data & SENT)) {
        if (result == 0) {
            connection->closed = true;
            self->open--;
            return 0;
        }
        connection->got = (size_t)result;
        connection->sent = 0;
        process(&connection->own, connection->buffer, connection->got);
        submit(self, connection, true);
        return 0;
    }
    connection->sent += (size_t)result;
    if (connection->sent == connection->got)
        self->counts.bytes += connection->got;
    submit(self, connection, connection->sent < connection->got);
    return 0;
}

static int serve(struct bare_echo *self, uint64_t bytes, struct bare_counts *counts)
{
    int status = 0;
    self->counts = (struct bare_counts){0};
    while (status == 0 && self->open > 0 && self->counts.bytes < bytes) {
        self->counts.syscalls++;
        int submitted = io_uring_submit_and_wait(&self->ring, 1);
        if (submitted < 0 && submitted != -EINTR)
            status = submitted;
        struct io_uring_cqe *cqe;
        unsigned head, seen = 0;
        io_uring_for_each_cqe(&self->ring, head, cqe)
        {
            seen++;
            int result = complete(self, cqe->user_data, cqe->res);
            if (status == 0)
                status = result;
        }
        io_uring_cq_advance(&self->ring, seen);
    }
    *counts = self->counts;
    return status;
}

/* Ends what is in flight before the caller's buffers go: a ring that is torn down does so only some time later. */
static void bare_close(struct bare_echo *self)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&self->ring);
    if (sqe) {
        io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
        io_uring_sqe_set_data64(sqe, 0);
        self->in_flight++;
    }
    while (self->in_flight > 0) {
        struct io_uring_cqe *cqe;
        unsigned head, seen = 0;
        int submitted = io_uring_submit_and_wait(&self->ring, 1);
        if (submitted < 0 && submitted != -EINTR)
            abort(); /* the kernel would go on writing into memory that is about to be freed */
        io_uring_for_each_cqe(&self->ring, head, cqe) seen++;
        io_uring_cq_advance(&self->ring, seen);
        self->in_flight -= seen;
    }
    io_uring_queue_exit(&self->ring);
    free(self);
}

static int bare_open(struct bare_echo **echo, struct bare_connection *connections, unsigned count)
{
    struct bare_echo *self = calloc(1, sizeof *self);
    if (!self)
        return -ENOMEM;
    struct io_uring_params parameters = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN};
    int status = io_uring_queue_init_params(count + 1, &self->ring, &parameters); /* and one to cancel them all */
    if (status < 0) {
        free(self);
        return status;
    }
    io_uring_register_ring_fd(&self->ring);
    self->connections = connections;
    self->open = count;
    for (unsigned i = 0; i < count; i++) {
        connections[i].process = &connections[i].own;
        submit(self, &connections[i], false);
    }
    *echo = self;
    return 0;
}

const struct bare_echo_kind bare_echo_io_uring = {
    .name = "io_uring", .open = bare_open, .serve = serve, .close = bare_close};
