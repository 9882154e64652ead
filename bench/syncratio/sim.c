/* The loop over a stream of the sim backend, driven by a run_loop, so that what waits comes back from its poll. */
#include "bench/echo.h"
#include "bench/syncratio/syncratio.h"
#include "common/run_loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A form may nest from one completion into the next until an operation has to wait, or its loop ends: LAUNCH_TURNS are
 * few enough for every build's stack. */
enum { PIECE = 64, RING = 64 * PIECE, LAUNCH_TURNS = 512 };

struct sim {
    const struct sim_parameters *parameters;
    const struct loop_form *form;
    const struct frame_allocator_kind *allocator;
    uint64_t seed;
    struct reactor *reactor;
    struct run_loop run_loop;
    struct work launch;
    struct io_env env;
    struct loop_job job;
    struct memory_stream stream;
    uint64_t left;       /* turns not yet launched */
    uint64_t operations; /* reads and writes of the last run */
    uint64_t waited;     /* those that did not complete at once */
    unsigned char *loop; /* storage of the form */
    unsigned char source[RING], sink[RING], buffer[PIECE];
};

static void launch(struct work *work)
{
    struct sim *self = CONTAINER_OF(work, struct sim, launch);
    uint64_t turns = self->left < LAUNCH_TURNS ? self->left : LAUNCH_TURNS;
    self->left -= turns;
    self->operations += 2 * turns + 1; /* the last one reads the end of the stream */
    if (self->allocator->reset)
        self->allocator->reset(self->env.allocator);
    int status =
        sim_stream_init(&self->stream, self->reactor, self->source, RING, turns * PIECE, PIECE, self->sink, RING);
    if (!status)
        status = self->form->code->start(self->loop, &self->job);
    if (status)
        loop_job_finish(&self->job, status);
}

static void launch_ended(struct loop_job *job)
{
    struct sim *self = CONTAINER_OF(job, struct sim, job);
    if (job->status == 0 && self->left)
        run_loop_post_work(&self->run_loop, &self->launch);
    else
        run_loop_finish(&self->run_loop);
}

int sim_open(const struct cell *cell, const struct run_options *options, void **state)
{
    const struct sim_parameters *parameters = cell->parameters;
    const struct frame_allocator_kind *allocator = echo_allocator_kind(options);
    const struct loop_form *form = &loop_forms[parameters->form];
    if (form->code->unavailable || !echo_allocator_serves(allocator, form))
        return -ENOTSUP;
    struct sim *self = calloc(1, sizeof *self);
    if (!self)
        return -ENOMEM;
    self->parameters = parameters;
    self->form = form;
    self->allocator = allocator;
    self->seed = options->seed;
    self->env = (struct io_env){.executor = run_loop_executor(&self->run_loop),
                                .allocator = allocator->create(ECHO_FRAMES_BYTES)};
    self->loop = malloc(*form->code->bytes);
    if (!self->loop || !self->env.allocator) {
        sim_close(self);
        return -ENOMEM;
    }
    echo_fill(self->source, RING, options->seed);
    self->launch.execute = launch;
    self->job = (struct loop_job){.env = &self->env,
                                  .stream = &self->stream.stream,
                                  .buffer = self->buffer,
                                  .size = sizeof self->buffer,
                                  .done = launch_ended};
    *state = self;
    return 0;
}

/* The reactor is new: each run lives through the same script, whatever ran before. */
static int run_turns(struct sim *self, uint64_t turns)
{
    struct reactor_options options = {
        .backend = REACTOR_SIM,
        .script = {.seed = self->seed, .sync_share = 10 * self->parameters->share},
    };
    int status = reactor_create(&self->reactor, &options, NULL);
    if (status)
        return status;
    status = run_loop_init(&self->run_loop, self->reactor);
    if (!status) {
        self->left = turns;
        self->operations = 0;
        self->job.bytes = 0;
        run_loop_post_work(&self->run_loop, &self->launch);
        status = run_loop_run(&self->run_loop);
        run_loop_destroy(&self->run_loop);
    }
    self->waited = reactor_counts(self->reactor).submitted;
    reactor_destroy(self->reactor);
    return status ? status : self->job.status;
}

/* Whether as many operations had to wait as the share leaves, within five standard deviations of a draw. */
static bool drawn_as_asked(const struct sim *self)
{
    double waits = 1 - self->parameters->share / 100.0;
    double all = (double)self->operations, apart = (double)self->waited - waits * all;
    return apart * apart <= 25 * all * waits * (1 - waits);
}

int sim_run(void *state, uint64_t operations, struct outcome *outcome)
{
    struct sim *self = state;
    struct frame_allocator_counts before = frame_allocator_counts;
    memset(self->sink, 0, RING);
    int status = run_turns(self, operations);
    if (!status && !drawn_as_asked(self))
        status = -EPROTO;
    if (status)
        return status;

    struct process written = {0};
    process_checksum(&written, self->sink, RING);
    *outcome = (struct outcome){
        .operations = self->job.bytes / PIECE,
        .bytes = self->job.bytes,
        .checksum = written.checksum,
        .allocations = frame_allocator_counts.calls - before.calls,
        .allocations_fresh = frame_allocator_counts.fresh - before.fresh,
    };
    return 0;
}

void sim_close(void *state)
{
    struct sim *self = state;
    if (self->env.allocator)
        self->allocator->destroy(self->env.allocator);
    free(self->loop);
    free(self);
}
