/* A server and its clients as `echo` opens them: what bench/echo_socket.c has, for those that make load on it.
 *
 * Owns: streams, buffers, loops and clients, from echo_socket_open to echo_socket_close.
 * Threads: one. Errors: the first one, of a loop or a client, ends the run, and the state is of no use after it.
 */
#ifndef ABREAST_BENCH_ECHO_SOCKET_H
#define ABREAST_BENCH_ECHO_SOCKET_H

#include "bench/echo.h"
#include "bench/echo_client.h"
#include "bench/echo_flow.h"
#include "bench/echo_split.h"
#include "common/coro.h"
#include "common/run_loop.h"

struct connection {
    struct echo_socket *echo;
    struct stream ends[2]; /* the loop's and the client's */
    struct loop_job job;
    struct echo_client client; /* ping-pong */
    struct echo_flow *flow;    /* all other load; else null */
    uint64_t left;             /* messages that its flow has not asked for */
    struct echo_split *split;  /* where requests are split; else null */
    void *loop;                /* storage of the form */
};

/* What a run asks for. */
struct echo_load {
    uint64_t messages; /* by all connections */
    /* where the clients are flows, as with a window: */
    double rate;                 /* messages a second, each on a connection drawn from the seed, the gaps drawn from an
                                    exponential distribution (open loop); 0: the window (closed loop, streaming) */
    uint64_t (*now)(void);       /* nanoseconds; null: nobody measures. An open loop needs it */
    struct histogram *latencies; /* null: not measured */
};

struct echo_socket {
    const struct echo_parameters *parameters;
    const struct frame_allocator_kind *allocator;
    uint64_t seed;
    struct reactor *reactor;
    struct run_loop run_loop;
    bool run_loop_ready;
    struct io_env env;
    struct work idle; /* finishes the run_loop once everything has come to rest */
    int error;        /* the first one, of a loop or a client; the cell is of no use after it */
    unsigned opened;  /* connections */
    unsigned serving; /* loops that have not ended */
    unsigned asking;  /* clients that have not ended */
    /* flows only */
    struct echo_load load;
    struct echo_flow *flows;
    uint64_t answered; /* messages */
    uint64_t asked;    /* by the schedule */
    uint64_t random;   /* the schedule's generator */
    double due;        /* of the next message */
    struct work pump;  /* asks for what is due */
    struct echo_split *splits;
    unsigned char *pattern;
    unsigned char *buffers;
    struct connection connections[];
};

/* Ends the run with the error, unless it has one. */
void echo_socket_fail(struct echo_socket *, int error);

/* The last reply has arrived: the run ends when the loops know it too. */
void echo_socket_answered(struct echo_socket *);

/* One run; as a cell's run function. */
int echo_socket_load(struct echo_socket *, const struct echo_load *, struct outcome *);

/* Opens a server's connections to its backends, and starts these, or closes them. */
int echo_split_open(struct connection *);
void echo_split_close(struct echo_split *);

/* Has the flows begin with it. */
void echo_load_start(struct echo_socket *, const struct echo_load *);

#endif
