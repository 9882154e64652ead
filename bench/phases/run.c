#include "bench/phases/run.h"

#include "common/probe.h"

#include <string.h>

enum { SOURCE_BYTES = 4096 };

static unsigned char byte_at(size_t offset)
{
    return (unsigned char)(offset * 31 + offset / 256);
}

/* What the stream gives, by the simplest of loops. */
static uint64_t expected_checksum(uint64_t operations)
{
    struct phase_job job = {.checksum = 0};
    for (uint64_t at = 0; at < operations; at++) {
        unsigned char bytes[sizeof job.value];
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = byte_at((at * sizeof bytes + i) % SOURCE_BYTES);
        memcpy(&job.value, bytes, sizeof bytes);
        phase_job_read(&job, sizeof bytes);
    }
    return job.checksum;
}

struct begun {
    struct work work;
    const struct phase_form *form;
    struct phase_job *job;
    void *left;
};

static void begin(struct work *work)
{
    struct begun *self = CONTAINER_OF(work, struct begun, work);
    self->left = self->form->begin(self->job);
}

static int run_job(const struct phase_form *form, struct phase_job *job)
{
    struct begun begun = {.work = {.execute = begin}, .form = form, .job = job};
    probe_reset();
    run_loop_post_work(job->loop, &begun.work);
    int status = run_loop_run(job->loop);
    if (begun.left && form->end)
        form->end(begun.left);
    if (status || job->status)
        return status ? status : job->status;
    return job->made == job->operations && job->checksum == expected_checksum(job->operations) ? 0 : -EILSEQ;
}

int phase_run(const struct phase_form *form, enum phase_streams kind, uint64_t operations,
              struct frame_allocator *allocator)
{
    unsigned char source[SOURCE_BYTES];
    struct memory_stream stream;
    struct run_loop loop;
    struct reactor *reactor = NULL;
    struct reactor_options options = {.backend = REACTOR_SIM, .script = {.seed = 1, .sync_share = 0}};
    for (size_t i = 0; i < sizeof source; i++)
        source[i] = byte_at(i);
    int status = reactor_create(&reactor, &options, NULL);
    if (status)
        return status;
    const size_t piece = sizeof((struct phase_job *)0)->value;
    if (kind == STREAM_LATER)
        status = sim_stream_init(&stream, reactor, source, sizeof source, UINT64_MAX, piece, NULL, 0);
    else
        memory_stream_init(&stream, source, sizeof source, UINT64_MAX, piece, NULL, 0);
    if (!status)
        status = run_loop_init(&loop, reactor);
    if (!status) {
        struct phase_job job = {
            .stream = &stream.stream,
            .loop = &loop,
            .env = {.executor = run_loop_executor(&loop), .allocator = allocator},
            .operations = operations,
        };
        status = run_job(form, &job);
        run_loop_destroy(&loop);
    }
    reactor_destroy(reactor);
    return status;
}
