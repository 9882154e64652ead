/* The load generator of `echo`, one a connection: a bare state machine, the same whatever form of the loop serves it.
 * Closed loop: it sends a message, reads it back whole, compares it with what it sent, and sends the next.
 *
 * A message is a window of one random pattern, and which window follows from the connection's seed and the number of
 * the message: nothing is copied to make it, one memcmp verifies it, and an old message does not pass for a new one.
 *
 * Threads: the reactor's. Errors: the first one ends the client: negative errno; -EBADMSG when other bytes came back
 * than were sent, -ECONNRESET when the stream ended.
 */
#ifndef ABREAST_BENCH_ECHO_CLIENT_H
#define ABREAST_BENCH_ECHO_CLIENT_H

#include "common/stream.h"

enum { ECHO_WINDOWS = 1 << 16 }; /* the pattern is this long, and a message more */

struct echo_client {
    struct io_op op;
    struct stream *stream;
    const unsigned char *pattern;
    unsigned char *reply;                           /* room for a message */
    size_t message;                                 /* bytes */
    void (*done)(struct echo_client *, int status); /* called once a start */
    uint64_t window;
    uint64_t left;  /* messages */
    size_t moved;   /* bytes of the message sent or read so far */
    uint64_t asked; /* bytes sent since the start */
    uint64_t bytes; /* verified since then */
};

/* Exchanges `messages` of them. The caller has set stream, pattern, reply, message and done. */
void echo_client_start(struct echo_client *, uint64_t seed, uint64_t messages);

#endif
