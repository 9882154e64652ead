/* The echo server behind `abreast serve`: connections from anybody on loopback, each served by one product loop.
 *
 *     struct server server = {.form = ..., .allocator = ..., .backend = ..., .port = 0, .most = 1000};
 *     server_open(&server, &reason);      now server.address has the port
 *     server_run(&server);                until SIGINT or SIGTERM
 *     server_close(&server);
 *
 * The stop is graceful. The listener closes, no loop reads any more, and each writes what it has read. A connection is
 * closed when the peer's kernel has acknowledged all of it: closing a TCP socket with unread bytes sends a reset, which
 * drops what has not been delivered (RFC 1122 4.2.2.13). The stop token is not what does this, for it ends a write as
 * well as a read. A loop reads the end of its stream instead, as if the peer had sent it. A connection whose peer's
 * kernel has acknowledged nothing for SERVER_GRACE_SECONDS is closed as it is, and all that are left when the stop has
 * taken SERVER_GRACE_MOST_SECONDS. A second signal ends the process.
 *
 * Owns: its reactor, listener and connections. Lifetime: must not move between open and close.
 * Threads: one; one server a process, for signals are the process's.
 * Errors: 0 or negative errno. What ends one connection is counted, and the server goes on.
 */
#ifndef ABREAST_BENCH_SERVE_H
#define ABREAST_BENCH_SERVE_H

#include "bench/loops.h"
#include "common/frame_allocators.h"
#include "common/run_loop.h"

enum {
    SERVER_BUFFER_BYTES = 16 << 10, /* of each connection */
    SERVER_GRACE_SECONDS = 5,
    SERVER_GRACE_MOST_SECONDS = 60,
    SERVER_OTHER_DESCRIPTORS = 24, /* standard streams, reactor, listener, signal pipe, and some to spare */
};

struct server_connection;

struct server {
    /* caller, before server_open */
    const struct loop_form *form;
    const struct frame_allocator_kind *allocator;
    enum reactor_backend backend;
    uint16_t port; /* 0: the kernel chooses */
    unsigned most; /* connections at once; the next one waits until one has ended */
    /* since server_open */
    struct sockaddr_in address;
    struct reactor *reactor;
    /* results */
    uint64_t served; /* connections that have ended */
    uint64_t reads;  /* that brought bytes: with a client that waits for each answer, its messages */
    uint64_t bytes;  /* read and written back */
    uint64_t failed; /* connections that an error ended */
    int last_failure;
    unsigned cut; /* connections that were not done when their grace was over */
    /* the server's */
    struct run_loop run_loop;
    struct io_env env;
    struct stream listener, signal_pipe[2];
    const struct stream_ops *listener_ops;
    struct stream_ops ops; /* of connections: the same, by way of the server */
    struct stream accepted;
    struct io_op accept, signal;
    struct reactor_timer retry, tick; /* until it accepts again; until it looks whether all has been delivered */
    char signal_byte;
    bool accepting, retrying; /* in flight */
    bool told_waiting;        /* that the stop has to wait for clients */
    bool told_refusal;
    bool draining;
    uint64_t tell_ns, look_ns, end_ns; /* of draining: it says so, looks for progress, cuts whoever is left */
    struct server_connection *connections;
    unsigned open;
};

/* Raises the limit of open descriptors as far as it goes, and returns it; 0: it cannot be read (errno). */
uint64_t raise_descriptor_limit(void);

/* Listens on 127.0.0.1. On failure it has closed everything; `*reason` is the reactor's, and null where the failure is
 * another. */
int server_open(struct server *, const char **reason);

/* Serves until a signal has ended it. */
int server_run(struct server *);

/* After server_run has returned 0, or instead of it. */
void server_close(struct server *);

#endif
