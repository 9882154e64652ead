/* The loop as a server of real sockets, and which of its reads complete at once.
 *
 * The forms of the loop are those of `echo`, unchanged: a stream's operations are wrapped to count. A speculative read
 * completes at once when stream_try says so. One that is submitted does when it is complete by the first look at the
 * completions after the submission, which does not wait: for io_uring, when the system call that submits it returns.
 */
#define _GNU_SOURCE /* CPU_SET */
#include "bench/echo.h"
#include "bench/syncratio/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct connection {
    struct server *server;
    struct stream ends[2]; /* the loop's and the peer's */
    struct loop_job job;
    void *loop; /* storage of the form */
    unsigned char *buffer;
    /* of the read in flight */
    void (*complete)(struct io_op *); /* its owner's */
    uint64_t submitted_in;            /* a look */
    uint64_t read;                    /* bytes */
};

struct server {
    const struct socket_parameters *parameters;
    struct socket_counts *counts;
    struct reactor *reactor;
    struct stream_ops inner, counting; /* a stream's operations, without and with the counts */
    struct frame_allocator *allocator;
    const struct frame_allocator_kind *allocator_kind;
    struct io_env env;
    unsigned opened;  /* connections */
    unsigned serving; /* loops that have not ended */
    unsigned warming; /* connections that have not had their warm-up */
    uint64_t looks;   /* at the completions */
    bool waited;      /* the last look did */
    int error;        /* the first one, of a loop */
    struct connection connections[SOCKET_CONNECTIONS_MOST];
};

static struct connection *connection_of(const struct io_op *op)
{
    return CONTAINER_OF(op->stream, struct connection, ends[0]);
}

/* Reads that bring no bytes are not counted: a connection's last. */
static void count(struct connection *connection, const struct io_op *op, bool at_once)
{
    struct server *server = connection->server;
    uint64_t warm_up = (uint64_t)server->parameters->warm_up * server->parameters->message, before = connection->read;
    if (op->result <= 0)
        return;
    server->counts->reads += server->warming == 0;
    server->counts->at_once += server->warming == 0 && at_once;
    connection->read += (uint64_t)op->result;
    server->warming -= before < warm_up && connection->read >= warm_up;
}

static bool try_read(struct io_op *op)
{
    struct connection *connection = connection_of(op);
    bool done = connection->server->inner.try_op[IO_READ](op);
    if (done)
        count(connection, op, true);
    return done;
}

static void read_completed(struct io_op *op)
{
    struct connection *connection = connection_of(op);
    struct server *server = connection->server;
    bool first_look = !server->waited && server->looks == connection->submitted_in + 1;
    count(connection, op, !server->parameters->speculative && first_look);
    op->complete = connection->complete;
    op->complete(op);
}

static void submit(struct io_op *op)
{
    struct connection *connection = connection_of(op);
    if (op->kind == IO_READ) {
        connection->complete = op->complete;
        connection->submitted_in = connection->server->looks;
        op->complete = read_completed;
    }
    connection->server->inner.submit(op);
}

static void loop_done(struct loop_job *job)
{
    struct connection *connection = CONTAINER_OF(job, struct connection, job);
    struct server *server = connection->server;
    server->serving--;
    if (job->status == 0)
        return;
    if (!server->error)
        server->error = job->status;
    shutdown(connection->ends[0].fd, SHUT_RDWR);
}

/* Looks without waiting first, always. */
static int look(struct server *server)
{
    server->looks++;
    server->waited = false;
    int delivered = reactor_poll(server->reactor, false);
    if (delivered)
        return delivered;
    server->waited = true;
    return reactor_poll(server->reactor, true);
}

static void serve(struct server *server)
{
    bool broken = false;
    while (server->serving > 0 || reactor_in_flight(server->reactor) > 0) {
        int status = look(server);
        if (status >= 0)
            continue;
        if (broken)
            abort(); /* the reactor itself is broken: operations point into memory that is about to be freed */
        broken = true;
        server->error = status;
        for (unsigned i = 0; i < server->opened; i++)
            shutdown(server->connections[i].ends[0].fd, SHUT_RDWR);
    }
}

