/* The world of a scenario: one form of the loop on one backend, with peers that a script drives.
 *
 * On a real backend each connection is a socket pair, whose far end, the peer, is worked by plain non-blocking calls
 * between two turns of the run_loop. On sim it is a scripted stream. Either way the peer gives `total` bytes of a known
 * pattern and then ends the stream, and what comes back can be compared.
 *
 * Every frame comes from the world's own allocator, and every operation of the loop passes the world's stream_ops, so
 * that closing the world checks what must hold in any scenario: each loop ended once, every submission completed once,
 * every frame freed.
 *
 * Threads: the main thread, but for what a scenario starts itself.
 */
#ifndef ABREAST_TESTS_SCENARIO_WORLD_H
#define ABREAST_TESTS_SCENARIO_WORLD_H

#include "bench/loops.h"
#include "common/probe.h"
#include "common/run_loop.h"
#include "tests/scenario/check.h"

#include <errno.h>

/* malloc that counts, and fails on demand. */
struct test_allocator {
    struct frame_allocator base;
    unsigned allocated, freed;
    bool failing;
};

struct world_options {
    unsigned connections;     /* 0: one */
    size_t buffer;            /* of each loop, bytes; 0: 4096 */
    size_t total;             /* bytes that each peer gives */
    size_t send_piece;        /* at most so many at a time; 0: all */
    size_t receive_piece;     /* at most so many at a time; 0: all */
    bool silent;              /* the peer leaves the stream open after its bytes */
    bool deaf;                /* the peer reads nothing */
    bool tcp;                 /* else a socket pair */
    bool waits;               /* sim: no operation completes at once, and each takes its time */
    bool narrow;              /* buffers from the loop to the peer are as small as the kernel makes them */
    unsigned queue_entries;   /* of io_uring */
    struct sim_script script; /* sim: if its seed is set, this one; else one by mode */
};

struct connection {
    struct loop_job job;
    void *loop; /* storage of the form */
    unsigned done;
    bool abandoned;
    /* the loop's operations, as they pass by */
    const struct stream_ops *ops;
    uint64_t tried, submitted;
    enum io_kind last; /* submitted */
    bool swallow;      /* a submission vanishes: in flight nowhere */
    /* the peer */
    struct stream ends[2]; /* the loop's and the peer's */
    struct memory_stream sim;
    unsigned char *source, *received;
    size_t sent, got;
    bool closed;
};

struct world {
    /* what is run: set before world_open */
    const struct loop_form *form; /* null: the scenario is not about a form of the loop */
    enum reactor_backend backend;
    unsigned mode; /* 0: nothing completes at once; 1: everything that can; 2, sim only: some */

    struct world_options options;
    struct reactor *reactor;
    struct run_loop run_loop;
    struct stop_source stop;
    struct test_allocator allocator;
    struct io_env env; /* may be changed between world_open and world_start */
    struct connection *connections;
    unsigned started, ended;
    bool finish_when_ended; /* world_run */
};

enum { WORLD_MODES_REAL = 2, WORLD_MODES_SIM = 3 };

/* Prints the reason and ends the test as skipped. */
_Noreturn void skip(const char *reason);

void world_open(struct world *, struct world_options);

/* Starts every loop: 0, or the first failure. */
int world_start(struct world *);

/* Runs the loop, without waiting in the kernel, and the peers, until the condition holds. */
void world_run_until(struct world *, bool (*condition)(const struct world *));

/* The same until every loop has ended. */
void world_run_to_end(struct world *);

/* The same until a write of the only connection is in flight, and stays there. */
void world_run_until_writing(struct world *);

/* Destroys a loop that is suspended outside any operation. */
void world_abandon(struct world *, struct connection *);

/* Runs as a program would, waiting in the kernel, until every loop has ended; nobody works the peers. */
void world_run(struct world *);

/* The peer's end is gone: with `reset`, in a way that resets a TCP connection. */
void peer_close(struct connection *, bool reset);

/* What came back is what was given, all of it. */
void check_echoed(const struct world *);

/* Checks what must hold in any scenario, and frees everything. */
void world_close(struct world *);

#endif
