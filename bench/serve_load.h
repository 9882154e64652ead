/* The load generator behind `abreast load`: connections that send messages to an echo server and verify every byte.
 *
 * Closed loop (rate 0): each connection has one message under way, and its latency counts from when it is sent.
 *
 * Open loop: message i is due at i/rate after the start, on connection i modulo their number, whatever became of those
 * before, and its latency counts from then. So a server that stands still for a second is charged with each message
 * that came due in it, and not with one: no coordinated omission (Tene 2015, "How NOT to Measure Latency"; wrk2). What
 * the generator itself is late by is in the latency too.
 *
 * A message is a window of one random pattern; which one follows from connection and number, so that an old message
 * does not pass for a new one. Sending and receiving of a connection are independent of each other, so that messages
 * of any size get through.
 *
 * Owns: all that it opens, until load_run returns. Threads: one.
 * Errors: the first one ends the run; a sentence is in `complaint`.
 */
#ifndef ABREAST_BENCH_SERVE_LOAD_H
#define ABREAST_BENCH_SERVE_LOAD_H

#include "bench/histogram.h"
#include "bench/progress.h"
#include "common/stream.h"

enum {
    LOAD_LARGEST_MESSAGE = 16 << 20,
    LOAD_SILENCE_SECONDS = 10, /* after so long without a byte the server is taken for dead */
    LOAD_INTERRUPTED_SECONDS = 2,
};

struct load_connection;

struct load {
    /* caller, before load_run */
    enum reactor_backend backend;
    struct sockaddr_in address;
    unsigned connection_count;
    size_t size;       /* of a message, bytes */
    double rate;       /* messages a second; 0: closed loop */
    uint64_t messages; /* or else: */
    uint64_t seconds;  /* for so long; open loop: as many messages as are due in them */
    uint64_t seed;
    /* results */
    struct histogram latencies; /* ns, of messages that came back whole */
    uint64_t elapsed_ns;        /* from the start to the last of them */
    bool interrupted;
    uint64_t unsent;           /* that were due when it was interrupted: in no other figure */
    uint64_t unsent_waited_ns; /* the longest that one of them had waited */
    char backend_name[16];
    char complaint[200];
    /* the generator's */
    struct reactor *reactor;
    unsigned char *pattern;
    struct load_connection *connections;
    unsigned opened, connected;
    uint64_t begun; /* messages that came due */
    uint64_t start_ns, heard_ns, give_up_ns;
    bool started, stopping, finished;
    int error;
    struct reactor_timer due, clock;
    bool waiting, ticking; /* for these, in this order */
    struct progress progress;
};

/* 0, or negative errno with a complaint. Results are of what was done, in either case. */
int load_run(struct load *);

#endif