static int open_connection(struct server *server, struct connection *connection)
{
    const struct socket_parameters *parameters = server->parameters;
    int status = stream_open_tcp_pair(connection->ends, server->reactor, parameters->speculative);
    if (status)
        return status;
    server->opened++;
    struct stream *stream = &connection->ends[0];
    server->inner = server->counting = *stream->ops;
    server->counting.tries_if_speculative = false; /* each passes by here */
    server->counting.try_op[IO_READ] = try_read;
    server->counting.submit = submit;
    stream->ops = &server->counting;
    connection->server = server;
    connection->loop = malloc(*loop_forms[parameters->form].code->bytes);
    connection->buffer = malloc(parameters->buffer);
    connection->job = (struct loop_job){.env = &server->env,
                                        .stream = stream,
                                        .buffer = connection->buffer,
                                        .size = parameters->buffer,
                                        .process = {.step = process_checksum},
                                        .done = loop_done};
    return connection->loop && connection->buffer ? 0 : -ENOMEM;
}

static int open_all(struct server *server, struct peer *peer)
{
    const struct socket_parameters *parameters = server->parameters;
    int status = reactor_create(&server->reactor, &(struct reactor_options){.backend = parameters->backend}, NULL);
    if (status)
        return status;
    server->allocator_kind = frame_allocator_kind_named("recycling");
    server->allocator = server->allocator_kind->create((size_t)parameters->connections * ECHO_FRAMES_BYTES);
    if (!server->allocator)
        return -ENOMEM;
    server->env = (struct io_env){.executor = inline_executor(), .allocator = server->allocator};
    for (unsigned i = 0; i < parameters->connections && !status; i++) {
        status = open_connection(server, &server->connections[i]);
        peer->ends[i] = (struct peer_end){
            .fd = server->connections[i].ends[1].fd,
            .total = (uint64_t)(parameters->messages / parameters->connections) * parameters->message,
        };
    }
    peer->connections = server->opened;
    server->warming = parameters->warm_up ? server->opened : 0;
    return status;
}

static void start_loops(struct server *server)
{
    const struct loop_code *code = loop_forms[server->parameters->form].code;
    for (unsigned i = 0; i < server->opened; i++) {
        struct connection *connection = &server->connections[i];
        server->serving++;
        int status = code->start(connection->loop, &connection->job);
        if (status)
            loop_job_finish(&connection->job, status);
    }
}

static void close_all(struct server *server)
{
    for (unsigned i = 0; i < server->opened; i++) {
        struct connection *connection = &server->connections[i];
        stream_close(&connection->ends[0]);
        stream_close(&connection->ends[1]);
        free(connection->loop);
        free(connection->buffer);
    }
    if (server->allocator)
        server->allocator_kind->destroy(server->allocator);
    if (server->reactor)
        reactor_destroy(server->reactor);
}

/* Puts this thread where `placement` has it, and says where the peer belongs. `before` is where it was. */
static int place(enum socket_placement placement, cpu_set_t *before, cpu_set_t *peer)
{
    if (sched_getaffinity(0, sizeof *before, before))
        return -errno;
    *peer = *before;
    if (placement == PEER_ANY)
        return 0;
    int first = 0, second;
    while (!CPU_ISSET(first, before))
        first++;
    for (second = first + 1; second < CPU_SETSIZE && !CPU_ISSET(second, before); second++) {
    }
    if (placement == PEER_OTHER && second == CPU_SETSIZE)
        return -ENOTSUP;
    cpu_set_t mine;
    CPU_ZERO(&mine);
    CPU_SET(first, &mine);
    CPU_ZERO(peer);
    CPU_SET(placement == PEER_SAME ? first : second, peer);
    return sched_setaffinity(0, sizeof mine, &mine) ? -errno : 0;
}

int socket_serve(const struct socket_parameters *parameters, struct socket_counts *counts)
{
    cpu_set_t before;
    struct server *server = calloc(1, sizeof *server);
    struct peer *peer = calloc(1, sizeof *peer);
    *counts = (struct socket_counts){0};
    int status = server && peer ? 0 : -ENOMEM;
    if (!status) {
        server->parameters = peer->parameters = parameters;
        server->counts = counts;
        status = place(parameters->peer, &before, &peer->processors);
        if (!status)
            status = open_all(server, peer);
        if (!status)
            status = peer_start(peer);
        if (!status) {
            start_loops(server);
            serve(server);
            status = peer_join(peer);
            if (!status)
                status = server->error;
        }
        for (unsigned i = 0; i < peer->connections && !status; i++) {
            counts->bytes += peer->ends[i].received;
            if (server->connections[i].job.bytes != peer->ends[i].total)
                status = -EBADMSG;
        }
        close_all(server);
        if (parameters->peer != PEER_ANY)
            sched_setaffinity(0, sizeof before, &before);
    }
    free(peer);
    free(server);
    return status;
}
