/* The reactor: completion-based I/O for one thread, with three backends behind one interface.
 *
 *   io_uring   liburing
 *   epoll      readiness turned into completions: the reactor itself makes the read or write when the descriptor is
 *              ready
 *   sim        no kernel: a seeded script of sizes, delays, errors and synchronous completions on a virtual clock
 *
 * An operation embeds its completion, so no backend allocates per operation. A submitted operation completes exactly
 * once, from reactor_poll and never from within reactor_submit; `complete` may submit again, and may free the
 * operation.
 *
 * Owns: the caller owns every operation, before submission and after completion; in between it must not move.
 * Threads: all calls from the thread that created the reactor, except reactor_wake (any thread).
 * Errors: 0 or negative errno. An operation's failure is its `result`, never lost and never a return value: a full
 * submission queue is flushed and tried again, and what the kernel still refuses completes with that error.
 */
#ifndef ABREAST_COMMON_REACTOR_H
#define ABREAST_COMMON_REACTOR_H

#include <linux/time_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct stream;

/* The even ones wait until their stream is readable, the odd ones until it is writable. */
enum io_kind { IO_READ, IO_WRITE, IO_ACCEPT, IO_CONNECT, IO_TIMER, IO_KINDS };

/* One asynchronous operation: what an awaitable and an operation state embed, and what the floor uses bare. */
struct io_op {
    /* caller, before submission (io_op_prepare, io_op_prepare_accept, io_op_prepare_connect) */
    struct stream *stream;
    void *buffer; /* must outlive the completion */
    size_t size;  /* bytes; an operation on 0 bytes completes with 0 in stream_try, whatever the stream's policy */
    void (*complete)(struct io_op *);
    /* result, valid in `complete` and after: bytes moved (0 from a read: end of stream), 0 for what moves none, or
     * negative errno. -ECANCELED: it was cancelled. */
    ssize_t result;
    /* reactor, in flight */
    enum io_kind kind; /* set by stream_submit */
    bool posted;       /* an awaitable's: done by stream_try, and over the inline budget */
    struct io_op *next;
};

enum reactor_backend { REACTOR_DEFAULT, REACTOR_IO_URING, REACTOR_EPOLL, REACTOR_SIM };

/* What the sim backend does to the operations of its streams. All choices come from `seed` and the count of operations
 * alone, so that a run is repeatable; operations are numbered from 1 as they complete at once or are submitted. Shares
 * are per mille of operations. Every reactor_poll is one tick of the virtual clock, and one that waits goes on to the
 * tick at which an operation is due. A timer is no operation of the script; for it a tick is a microsecond. */
struct sim_script {
    uint64_t seed;
    unsigned sync_share;  /* completes at once in stream_try, as a speculative call would */
    unsigned short_share; /* moves only part of what it could */
    unsigned delay_max;   /* what is submitted completes at the next poll, or up to this many ticks later */
    int error;            /* errno that the operation number `error_at` (from 1) ends with; 0: none */
    uint64_t error_at;
};

struct reactor_options {
    enum reactor_backend backend;
    unsigned queue_entries;   /* submission queue of io_uring; 0: a default of 256 */
    unsigned receive_buffers; /* of 4 KiB, which multishot receives share (stream_receive_multishot); 0: 256 */
    struct sim_script script;
};

struct reactor;

/* REACTOR_DEFAULT takes io_uring where the kernel permits it and epoll otherwise. On failure `*reason`, when given,
 * points to a static sentence that says what to do; where the default fell back to epoll it says why; else it is null.
 *
 * The environment variable ABREAST_FORBID, a list of words with commas, makes a kernel look like a poorer one:
 *
 *   io_uring          not permitted, as under a container's policy
 *   defer_taskrun     its set-up flags of Linux 6.1 unknown
 *   coop_taskrun      all its set-up flags unknown (Linux 5.19), and no registered ring (5.18)
 *   recv_multishot    no multishot receive and no ring of provided buffers (Linux 6.0)
 *   registered_files  no registered files that are closed at once (Linux 6.13, with defer_taskrun)
 *   epoll_pwait2      no timeouts in nanoseconds (Linux 5.11): epoll's timers are late by up to a millisecond */
int reactor_create(struct reactor **, const struct reactor_options *, const char **reason);

/* Nothing may be in flight. */
void reactor_destroy(struct reactor *);

const char *reactor_backend_name(const struct reactor *); /* "io_uring", "epoll" or "sim" */

/* One line that names the kernel features in use, for `abreast env` and run.json. */
const char *reactor_features(const struct reactor *);

/* Hands over an operation whose caller fields and `kind` are set. */
void reactor_submit(struct reactor *, struct io_op *);

/* Asks that an operation in flight end early; it still completes exactly once, with -ECANCELED or with what it had
 * already done. Allowed from within a completion. A connect that was cancelled leaves a socket of no further use. */
void reactor_cancel(struct reactor *, struct io_op *);

/* Delivers completions. Waits for at least one, or for reactor_wake, unless `wait` is false. With nothing in flight and
 * `wait` true it waits for reactor_wake (sim: returns -EDEADLK, for nobody else could wake it in a deterministic run).
 * Returns how many were delivered, or negative errno. EINTR is not an error: it returns 0. */
int reactor_poll(struct reactor *, bool wait);

/* Makes a reactor_poll that waits, or the next one that would, return. Any thread; sim: the reactor's own thread. */
void reactor_wake(struct reactor *);

/* An operation without a stream: completes with 0 once the time has passed, never before. */
struct reactor_timer {
    struct io_op op; /* the caller sets `complete` */
    union {          /* reactor, in flight */
        struct __kernel_timespec interval;
        struct {
            uint64_t due;                               /* nanoseconds of the monotonic clock */
            struct reactor_timer *child, *next, **link; /* in the heap of all */
        };
    };
};

/* Submits timer->op; reactor_cancel ends it early. */
void reactor_timer_start(struct reactor *, struct reactor_timer *, uint64_t nanoseconds);

/* Operations submitted and not yet completed. */
size_t reactor_in_flight(const struct reactor *);

/* Since creation: operations submitted, completions delivered, system calls made for I/O (io_uring_enter, epoll_wait,
 * epoll_ctl, read, write, recv, send, accept, connect), speculative ones included, and how often a multishot receive
 * found no buffer (ENOBUFS). */
struct reactor_counts {
    uint64_t submitted, completed, syscalls, buffers_exhausted;
};
struct reactor_counts reactor_counts(const struct reactor *);

#endif
