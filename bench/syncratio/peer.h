/* The other end of the connections that `syncratio` serves: a thread that sends messages ahead of the replies, as many
 * as it may, and compares every byte that comes back with what it sent. It uses neither model nor reactor: poll, send
 * and recv.
 *
 * Owns: its buffers; not the descriptors, which must stay open until peer_join.
 * Errors: negative errno, from peer_join; then it has shut all connections down, so that nobody waits for it.
 */
#ifndef ABREAST_BENCH_SYNCRATIO_PEER_H
#define ABREAST_BENCH_SYNCRATIO_PEER_H

#include "bench/syncratio/syncratio.h"

#include <pthread.h>
#include <sched.h>

struct peer {
    /* caller, before peer_start */
    const struct socket_parameters *parameters;
    cpu_set_t processors; /* on which it may run */
    unsigned connections;
    struct peer_end {
        int fd;
        uint64_t total; /* bytes to send, a whole number of messages */
        uint64_t sent, received;
        bool ended;
    } ends[SOCKET_CONNECTIONS_MOST];
    /* its own */
    pthread_t thread;
    unsigned char *pattern, *reply;
    int status;
};

int peer_start(struct peer *);

/* Waits for its end, which comes when all replies have arrived, or a connection fails. */
int peer_join(struct peer *);

#endif
