/* What the cells of `echo` are told, and the three ways to run them.
 *
 * Threads: one; load generator, loops and reactor share it, so that what is measured is the loop and not the wake-up of
 * an idle processor.
 */
#ifndef ABREAST_BENCH_ECHO_H
#define ABREAST_BENCH_ECHO_H

#include "bench/bare/bare.h"
#include "bench/cell.h"
#include "bench/loops.h"

enum echo_transport { ECHO_memory, ECHO_socketpair, ECHO_tcp };

struct echo_parameters {
    enum loop_form_index form;
    enum echo_transport transport;
    void (*process)(struct process *, unsigned char *data, size_t bytes);
    /* sockets only */
    unsigned connections;
    size_t message; /* bytes */
    enum reactor_backend backend;
    bool speculative;
    unsigned window;                     /* messages in flight on a connection, by bench/echo_flow.h; 0: ping-pong */
    bool split;                          /* in sub-requests, by bench/echo_split.h */
    bool preallocated;                   /* its sub-requests' frames: in the server's, not from the allocator */
    unsigned load_percent;               /* latencies under a schedule: of the floor's rate; 0: closed */
    int (*policy)(struct stream *);      /* asked of the loops' ends, not of the clients'; null: none */
    const struct bare_echo_kind *server; /* echo_apart only, and then there is no form */
};

/* Where the loops' frames come from: as the command line says, else the recycling allocator. */
const struct frame_allocator_kind *echo_allocator_kind(const struct run_options *);

/* Whether a form's frames can come from there: those of a frame an operation must be used again. */
bool echo_allocator_serves(const struct frame_allocator_kind *, const struct loop_form *);

/* For so many loops at once, each with a frame or a few. */
enum { ECHO_FRAMES_BYTES = 64 << 10 };

int echo_memory_open(const struct cell *, const struct run_options *, void **state);
int echo_memory_run(void *state, uint64_t operations, struct outcome *);
void echo_memory_close(void *state);

/* frame_bytes, of all frames of one loop, and storage_bytes, which its caller keeps for it. */
void echo_memory_describe(const struct cell *, const struct row *blank, struct results *);

int echo_socket_open(const struct cell *, const struct run_options *, void **state);
int echo_socket_run(void *state, uint64_t operations, struct outcome *);
void echo_socket_close(void *state);

int echo_apart_open(const struct cell *, const struct run_options *, void **state);
int echo_apart_run(void *state, uint64_t operations, struct outcome *);
void echo_apart_close(void *state);

/* The latencies of the cells that no runner times; beside the others (struct experiment). Where a place fails its rows
 * are missing, the other places are measured, and the first failure is returned. */
int echo_latency_run(const struct experiment *, const struct run_options *, struct results *, struct progress *);

/* Closes both ends of a connection, with nothing left to send. A TCP connection is reset: each that ended in order
 * would keep its port for a minute (TIME_WAIT), and cells open more connections than there are ports. */
void echo_close_ends(struct stream ends[2]);

/* Bytes that follow from the seed alone (splitmix64). `size` is a multiple of 8. */
void echo_fill(unsigned char *bytes, size_t size, uint64_t seed);

#endif
