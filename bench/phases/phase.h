/* What a phase executable (main.c) is made of: forms, C or C++, each of which reads from a stream, operation by
 * operation, by one mechanism, compiled with the probe (common/probe.h).
 *
 * A form runs on a run_loop, on a stream that is `ready`, in memory, so that every read completes inside the call that
 * starts it, or `later`, of the sim backend, so that every read is submitted and completes from the reactor, which the
 * run_loop polls. What it does per operation is the difference between a longer and a shorter run.
 */
#ifndef ABREAST_BENCH_PHASES_PHASE_H
#define ABREAST_BENCH_PHASES_PHASE_H

#if defined __cplusplus
#include "awaitable/cxx/c.hpp"
extern "C" {
#else
#include "common/frame_allocator.h"
#include "common/io_env.h"
#include "common/run_loop.h"
#endif
#include "common/stream.h"

#include <errno.h>
#include <sys/types.h>

/* One run: what it is given, and what it did. */
struct phase_job {
    struct stream *stream;
    struct run_loop *loop;
    struct io_env env; /* on that loop, frames from the recycling allocator */
    uint64_t operations;
    uint64_t made;
    uint64_t checksum;
    uint64_t value; /* where a read puts its bytes */
    int status;     /* 0 or negative errno */
};

enum phase_streams { STREAM_READY = 1, STREAM_LATER = 2, STREAM_BOTH = 3 };

/* `begin` is called on the loop's thread, from the loop. Whatever way the form ends, it calls phase_job_end, once;
 * `end` frees what is left then. */
struct phase_form {
    const char *model; /* null in the sentinel */
    const char *mechanism;
    unsigned streams;                   /* enum phase_streams: those that it can read from */
    void *(*begin)(struct phase_job *); /* what `end` needs, or null */
    void (*end)(void *);                /* null: nothing to free */
};

extern const struct phase_form phase_forms[];
extern const char phase_toolchain[];

/* A read has completed. */
static inline void phase_job_read(struct phase_job *job, ssize_t got)
{
    job->made++;
    job->checksum = (job->checksum ^ job->value) * 6364136223846793005u;
    if (got != (ssize_t)sizeof job->value)
        job->status = got < 0 ? (int)got : -EIO;
}

static inline bool phase_job_goes_on(const struct phase_job *job)
{
    return job->made < job->operations && job->status == 0;
}

static inline void phase_job_end(struct phase_job *job)
{
    run_loop_finish(job->loop);
}

#if defined __cplusplus
}
#endif

#endif
