/* The backends of a server that splits requests. */
#include "bench/echo_socket.h"

#include <stdlib.h>

static void backend_done(struct loop_job *job)
{
    struct echo_socket *echo = CONTAINER_OF(job->env, struct echo_socket, env);
    echo->serving--;
    echo_socket_fail(echo, job->status < 0 ? job->status : -ECONNRESET);
}

int echo_split_open(struct connection *connection)
{
    struct echo_socket *echo = connection->echo;
    const struct echo_parameters *parameters = echo->parameters;
    struct echo_split *split = &echo->splits[connection - echo->connections];
    size_t size = parameters->message / SPLIT_PARTS;
    connection->split = split;
    split->buffers = calloc(SPLIT_PARTS, size);
    if (!split->buffers)
        return -ENOMEM;
    split->job.job = &connection->job;
    for (unsigned i = 0; i < SPLIT_PARTS; i++) {
        struct stream *ends = split->ends[i];
        int status = parameters->transport == ECHO_tcp
                         ? stream_open_tcp_pair(ends, echo->reactor, parameters->speculative)
                         : stream_open_socketpair(ends, echo->reactor, parameters->speculative);
        if (status < 0)
            return status;
        split->opened++;
        split->job.backends[i] = &ends[0];
        split->backend_jobs[i] = (struct loop_job){
            .env = &echo->env,
            .stream = &ends[1],
            .buffer = split->buffers + i * size,
            .size = size,
            .done = backend_done,
        };
        echo->serving++;
        floor_loop_start(&split->backends[i], &split->backend_jobs[i]);
    }
    return echo->error;
}

void echo_split_close(struct echo_split *split)
{
    for (unsigned i = 0; i < split->opened; i++)
        echo_close_ends(split->ends[i]);
    free(split->buffers);
}
