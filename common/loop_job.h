/* What a byte loop is given and what it reports: read, process, write, repeat until end of stream, error or stop. All
 * forms of the loop (floor, awaitable task, sender pipeline, sender task) take the same job.
 *
 * Owns: nothing; the caller keeps stream, buffer and environment until `done` has been called.
 */
#ifndef ABREAST_COMMON_LOOP_JOB_H
#define ABREAST_COMMON_LOOP_JOB_H

#include "common/io_env.h"
#include "common/process.h"
#include "common/stream.h"

struct loop_job {
    /* caller, before start */
    const struct io_env *env;
    struct stream *stream;
    unsigned char *buffer;
    size_t size; /* of the buffer, bytes */
    struct process process;
    /* the result, valid in `done` and after; what each turn needs ends here, in one line of the processor's cache */
    uint64_t bytes; /* read, processed and written back */
    int status; /* 0: end of stream; -ECANCELED: stopped; else the negative errno of the read or write that failed */
    /* caller, before start */
    void (*done)(struct loop_job *); /* called exactly once, when the loop has ended; null: nobody is told */
};

static inline void loop_job_finish(struct loop_job *job, int status)
{
    job->status = status;
    if (job->done)
        job->done(job);
}

#endif
