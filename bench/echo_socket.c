/* The loop as an echo server over real sockets, one loop and one client a connection, all on one reactor and thread. */
#include "bench/echo_socket.h"
#include "bench/conns/server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

void echo_socket_fail(struct echo_socket *echo, int error)
{
    if (!echo->error)
        echo->error = error;
    run_loop_finish(&echo->run_loop);
}

void echo_socket_answered(struct echo_socket *echo)
{
    if (!echo->error)
        run_loop_post_work(&echo->run_loop, &echo->idle);
}

static void loop_done(struct loop_job *job)
{
    struct echo_socket *echo = CONTAINER_OF(job, struct connection, job)->echo;
    echo->serving--;
    echo_socket_fail(echo, job->status < 0 ? job->status : -ECONNRESET);
}

static void client_done(struct echo_client *client, int status)
{
    struct echo_socket *echo = CONTAINER_OF(client, struct connection, client)->echo;
    echo->asking--;
    if (status < 0)
        echo_socket_fail(echo, status);
    else if (echo->asking == 0)
        echo_socket_answered(echo);
}

static void flow_failed(struct echo_flow *flow, int status)
{
    echo_socket_fail(((struct connection *)flow->owner)->echo, status);
}

static uint64_t verified(const struct connection *connection)
{
    return connection->flow ? connection->flow->bytes : connection->client.bytes;
}

/* The last replies have arrived; the completions of the writes that sent them may be still to come. */
static void finish_when_written(struct work *work)
{
    struct echo_socket *echo = CONTAINER_OF(work, struct echo_socket, idle);
    uint64_t ahead = 0;
    for (unsigned i = 0; i < echo->opened; i++)
        ahead += verified(&echo->connections[i]) - echo->connections[i].job.bytes;
    if (ahead == 0 || echo->error)
        run_loop_finish(&echo->run_loop);
    else
        run_loop_post_work(&echo->run_loop, work);
}

static void finish_when_ended(struct work *work)
{
    struct echo_socket *echo = CONTAINER_OF(work, struct echo_socket, idle);
    if (echo->serving == 0 && reactor_in_flight(echo->reactor) == 0)
        run_loop_finish(&echo->run_loop);
    else
        run_loop_post_work(&echo->run_loop, work);
}

static int open_connection(struct echo_socket *echo, struct connection *connection)
{
    const struct echo_parameters *parameters = echo->parameters;
    const struct loop_form *form = &loop_forms[parameters->form];
    unsigned char *buffers = echo->buffers + 2 * parameters->message * (size_t)(connection - echo->connections);
    int status = parameters->transport == ECHO_tcp
                     ? stream_open_tcp_pair(connection->ends, echo->reactor, parameters->speculative)
                     : stream_open_socketpair(connection->ends, echo->reactor, parameters->speculative);
    if (status < 0)
        return status;
    echo->opened++;
    if (parameters->policy)
        status = parameters->policy(&connection->ends[0]);
    if (status < 0)
        return status;
    connection->echo = echo;
    connection->client = (struct echo_client){
        .stream = &connection->ends[1],
        .pattern = echo->pattern,
        .reply = buffers,
        .message = parameters->message,
        .done = client_done,
    };
    if (echo->flows) {
        connection->flow = &echo->flows[connection - echo->connections];
        *connection->flow = (struct echo_flow){
            .owner = connection,
            .stream = &connection->ends[1],
            .pattern = echo->pattern,
            .reply = buffers,
            .message = parameters->message,
            .failed = flow_failed,
        };
    }
    connection->job = (struct loop_job){
        .env = &echo->env,
        .stream = &connection->ends[0],
        .buffer = buffers + parameters->message,
        .size = parameters->message,
        .done = loop_done,
    };
    const struct split_code *split =
        parameters->split ? split_code_of(parameters->form, parameters->preallocated) : NULL;
    if (split)
        status = echo_split_open(connection);
    if (status < 0)
        return status;
    connection->loop = malloc(split ? *split->bytes : *form->code->bytes);
    if (!connection->loop)
        return -ENOMEM;
    echo->serving++;
    status = split ? split->start(connection->loop, &connection->split->job)
                   : form->code->start(connection->loop, &connection->job);
    if (status < 0)
        echo->serving--;
    return status < 0 ? status : echo->error;
}

static int open_all(struct echo_socket *echo)
{
    const struct echo_parameters *parameters = echo->parameters;
    size_t pattern_bytes = ECHO_WINDOWS + parameters->message;
    echo->pattern = malloc(pattern_bytes);
    echo->buffers = calloc(parameters->connections, 2 * parameters->message);
    if (parameters->window)
        echo->flows = calloc(parameters->connections, sizeof *echo->flows);
    if (parameters->split)
        echo->splits = calloc(parameters->connections, sizeof *echo->splits);
    if (!echo->pattern || !echo->buffers || (parameters->split && !echo->splits) ||
        (parameters->window && !echo->flows))
        return -ENOMEM;
    echo_fill(echo->pattern, pattern_bytes, echo->seed);

    struct reactor_options options = {.backend = parameters->backend};
    int status = reactor_create(&echo->reactor, &options, NULL);
    if (status < 0)
        return status;
    status = run_loop_init(&echo->run_loop, echo->reactor);
    if (status < 0)
        return status;
    echo->run_loop_ready = true;
    echo->env = (struct io_env){.executor = run_loop_executor(&echo->run_loop),
                                .allocator = echo->allocator->create(parameters->connections * ECHO_FRAMES_BYTES)};
    if (!echo->env.allocator)
        return -ENOMEM;
    for (unsigned i = 0; i < parameters->connections; i++) {
        status = open_connection(echo, &echo->connections[i]);
        if (status < 0)
            return status;
    }
    /* Up to the first read of each loop. */
    run_loop_finish(&echo->run_loop);
    status = run_loop_run(&echo->run_loop);
    return status < 0 ? status : echo->error;
}

