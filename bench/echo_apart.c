/* The loop over real sockets by a server that has nothing to do with the clients' reactor (bench/bare/bare.h), on one
 * thread: the clients ask until each has sent its message, then the server has its turn until all are answered. So
 * that each server's turn begins with the same messages, and none shares its system calls with the clients. The time of
 * those turns is told apart (outcome.server_ns): the rest is the clients', and the same for all. */
#include "bench/bare/bare.h"
#include "bench/echo.h"
#include "bench/echo_client.h"
#include "bench/progress.h"
#include "common/coro.h"

#include <errno.h>
#include <stdlib.h>

struct connection {
    struct echo_apart *echo;
    struct stream ends[2]; /* the server's, of which it uses the descriptor, and the client's */
    struct echo_client client;
};

struct echo_apart {
    const struct echo_parameters *parameters;
    uint64_t seed;
    struct reactor *reactor; /* the clients' */
    struct bare_connection *served;
    struct bare_echo *server;
    const struct frame_allocator_kind *allocator;
    struct frame_allocator *frames; /* of the server's loops */
    int error;                      /* the first one; the cell is of no use after it */
    unsigned opened;                /* connections */
    unsigned asking;                /* clients that have not ended */
    unsigned char *pattern;
    unsigned char *buffers;
    struct connection connections[];
};

static void client_done(struct echo_client *client, int status)
{
    struct echo_apart *echo = CONTAINER_OF(client, struct connection, client)->echo;
    echo->asking--;
    if (status < 0 && !echo->error)
        echo->error = status;
}

static int open_connection(struct echo_apart *echo, unsigned i)
{
    const struct echo_parameters *parameters = echo->parameters;
    struct connection *connection = &echo->connections[i];
    unsigned char *buffers = echo->buffers + 2 * parameters->message * (size_t)i;
    int status = parameters->transport == ECHO_tcp
                     ? stream_open_tcp_pair(connection->ends, echo->reactor, parameters->speculative)
                     : stream_open_socketpair(connection->ends, echo->reactor, parameters->speculative);
    if (status < 0)
        return status;
    echo->opened++;
    connection->echo = echo;
    connection->client = (struct echo_client){
        .stream = &connection->ends[1],
        .pattern = echo->pattern,
        .reply = buffers,
        .message = parameters->message,
        .done = client_done,
    };
    echo->served[i] = (struct bare_connection){
        .fd = connection->ends[0].fd, .buffer = buffers + parameters->message, .size = parameters->message};
    return 0;
}

static int open_all(struct echo_apart *echo)
{
    const struct echo_parameters *parameters = echo->parameters;
    size_t pattern_bytes = ECHO_WINDOWS + parameters->message;
    echo->pattern = malloc(pattern_bytes);
    echo->buffers = calloc(parameters->connections, 2 * parameters->message);
    echo->served = aligned_alloc(_Alignof(struct bare_connection), parameters->connections * sizeof *echo->served);
    echo->frames = echo->allocator->create(parameters->connections * ECHO_FRAMES_BYTES);
    if (!echo->pattern || !echo->buffers || !echo->served || !echo->frames)
        return -ENOMEM;
    echo_fill(echo->pattern, pattern_bytes, echo->seed);

    struct reactor_options options = {.backend = parameters->backend};
    int status = reactor_create(&echo->reactor, &options, NULL);
    for (unsigned i = 0; i < parameters->connections && status == 0; i++)
        status = open_connection(echo, i);
    if (status < 0)
        return status;
    struct frame_allocator *saved = get_current_frame_allocator();
    set_current_frame_allocator(echo->frames);
    status = parameters->server->open(&echo->server, echo->served, parameters->connections);
    set_current_frame_allocator(saved);
    return status == -EINVAL ? -ENOTSUP : status;
}

int echo_apart_open(const struct cell *cell, const struct run_options *options, void **state)
{
    const struct echo_parameters *parameters = cell->parameters;
    struct echo_apart *echo = calloc(1, sizeof *echo + parameters->connections * sizeof echo->connections[0]);
    if (!echo)
        return -ENOMEM;
    echo->parameters = parameters;
    echo->allocator = echo_allocator_kind(options);
    echo->seed = options->seed;
    int status = open_all(echo);
    if (status < 0)
        echo_apart_close(echo);
    else
        *state = echo;
    return status;
}

static void poll_clients(struct echo_apart *echo)
{
    int status = reactor_poll(echo->reactor, true);
    if (status < 0 && !echo->error)
        echo->error = status;
}

static uint64_t asked(const struct echo_apart *echo)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < echo->opened; i++)
        bytes += echo->connections[i].client.asked;
    return bytes;
}

/* Until so many bytes have been asked in all; then they are answered. */
static void take_turns(struct echo_apart *echo, uint64_t bytes, struct outcome *outcome)
{
    while (!echo->error && asked(echo) < bytes)
        poll_clients(echo);
    if (echo->error)
        return;
    struct bare_counts counts;
    uint64_t began = clock_ns();
    int status = echo->parameters->server->serve(echo->server, bytes - outcome->bytes, &counts);
    outcome->server_ns += (double)(clock_ns() - began);
    outcome->bytes += counts.bytes;
    outcome->syscalls += counts.syscalls;
    if (status == 0 && outcome->bytes != bytes)
        status = -ECONNRESET;
    if (status < 0)
        echo->error = status;
}

int echo_apart_run(void *state, uint64_t operations, struct outcome *outcome)
{
    struct echo_apart *echo = state;
    unsigned connections = echo->opened;
    if (echo->error)
        return echo->error;
    *outcome = (struct outcome){.operations = operations};
    uint64_t syscalls = reactor_counts(echo->reactor).syscalls;
    struct frame_allocator_counts before = frame_allocator_counts;
    echo->asking = connections;
    for (unsigned i = 0; i < connections; i++)
        *echo->served[i].process = (struct process){.step = echo->parameters->process};
    for (unsigned i = 0; i < connections; i++)
        echo_client_start(&echo->connections[i].client, echo->seed + i,
                          operations / connections + (i < operations % connections));
    for (uint64_t answered = 0; answered < operations && !echo->error;) {
        answered = operations - answered < connections ? operations : answered + connections;
        take_turns(echo, answered * echo->parameters->message, outcome);
    }
    while (echo->asking > 0 && !echo->error)
        poll_clients(echo);
    outcome->syscalls += reactor_counts(echo->reactor).syscalls - syscalls;
    outcome->allocations = frame_allocator_counts.calls - before.calls;
    outcome->allocations_fresh = frame_allocator_counts.fresh - before.fresh;
    for (unsigned i = 0; i < connections; i++)
        outcome->checksum += echo->served[i].process->checksum;
    return echo->error;
}

void echo_apart_close(void *state)
{
    struct echo_apart *echo = state;
    if (echo->server)
        echo->parameters->server->close(echo->server);
    for (unsigned i = 0; i < echo->opened; i++)
        stream_cancel_all(&echo->connections[i].ends[1]);
    while (echo->reactor && reactor_in_flight(echo->reactor) > 0)
        if (reactor_poll(echo->reactor, true) < 0)
            abort(); /* the reactor itself is broken: operations point into memory that is about to be freed */
    for (unsigned i = 0; i < echo->opened; i++)
        echo_close_ends(echo->connections[i].ends);
    if (echo->reactor)
        reactor_destroy(echo->reactor);
    if (echo->frames)
        echo->allocator->destroy(echo->frames);
    free(echo->served);
    free(echo->buffers);
    free(echo->pattern);
    free(echo);
}
