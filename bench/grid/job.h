/* What all cells of `grid` do: read from a no-op stream, again and again, on a thread pool of one.
 *
 * A read delivers 1 to 64 bytes, and how many follows from how many there were before; it moves nothing. A stream that
 * posts completes each read from the pool, a synchronous one inside the call that starts it. The work is one launch a
 * session of SESSION_READS, which begins on the pool: where a form does not bound its stack, it grows no longer than
 * that.
 *
 * Owns: a form's storage is the cell's, and outlives its sessions. Threads: the pool's one.
 */
#ifndef ABREAST_BENCH_GRID_JOB_H
#define ABREAST_BENCH_GRID_JOB_H

#include "common/io_env.h"
#include "common/thread_pool.h"
#include "common/trampoline.h"

#include <stdint.h>
#include <sys/types.h>

enum { SESSION_READS = 10000, READ_BYTES = 64 };

/* The concrete stream. */
struct grid_stream {
    struct thread_pool *pool; /* where a posting read completes; its executor is the environment's too */
    uint64_t reads;
};

static inline ssize_t grid_stream_deliver(struct grid_stream *stream)
{
    return (ssize_t)(stream->reads++ % READ_BYTES) + 1;
}

/* The executor of a pool that is a P2300 context, and can be given no coroutine, only a sender to start. What is posted
 * becomes an operation, connect(schedule(pool), a receiver that resumes), which is allocated, since the coroutine that
 * is suspended cannot hold it: how Capy's benchmark runs awaitables on its sender_thread_pool. dispatch returns the
 * handle. It is a member of a job, whose status becomes -ENOMEM where there is no memory for an operation. */
struct grid_scheduling {
    struct thread_pool *pool;
    struct frame_allocator *allocator; /* malloc's in Capy's benchmark */
};

struct executor_ref grid_scheduling_executor(struct grid_scheduling *);

struct grid_job {
    uint64_t made;
    uint64_t end; /* of this session: the form ends when `made` has come here */
    uint64_t checksum;
    struct grid_stream *stream;
    unsigned char buffer[READ_BYTES];
    void *hidden;  /* what the form sees of the stream, where it does not see itself */
    void *storage; /* the form's */
    struct io_env env;
    struct trampoline trampoline;
    struct thread_pool pool;
    uint64_t total; /* of all sessions */
    int status;
    const struct grid_form *form;
    const struct grid_view *view;
    struct grid_scheduling scheduling;
    struct work launch;
};

/* How a form sees the stream: makes job->hidden from job->stream, and frees it. 0 or negative errno. */
struct grid_view {
    int (*wrap)(struct grid_job *);
    void (*unwrap)(struct grid_job *);
};

struct grid_form {
    /* Reads until job->made has come to job->end, then calls grid_session_ended, perhaps before it returns. 0 or
     * negative errno; then it has not begun. */
    int (*launch)(struct grid_job *);
    size_t storage_bytes;
    size_t op_state_bytes; /* of one read, or of the whole pipeline; 0: there is none */
    size_t frame_bytes;    /* of the coroutine; 0: there is none */
};

/* Records one read. The xor keeps an optimiser from folding several steps into one. */
static inline void grid_job_completed(struct grid_job *job, ssize_t got)
{
    job->made++;
    job->checksum = (job->checksum ^ (uint64_t)got) * 6364136223846793005u;
}

/* A session has ended: posts the next one, or lets the pool's thread go. */
void grid_session_ended(struct grid_job *, int status);

#endif
