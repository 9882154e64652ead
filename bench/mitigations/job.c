#include "bench/mitigations/job.h"

#include <errno.h>
#include <stdlib.h>

static void launch(struct work *work)
{
    struct mitigation_job *job = CONTAINER_OF(work, struct mitigation_job, launch);
    uint64_t left = job->total - job->made;
    job->end = job->made + (left < job->launch_completions ? left : job->launch_completions);
    int status = job->form->launch(job);
    if (status)
        mitigation_job_ended(job, status);
}

void mitigation_job_ended(struct mitigation_job *job, int status)
{
    if (status)
        job->status = status;
    if (status || job->made >= job->total)
        run_loop_finish(&job->loop);
    else
        run_loop_post_work(&job->loop, &job->launch);
}

int mitigation_job_open(struct mitigation_job *job, const struct mitigation_form *form)
{
    *job = (struct mitigation_job){.form = form, .launch_completions = LAUNCH_COMPLETIONS, .launch.execute = launch};
    job->storage = calloc(1, form && form->storage_bytes ? form->storage_bytes : 1);
    int status = job->storage ? run_loop_init(&job->loop, NULL) : -ENOMEM;
    if (status) {
        free(job->storage);
        return status;
    }
    job->env = (struct io_env){.executor = run_loop_executor(&job->loop), .allocator = recycling_frame_allocator()};
    job->trampoline = (struct trampoline)TRAMPOLINE_DEFAULTS;
    return 0;
}

void mitigation_job_close(struct mitigation_job *job)
{
    run_loop_destroy(&job->loop);
    recycling_frame_allocator_release();
    free(job->storage);
}

void mitigation_job_prepare(struct mitigation_job *job, uint64_t total)
{
    job->made = job->end = job->checksum = 0;
    job->total = total;
    job->status = 0;
    if (job->form)
        run_loop_post_work(&job->loop, &job->launch);
}

int mitigation_job_run(struct mitigation_job *job, struct frame_allocator_counts *allocated)
{
    struct frame_allocator_counts before = frame_allocator_counts;
    int status = run_loop_run(&job->loop);
    allocated->calls = frame_allocator_counts.calls - before.calls;
    allocated->fresh = frame_allocator_counts.fresh - before.fresh;
    allocated->frees = frame_allocator_counts.frees - before.frees;
    allocated->bytes = frame_allocator_counts.bytes - before.bytes;
    if (allocated->frees != allocated->calls)
        return -ENOTRECOVERABLE;
    return status ? status : job->status;
}
