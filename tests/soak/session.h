/* One session of the soak test: a form of the loop on one end, a peer on the other that keeps to a plan.
 *
 * On a real backend the ends are a socket pair or a TCP connection, and the peer makes plain calls that do not wait,
 * from session_step. On sim the stream is a scripted one; that writes to a slow reader wait and move little, and that a
 * read or a write finds the connection reset, at once or when it completes, comes from the session's stream_ops. On all
 * of them these also make three reads and writes of ten shorter than what was asked for, and request some of the stops
 * from within a read, a write or its completion.
 *
 * Every byte that comes back is compared, as it comes, with the byte that was sent at its place; a session that ends
 * otherwise than it must ends the program, with one line.
 *
 * Owns: its streams, buffers and the storage of the form. Threads: one.
 */
#ifndef ABREAST_TESTS_SOAK_SESSION_H
#define ABREAST_TESTS_SOAK_SESSION_H

#include "bench/loops.h"
#include "common/counting_allocator.h"
#include "common/run_loop.h"
#include "tests/soak/plan.h"

/* What the sessions of one form on one backend share. */
struct soak {
    const struct loop_form *form;
    const char *backend_name;
    bool sim;
    uint64_t seed;
    struct reactor *reactor;
    struct run_loop run_loop;
    struct counting_allocator allocator;
    /* counts of the sessions that have ended */
    uint64_t sessions, messages, bytes, endings[ENDINGS], shortened, slowed;
    uint64_t torn[ENDINGS]; /* of sessions: the ending found the loop with bytes in hand */
    uint64_t digest;
};

struct session {
    struct soak *soak;
    struct plan plan;
    uint64_t random; /* of what may differ from one run to the next: when and how much */
    struct stop_source stop;
    struct io_env env;
    struct loop_job job;
    void *loop;
    unsigned done;
    struct stream ends[2]; /* the loop's and the peer's */
    struct memory_stream sim;
    struct stream_ops ops; /* of the loop's end: those below, but shorter */
    const struct stream_ops *below;
    size_t asked; /* of the operation under way, and its owner's function */
    void (*complete)(struct io_op *);
    size_t sent, got;
    bool shut[2], ended; /* the loop's and the peer's direction; what comes to the peer */
    unsigned char bytes[PLAN_BYTES], received[PLAN_BYTES], buffer[PLAN_PIECE];
};

void session_open(struct session *, uint64_t number);

/* Lets the peer do its part; true when the session is over, has been checked and closed. */
bool session_step(struct session *);

#endif
