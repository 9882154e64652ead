/* What the cells of `syncratio` are told.
 *
 * sim     The loop on the sim backend: which of its reads and writes complete at once follows from the script. Threads:
 *         one.
 * socket  The loop serves connections over real sockets, and counts its reads that complete at once. Threads: two, one
 *         of them the peer's.
 */
#ifndef ABREAST_BENCH_SYNCRATIO_SYNCRATIO_H
#define ABREAST_BENCH_SYNCRATIO_SYNCRATIO_H

#include "bench/cell.h"
#include "bench/loops.h"

struct sim_parameters {
    enum loop_form_index form;
    unsigned share; /* of operations that complete at once, percent */
};

int sim_open(const struct cell *, const struct run_options *, void **state);
int sim_run(void *state, uint64_t operations, struct outcome *); /* -EPROTO: another share completed at once */
void sim_close(void *state);

/* Where the peer runs: where the kernel puts the two threads, on the loop's processor, or on another one. */
enum socket_placement { PEER_ANY, PEER_SAME, PEER_OTHER };

struct socket_parameters {
    enum loop_form_index form;
    enum reactor_backend backend;
    enum socket_placement peer;
    bool speculative;     /* the loop tries before it submits; else it submits at once */
    unsigned connections; /* at most SOCKET_CONNECTIONS_MOST */
    unsigned outstanding; /* messages that a peer sends ahead of the replies */
    size_t message;       /* bytes, a power of two */
    size_t buffer;        /* of the loop's: the most that it reads at once */
    unsigned messages;    /* in all */
    unsigned warm_up;     /* of each connection: its first messages, until all have had them no read counts */
    unsigned repeats;
};

enum { SOCKET_CONNECTIONS_MOST = 64 };

/* What became of the reads that brought bytes, after the warm-up. */
struct socket_counts {
    uint64_t reads;
    uint64_t at_once; /* complete when stream_try returned, or by the first look after they were submitted */
    uint64_t bytes;   /* that came back to the peer, all verified */
};

/* Serves all messages once. 0 or negative errno; -EBADMSG: other bytes came back than were sent; -ENOTSUP: there is but
 * one processor. */
int socket_serve(const struct socket_parameters *, struct socket_counts *);

#endif
