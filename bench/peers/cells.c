#include "bench/peers/cells.h"
#include "bench/echo_client.h"
#include "common/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- frames ---- */

struct chains {
    const struct library_chains *library;
    void *state;
};

int library_chains_run(void *state, uint64_t operations, struct outcome *outcome)
{
    struct chains *chains = state;
    uint64_t before = library_allocations();
    *outcome = (struct outcome){.operations = operations, .allocations = COUNT_UNKNOWN};
    int status = chains->library->run(chains->state, operations, &outcome->checksum);
    outcome->allocations_fresh = library_allocations() - before;
    return status;
}

int library_chains_open(const struct cell *cell, const struct run_options *options, void **state)
{
    (void)options;
    const struct library_chains_parameters *parameters = cell->parameters;
    struct chains *chains = malloc(sizeof *chains);
    if (!chains)
        return -ENOMEM;
    chains->library = parameters->library;
    int status = chains->library->open(parameters->depth, &chains->state);
    if (status < 0) {
        free(chains);
        return status;
    }
    *state = chains;

    /* What is measured is the steady state: one chain fills the free lists. */
    struct outcome warm;
    status = library_chains_run(chains, parameters->depth, &warm);
    if (status < 0)
        library_chains_close(chains);
    return status;
}

void library_chains_close(void *state)
{
    struct chains *chains = state;
    chains->library->close(chains->state);
    free(chains);
}

/* ---- echo ---- */

struct echo {
    const struct library_echo *library;
    void *state;
    struct library_echo_plan plan;
    void (*step)(struct process *, unsigned char *data, size_t bytes);
    unsigned char *pattern;
    struct library_connection connections[];
};

/* The same sockets that this project's own loops are given; a library sets their mode by itself. */
static int open_sockets(const struct echo_parameters *parameters, struct reactor *reactor,
                        struct library_connection *connection)
{
    struct stream ends[2];
    int status = parameters->transport == ECHO_tcp ? stream_open_tcp_pair(ends, reactor, false)
                                                   : stream_open_socketpair(ends, reactor, false);
    if (status < 0)
        return status;
    for (unsigned i = 0; i < 2 && !status; i++) {
        int flags = fcntl(ends[i].fd, F_GETFL);
        if (flags < 0 || fcntl(ends[i].fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
            status = -errno;
    }
    if (status < 0) {
        stream_close(&ends[0]);
        stream_close(&ends[1]);
        return status;
    }
    connection->loop = ends[0].fd;
    connection->client = ends[1].fd;
    return 0;
}

static int open_all_sockets(const struct echo_parameters *parameters, struct echo *echo)
{
    struct reactor *reactor;
    int status = reactor_create(&reactor, &(struct reactor_options){.backend = REACTOR_EPOLL}, NULL);
    if (status < 0)
        return status;
    unsigned opened = 0;
    while (opened < echo->plan.count && !status) {
        status = open_sockets(parameters, reactor, &echo->connections[opened]);
        opened += !status;
    }
    reactor_destroy(reactor);
    while (status < 0 && opened-- > 0) {
        close(echo->connections[opened].loop);
        close(echo->connections[opened].client);
    }
    return status;
}

int library_echo_open(const struct cell *cell, const struct run_options *options, void **state)
{
    const struct library_echo_parameters *parameters = cell->parameters;
    unsigned count = parameters->echo.connections;
    size_t pattern_bytes = ECHO_WINDOWS + parameters->echo.message;
    struct echo *echo = calloc(1, sizeof *echo + count * sizeof echo->connections[0]);
    if (!echo)
        return -ENOMEM;
    echo->library = parameters->library;
    echo->step = parameters->echo.process;
    echo->pattern = malloc(pattern_bytes);
    echo->plan = (struct library_echo_plan){.connections = echo->connections,
                                            .count = count,
                                            .message = parameters->echo.message,
                                            .pattern = echo->pattern,
                                            .seed = options->seed};
    int status = echo->pattern ? 0 : -ENOMEM;
    if (!status) {
        echo_fill(echo->pattern, pattern_bytes, options->seed);
        status = open_all_sockets(&parameters->echo, echo);
    }
    if (!status)
        status = echo->library->open(&echo->plan, &echo->state);
    if (status < 0) {
        free(echo->pattern);
        free(echo);
        return status;
    }
    *state = echo;
    return 0;
}

int library_echo_run(void *state, uint64_t operations, struct outcome *outcome)
{
    struct echo *echo = state;
    uint64_t before = library_allocations();
    for (unsigned i = 0; i < echo->plan.count; i++) {
        echo->connections[i].process = (struct process){.step = echo->step};
        echo->connections[i].bytes = 0;
    }
    int status = echo->library->run(echo->state, operations);
    *outcome = (struct outcome){
        .operations = operations,
        .allocations = COUNT_UNKNOWN,
        .allocations_fresh = library_allocations() - before,
        .syscalls = COUNT_UNKNOWN,
    };
    for (unsigned i = 0; i < echo->plan.count; i++) {
        outcome->bytes += echo->connections[i].bytes;
        outcome->checksum += echo->connections[i].process.checksum;
    }
    return status;
}

void library_echo_close(void *state)
{
    struct echo *echo = state;
    echo->library->close(echo->state);
    free(echo->pattern);
    free(echo);
}
