/* The floor: the connection as a bare state machine on the run_loop, with neither protocol. */
#include "bench/mitigations/job.h"

static int at_once(struct mitigation_job *job)
{
    while (job->made < job->end)
        mitigation_job_completed(job, job->made);
    mitigation_job_ended(job, 0);
    return 0;
}

const struct mitigation_form MITIGATION_FORM(floor_inline) = {.launch = at_once};

struct posted {
    struct work work;
    struct mitigation_job *job;
};

static void completed(struct work *work)
{
    struct posted *self = CONTAINER_OF(work, struct posted, work);
    struct mitigation_job *job = self->job;
    mitigation_job_completed(job, job->made);
    if (job->made < job->end)
        run_loop_post_work(&job->loop, work);
    else
        mitigation_job_ended(job, 0);
}

static int from_the_loop(struct mitigation_job *job)
{
    struct posted *self = job->storage;
    *self = (struct posted){.work = {.execute = completed}, .job = job};
    run_loop_post_work(&job->loop, &self->work);
    return 0;
}

const struct mitigation_form MITIGATION_FORM(floor_later) = {.launch = from_the_loop,
                                                             .storage_bytes = sizeof(struct posted)};
