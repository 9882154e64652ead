/* What the forms of the `fanout` experiment are given: joins to be made one after the other, each of `width` children.
 *
 * A form is one way to write a join. It is launched on the run_loop, once for all joins of a run, makes each one anew
 * in the same storage, and ends by fanout_end. Child i of join number n completes with fanout_value(n, i); or it is a
 * read of job->streams[i], where the experiment says what completes how (bench/fanout/stream.h).
 *
 * Owns: a form's storage, which outlives its joins, is the cell's. Threads: the run_loop's, or a pool of two.
 */
#ifndef ABREAST_BENCH_FANOUT_JOB_H
#define ABREAST_BENCH_FANOUT_JOB_H

#include "bench/fanout/stream.h"
#include "common/io_env.h"
#include "common/run_loop.h"
#include "common/thread_pool.h"

#include <errno.h>
#include <stdint.h>

enum { FANOUT_WIDTH_MAX = 64, FANOUT_POOL_THREADS = 2 };

struct fanout_job {
    uint64_t made, total; /* joins */
    uint64_t checksum;
    uint64_t bytes; /* that the reads of a race have given */
    unsigned width;
    struct io_env env; /* on the run_loop, or on the pool */
    void *storage;     /* the form's */
    struct fanout_stream *streams;
    unsigned char (*buffers)[FANOUT_BUFFER_BYTES]; /* one a stream */
    struct fanout_stream_counts counts;
    uint64_t latency_max; /* completions from a failure to the end of its join */
    struct run_loop loop;
    struct thread_pool *pool; /* null: everything happens on the run_loop's thread */
    int status;
    const struct fanout_form *form;
    struct work launch;
};

struct fanout_form {
    /* Makes joins until job->made has come to job->total, then calls fanout_end. 0 or negative errno; then it has not
     * begun. */
    int (*launch)(struct fanout_job *);
    size_t storage_bytes, storage_bytes_each; /* the second of them for each child, here and below */
    /* Of one join, wherever it lies. What makes one join after the other, be it a coroutine or a receiver, is not
     * counted. */
    size_t operation_bytes, operation_bytes_each; /* in the coroutine, or beside the receiver, that waits for it */
    size_t frame_bytes, frame_bytes_each;         /* in coroutine frames of its own */
};

/* The xor and the multiplication keep an optimiser from finding a formula for the sum of all children. */
static inline ssize_t fanout_value(uint64_t join, unsigned child)
{
    return (ssize_t)(((join ^ child) * 0x9e3779b97f4a7c15) >> 1);
}

/* Records one join. */
static inline void fanout_record(struct fanout_job *job, uint64_t sum)
{
    job->made++;
    job->checksum = (job->checksum ^ sum) * 6364136223846793005u;
}

/* The same of one join of all streams: none of them is left in flight. */
static inline void fanout_record_reads(struct fanout_job *job, uint64_t sum)
{
    uint64_t latency = job->counts.completed - job->counts.failed_at;
    fanout_record(job, sum);
    if (latency > job->latency_max)
        job->latency_max = latency;
    if (!job->status && job->counts.completed != job->made * job->width)
        job->status = -EPROTO;
}

/* What a race gives: what the read ended with, bytes or -ECANCELED. */
static inline void fanout_record_race(struct fanout_job *job, ssize_t result)
{
    if (result >= 0)
        job->bytes += (uint64_t)result;
    else if (result != -ECANCELED)
        job->status = (int)result;
    fanout_record_reads(job, (uint64_t)result ^ job->buffers[0][0]);
}

/* All joins are made. Any thread. */
void fanout_end(struct fanout_job *, int status);

/* The forms of cells.def. */
#define FANOUT_JOIN(role, model, mechanism, completes, width, modes, counted, form)                                    \
    extern const struct fanout_form fanout_##form;
#define FANOUT_JOIN_ON_POOL(role, model, mechanism, width, form) extern const struct fanout_form fanout_##form;
#define FANOUT_RACE(role, model, mechanism, wins, winner, form) extern const struct fanout_form fanout_##form;
#define FANOUT_CANCEL(role, model, mechanism, width, modes, counted, form)                                             \
    extern const struct fanout_form fanout_##form;
#define FANOUT_GRAPH(role, model, mechanism, form) extern const struct fanout_form fanout_##form;
#include "bench/fanout/cells.def"
#undef FANOUT_JOIN
#undef FANOUT_JOIN_ON_POOL
#undef FANOUT_RACE
#undef FANOUT_CANCEL
#undef FANOUT_GRAPH

#endif
