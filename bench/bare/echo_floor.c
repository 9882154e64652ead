#include "bench/bare/bare.h"
#include "bench/floor.h"
#include "common/coro.h"

#include <errno.h>
#include <stdlib.h>

/* One line for the stream, one for what a turn needs of the job, and two for the loop. */
struct served {
    _Alignas(BARE_LINE) struct stream stream; /* on the caller's descriptor */
    struct loop_job job;
    struct bare_echo *echo;
    _Alignas(BARE_LINE) struct floor_loop loop;
};

struct bare_echo {
    struct reactor *reactor;
    struct io_env env; /* neither stopped nor posted to: its streams have no inline budget */
    struct bare_connection *connections;
    unsigned count;
    unsigned open;  /* loops that have not ended */
    int error;      /* the first one */
    uint64_t bytes; /* written back since it was opened */
    struct served served[];
};

static void loop_done(struct loop_job *job)
{
    struct served *served = CONTAINER_OF(job, struct served, job);
    struct bare_echo *self = served->echo;
    self->connections[served - self->served].closed = job->status == 0;
    self->open--;
    if (!self->error)
        self->error = job->status;
}

static uint64_t written_back(const struct bare_echo *self)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < self->count; i++)
        bytes += self->served[i].job.bytes;
    return bytes;
}

static int serve(struct bare_echo *self, uint64_t bytes, struct bare_counts *counts)
{
    uint64_t syscalls = reactor_counts(self->reactor).syscalls, before = self->bytes;
    int status = 0;
    while (status >= 0 && !self->error && self->open > 0 && self->bytes - before < bytes) {
        status = reactor_poll(self->reactor, true);
        self->bytes = written_back(self);
    }
    *counts = (struct bare_counts){self->bytes - before, reactor_counts(self->reactor).syscalls - syscalls};
    return status < 0 ? status : self->error;
}

static void floor_close(struct bare_echo *self)
{
    for (unsigned i = 0; i < self->count; i++)
        stream_cancel_all(&self->served[i].stream);
    while (reactor_in_flight(self->reactor) > 0)
        if (reactor_poll(self->reactor, true) < 0)
            abort(); /* the reactor itself is broken: operations point into memory that is about to be freed */
    reactor_destroy(self->reactor);
    free(self);
}

static int floor_open(struct bare_echo **echo, struct bare_connection *connections, unsigned count,
                      enum reactor_backend backend)
{
    struct bare_echo *self = aligned_alloc(BARE_LINE, sizeof *self + count * sizeof self->served[0]);
    if (!self)
        return -ENOMEM;
    *self = (struct bare_echo){.connections = connections};
    int status = reactor_create(&self->reactor, &(struct reactor_options){.backend = backend}, NULL);
    if (status < 0) {
        free(self);
        return status;
    }
    for (unsigned i = 0; i < count && status == 0; i++) {
        struct served *served = &self->served[i];
        status = stream_open_fd(&served->stream, self->reactor, connections[i].fd, false);
        if (status < 0)
            break;
        self->count++;
        self->open++;
        served->echo = self;
        served->job = (struct loop_job){.env = &self->env,
                                        .stream = &served->stream,
                                        .buffer = connections[i].buffer,
                                        .size = connections[i].size,
                                        .done = loop_done};
        connections[i].process = &served->job.process;
        floor_loop_start(&served->loop, &served->job);
        status = self->error;
    }
    if (status < 0)
        floor_close(self);
    else
        *echo = self;
    return status;
}

static int open_io_uring(struct bare_echo **echo, struct bare_connection *connections, unsigned count)
{
    return floor_open(echo, connections, count, REACTOR_IO_URING);
}

static int open_epoll(struct bare_echo **echo, struct bare_connection *connections, unsigned count)
{
    return floor_open(echo, connections, count, REACTOR_EPOLL);
}

const struct bare_echo_kind floor_echo_io_uring = {
    .name = "io_uring", .open = open_io_uring, .serve = serve, .close = floor_close};
const struct bare_echo_kind floor_echo_epoll = {
    .name = "epoll", .open = open_epoll, .serve = serve, .close = floor_close};
