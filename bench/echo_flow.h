/* A client of `echo` with several messages in flight: a bare state machine that sends and reads at the same time, the
 * same whatever form of the loop serves it. Who asks for messages decides what load it is:
 *
 *   streaming     as many as the window at first, and one more for each reply
 *   closed loop   the same with a window of one
 *   open loop     each at its time of a schedule, whether or not there have been replies
 *
 * Each message is asked for with the time at which it is due, and its latency is what has passed since then when the
 * last byte of its reply is read: a message that had to wait behind others before it was sent has waited (Tene: no
 * coordinated omission).
 *
 * Messages are windows of one random pattern, as of bench/echo_client.h, and each reply is compared with its message.
 *
 * Owns: nothing. Threads: the reactor's.
 * Units: bytes; nanoseconds of whatever clock `now` is.
 * Errors: the first one ends the client and is told once: negative errno; -EBADMSG when other bytes came back than were
 * sent, -ECONNRESET when the stream ended.
 */
#ifndef ABREAST_BENCH_ECHO_FLOW_H
#define ABREAST_BENCH_ECHO_FLOW_H

#include "bench/histogram.h"
#include "common/stream.h"

enum { ECHO_FLOW_MOST = 256 }; /* messages in flight, or asked for and not yet sent */

struct echo_flow {
    /* caller */
    void *owner; /* the caller's */
    struct stream *stream;
    const unsigned char *pattern;                      /* ECHO_WINDOWS and a message */
    unsigned char *reply;                              /* room for a message */
    size_t message;                                    /* bytes */
    uint64_t (*now)(void);                             /* null: nobody measures, and no clock is read */
    struct histogram *latencies;                       /* where they are recorded; may be null */
    void (*replied)(struct echo_flow *, uint64_t now); /* a reply is verified; may ask for more. now: 0 without clock */
    void (*failed)(struct echo_flow *, int status);
    /* own */
    struct io_op sending, reading;
    bool in_send, in_read;             /* in flight, or on the stack */
    bool ended;                        /* by an error */
    size_t sent_bytes, read_bytes;     /* of the message in hand */
    uint64_t sent_window, read_window; /* the same generator, at the last message sent and read */
    uint64_t asked, sent, answered;    /* messages since the start */
    uint64_t bytes;                    /* verified since then */
    uint64_t due[ECHO_FLOW_MOST];      /* of those not answered, by their number */
};

/* Nothing is in flight. The messages that follow come from the seed. */
void echo_flow_start(struct echo_flow *, uint64_t seed);

static inline bool echo_flow_has_room(const struct echo_flow *self)
{
    return self->asked - self->answered < ECHO_FLOW_MOST;
}

/* Sends one more message, at once or when those asked for before it are sent. There must be room. */
void echo_flow_ask(struct echo_flow *, uint64_t due);

#endif
