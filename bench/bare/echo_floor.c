#include "bench/bare/bare.h"
#include "bench/loops.h"
#include "common/coro.h"
#include "common/frame_allocator.h"

#include <errno.h>
#include <stdlib.h>

/* One line for the stream, one for what a turn needs of the job; behind them, from a line of its own, the form's
 * storage.
 */
struct served {
    _Alignas(BARE_LINE) struct stream stream; /* on the caller's descriptor */
    struct loop_job job;
    struct bare_echo *echo;
    struct bare_connection *connection;
};

struct bare_echo {
    struct reactor *reactor;
    struct io_env env; /* neither stopped nor posted to: its streams have no inline budget */
    unsigned count;
    unsigned open;  /* loops that have not ended */
    int error;      /* the first one */
    uint64_t bytes; /* written back since it was opened */
    size_t each;    /* bytes from one of the served to the next */
    _Alignas(BARE_LINE) unsigned char served[];
};

static struct served *served_at(const struct bare_echo *self, unsigned i)
{
    return (struct served *)(self->served + i * self->each);
}

static void loop_done(struct loop_job *job)
{
    struct served *served = CONTAINER_OF(job, struct served, job);
    struct bare_echo *self = served->echo;
    served->connection->closed = job->status == 0;
    self->open--;
    if (!self->error)
        self->error = job->status;
}

static uint64_t written_back(const struct bare_echo *self)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < self->count; i++)
        bytes += served_at(self, i)->job.bytes;
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

static void close_server(struct bare_echo *self)
{
    for (unsigned i = 0; i < self->count; i++)
        stream_cancel_all(&served_at(self, i)->stream);
    while (reactor_in_flight(self->reactor) > 0)
        if (reactor_poll(self->reactor, true) < 0)
            abort(); /* the reactor itself is broken: operations point into memory that is about to be freed */
    reactor_destroy(self->reactor);
    free(self);
}

static int start_loop(struct bare_echo *self, const struct loop_code *form, struct bare_connection *connection)
{
    struct served *served = served_at(self, self->count);
    int status = stream_open_fd(&served->stream, self->reactor, connection->fd, false);
    if (status < 0)
        return status;
    self->count++;
    served->echo = self;
    served->connection = connection;
    served->job = (struct loop_job){.env = &self->env,
                                    .stream = &served->stream,
                                    .buffer = connection->buffer,
                                    .size = connection->size,
                                    .done = loop_done};
    connection->process = &served->job.process;
    self->open++;
    status = form->start(served + 1, &served->job);
    if (status < 0)
        self->open--;
    return status < 0 ? status : self->error;
}

static int open_server(struct bare_echo **echo, struct bare_connection *connections, unsigned count,
                       const struct loop_code *form, enum reactor_backend backend)
{
    size_t each = sizeof(struct served) + (*form->bytes + BARE_LINE - 1) / BARE_LINE * BARE_LINE;
    struct bare_echo *self = aligned_alloc(BARE_LINE, sizeof *self + count * each);
    if (!self)
        return -ENOMEM;
    *self = (struct bare_echo){.each = each,
                               .env = {.executor = inline_executor(), .allocator = get_current_frame_allocator()}};
    int status = reactor_create(&self->reactor, &(struct reactor_options){.backend = backend}, NULL);
    if (status < 0) {
        free(self);
        return status;
    }
    for (unsigned i = 0; i < count && status == 0; i++)
        status = start_loop(self, form, &connections[i]);
    if (status < 0)
        close_server(self);
    else
        *echo = self;
    return status;
}

#define SERVER(form_, name_, backend_)                                                                                 \
    static int open_##form_##_##name_(struct bare_echo **echo, struct bare_connection *connections, unsigned count)    \
    {                                                                                                                  \
        return open_server(echo, connections, count, &loop_##form_, backend_);                                         \
    }                                                                                                                  \
    const struct bare_echo_kind form_##_echo_##name_ = {                                                               \
        .name = #name_, .open = open_##form_##_##name_, .serve = serve, .close = close_server};

/* clang-format off */
#define SERVERS(form_) SERVER(form_, io_uring, REACTOR_IO_URING) SERVER(form_, epoll, REACTOR_EPOLL)

SERVERS(floor)
SERVERS(task)
SERVERS(pipeline)
SERVERS(p2300_task)
/* clang-format on */
