/* Echo servers behind one interface, each on something of its own: read, process, write, repeat.
 *
 *   io_uring   liburing alone: SINGLE_ISSUER, DEFER_TASKRUN, one io_uring_enter per turn of the loop
 *   epoll      level-triggered readiness alone: recv and send where the kernel says that they will not wait
 *   floor      the floor's loops on this project's reactor, with either backend; so the other forms: task, pipeline,
 *              p2300-task
 *
 * The first two are the yardsticks of `echo`: the loop as somebody writes it who has one interface of the kernel and
 * nothing else, without this project's reactor, streams or run_loop. What the third costs above them is what the
 * reactor costs, and what another form costs above the floor is what that model costs.
 *
 * Owns: nothing of the caller's: `connections` and their buffers and descriptors, which are connected sockets, live
 * from open to close, and so does the current frame allocator, where the frames of the forms come from; descriptors are
 * made non-blocking but by io_uring. Threads: all calls from the one that opened, for io_uring permits no other.
 * Errors: negative errno; the first one ends the serving.
 */
#ifndef ABREAST_BENCH_BARE_BARE_H
#define ABREAST_BENCH_BARE_BARE_H

#include "common/process.h"

#include <stdbool.h>

enum { BARE_LINE = 64 }; /* of the processor's cache */

/* What a turn of a bare loop needs is one line. */
struct bare_connection {
    /* caller, before open */
    _Alignas(BARE_LINE) int fd;
    /* the server's */
    bool closed; /* by the peer */
    size_t got, sent;
    struct process own; /* a bare loop's */
    /* caller, before open */
    unsigned char *buffer;
    size_t size; /* of the buffer, bytes */
    /* set by open: the step and its checksum, which the caller may set anew before it has it serve */
    struct process *process;
};

struct bare_counts {
    uint64_t bytes;    /* read, processed and written back */
    uint64_t syscalls; /* io_uring_enter; epoll_wait, epoll_ctl, recv, send */
};

struct bare_echo; /* a server of one of these kinds */

struct bare_echo_kind {
    const char *name; /* as reactor_backend_name */
    /* 0 or negative errno. -EINVAL: this kernel has not what it takes. */
    int (*open)(struct bare_echo **, struct bare_connection *connections, unsigned count);
    /* Until `bytes` more have been written back or every peer has closed, whichever is first. May be called again. */
    int (*serve)(struct bare_echo *, uint64_t bytes, struct bare_counts *);
    void (*close)(struct bare_echo *);
};

extern const struct bare_echo_kind bare_echo_io_uring, bare_echo_epoll;
/* without the speculative call */
extern const struct bare_echo_kind floor_echo_io_uring, floor_echo_epoll, task_echo_io_uring, task_echo_epoll;
extern const struct bare_echo_kind pipeline_echo_io_uring, pipeline_echo_epoll;
extern const struct bare_echo_kind p2300_task_echo_io_uring, p2300_task_echo_epoll;

#endif