int echo_socket_open(const struct cell *cell, const struct run_options *options, void **state)
{
    const struct echo_parameters *parameters = cell->parameters;
    const struct frame_allocator_kind *allocator = echo_allocator_kind(options);
    const struct loop_form *form = &loop_forms[parameters->form];
    bool frame_each = form->code->child_tasks ||
                      (parameters->split && parameters->form == LOOP_FORM_task && !parameters->preallocated);
    if (form->code->unavailable || (allocator->reset && frame_each))
        return -ENOTSUP;
    struct echo_socket *echo = calloc(1, sizeof *echo + parameters->connections * sizeof echo->connections[0]);
    if (!echo)
        return -ENOMEM;
    echo->parameters = parameters;
    echo->allocator = allocator;
    echo->seed = options->seed;
    size_t limit;
    if (!conns_descriptors_suffice((parameters->split ? 2 + 2 * SPLIT_PARTS : 2) * (size_t)parameters->connections,
                                   &limit)) {
        echo_socket_close(echo);
        return -ENOTSUP;
    }
    int status = open_all(echo);
    if (status < 0)
        echo_socket_close(echo);
    else
        *state = echo;
    return status == -EMFILE ? -ENOTSUP : status;
}

static void start_clients(struct echo_socket *echo, uint64_t operations)
{
    unsigned connections = echo->opened;
    echo->asking = connections;
    for (unsigned i = 0; i < connections; i++)
        echo_client_start(&echo->connections[i].client, echo->seed + i,
                          operations / connections + (i < operations % connections));
}

int echo_socket_load(struct echo_socket *echo, const struct echo_load *load, struct outcome *outcome)
{
    if (echo->error)
        return echo->error;
    uint64_t syscalls = reactor_counts(echo->reactor).syscalls;
    struct frame_allocator_counts before = frame_allocator_counts;
    echo->idle.execute = finish_when_written;
    for (unsigned i = 0; i < echo->opened; i++) {
        echo->connections[i].job.process = (struct process){.step = echo->parameters->process};
        echo->connections[i].job.bytes = 0;
    }
    if (echo->flows)
        echo_load_start(echo, load);
    else
        start_clients(echo, load->messages);
    int status = run_loop_run(&echo->run_loop);
    if (status == 0)
        status = echo->error;
    if (status < 0)
        return echo->error = status;

    *outcome = (struct outcome){
        .operations = load->messages,
        .allocations = frame_allocator_counts.calls - before.calls,
        .allocations_fresh = frame_allocator_counts.fresh - before.fresh,
        .syscalls = reactor_counts(echo->reactor).syscalls - syscalls,
    };
    for (unsigned i = 0; i < echo->opened; i++) {
        outcome->bytes += echo->connections[i].job.bytes;
        outcome->checksum += echo->connections[i].job.process.checksum;
    }
    return 0;
}

int echo_socket_run(void *state, uint64_t operations, struct outcome *outcome)
{
    return echo_socket_load(state, &(struct echo_load){.messages = operations}, outcome);
}

/* Shutting the clients' ends down in both directions ends whatever is in flight on either end of a connection: loops
 * that wait for a message read end of stream, as they do in a server's life. */
static void end_all(struct echo_socket *echo)
{
    for (unsigned i = 0; i < echo->opened; i++) {
        struct echo_split *split = echo->connections[i].split;
        shutdown(echo->connections[i].ends[1].fd, SHUT_RDWR);
        for (unsigned k = 0; split && k < split->opened; k++)
            shutdown(split->ends[k][0].fd, SHUT_RDWR);
    }
    echo->idle = (struct work){.execute = finish_when_ended};
    run_loop_post_work(&echo->run_loop, &echo->idle);
    while (echo->serving > 0 || reactor_in_flight(echo->reactor) > 0)
        if (run_loop_run(&echo->run_loop) < 0)
            abort(); /* the reactor itself is broken: operations point into memory that is about to be freed */
}

void echo_socket_close(void *state)
{
    struct echo_socket *echo = state;
    if (echo->run_loop_ready)
        end_all(echo);
    for (unsigned i = 0; i < echo->opened; i++) {
        echo_close_ends(echo->connections[i].ends);
        if (echo->connections[i].split)
            echo_split_close(echo->connections[i].split);
        free(echo->connections[i].loop);
    }
    if (echo->run_loop_ready)
        run_loop_destroy(&echo->run_loop);
    if (echo->reactor)
        reactor_destroy(echo->reactor);
    if (echo->env.allocator)
        echo->allocator->destroy(echo->env.allocator);
    free(echo->splits);
    free(echo->flows);
    free(echo->buffers);
    free(echo->pattern);
    free(echo);
}
