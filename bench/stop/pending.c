/* Reads that wait, and are asked to stop: what is the same for all forms. */
#include "bench/progress.h"
#include "bench/stop/stop.h"

#include <stdlib.h>
#include <string.h>

#if defined __has_include
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif
#endif
#ifndef CALLGRIND_TOGGLE_COLLECT
#define CALLGRIND_TOGGLE_COLLECT ((void)0)
#endif

enum { READS_OF_A_STREAM = 64 };

static int open_streams(struct stop_job *job)
{
    static unsigned char source[64], sink[64];
    if (strcmp(reactor_backend_name(job->reactor), "sim") == 0)
        return sim_stream_init(&job->sim, job->reactor, source, sizeof source, UINT64_MAX, sizeof source, sink,
                               sizeof sink);
    size_t pairs = (job->pending + 2 * READS_OF_A_STREAM - 1) / (2 * READS_OF_A_STREAM);
    job->streams = calloc(2 * pairs, sizeof *job->streams);
    int status = job->streams ? 0 : -ENOMEM;
    while (!status && job->stream_count < 2 * pairs) {
        status = stream_open_socketpair(&job->streams[job->stream_count], job->reactor, false);
        job->stream_count += status ? 0 : 2;
    }
    return status;
}

static int open_job(struct stop_job *job, const struct stop_parameters *parameters)
{
    struct reactor_options options = {.backend = parameters->backend};
    int status = reactor_create(&job->reactor, &options, NULL);
    if (status)
        return parameters->backend == REACTOR_IO_URING ? -ENOTSUP : status;
    status = open_streams(job);
    job->slots = calloc(job->pending, job->form->slot_bytes);
    if (!job->slots)
        status = -ENOMEM;
    for (size_t i = 0; i < job->pending && !status; i++) {
        struct stop_slot *slot = stop_slot_at(job, i);
        slot->job = job;
        slot->stream = job->streams ? &job->streams[i % job->stream_count] : &job->sim.stream;
    }
    return status;
}

int stop_open(const struct cell *cell, const struct run_options *options, void **state)
{
    const struct stop_parameters *parameters = cell->parameters;
    (void)options;
    struct stop_job *job = calloc(1, sizeof *job);
    if (!job)
        return -ENOMEM;
    job->form = parameters->form;
    job->pending = parameters->pending;
    job->env = (struct io_env){
        .executor = inline_executor(),
        .stop = stop_source_token(&job->source),
        .allocator = recycling_frame_allocator(),
    };
    int status = open_job(job, parameters);
    if (status) {
        stop_close(job);
        return status;
    }
    *state = job;
    return 0;
}

void stop_close(void *state)
{
    struct stop_job *job = state;
    for (size_t i = 0; i < job->stream_count; i++)
        stream_close(&job->streams[i]);
    reactor_destroy(job->reactor);
    free(job->streams);
    free(job->slots);
    free(job);
    recycling_frame_allocator_release();
}

/* Asks all to stop, and goes on until the last has ended: what is timed, and what is counted. */
static int request_stop(struct stop_job *job)
{
    int status = 0;
    uint64_t syscalls = reactor_counts(job->reactor).syscalls;
    uint64_t before = clock_ns();
    CALLGRIND_TOGGLE_COLLECT;
    if (job->form->stop)
        job->form->stop(job);
    else
        stop_source_request_stop(&job->source);
    while (job->ended < job->started && status >= 0)
        status = reactor_poll(job->reactor, true);
    CALLGRIND_TOGGLE_COLLECT;
    job->ns += (double)(clock_ns() - before);
    job->syscalls += reactor_counts(job->reactor).syscalls - syscalls;
    return status < 0 ? status : 0;
}

/* Each read has ended once, as stopped, and nothing is left. */
static int check_ended(const struct stop_job *job)
{
    if (reactor_in_flight(job->reactor) || job->ended != job->started || job->wrong || job->source.callbacks)
        return -ENOTRECOVERABLE;
    for (size_t i = 0; i < job->started; i++)
        if (stop_slot_at(job, i)->ends != 1)
            return -ENOTRECOVERABLE;
    return 0;
}

static int stop_once(struct stop_job *job, size_t reads)
{
    stop_source_init(&job->source);
    job->started = job->ended = job->wrong = 0;
    int status = 0;
    for (; job->started < reads && !status; job->started++) {
        struct stop_slot *slot = stop_slot_at(job, job->started);
        slot->ends = 0;
        status = job->form->start(slot);
        if (status)
            break;
    }
    /* What waits in a submission queue is in the kernel's hands before the clock starts; nothing completes. */
    if (!status && job->streams)
        status = reactor_poll(job->reactor, false);
    if (!status && job->ended)
        return -ENOTRECOVERABLE;
    int stopped = request_stop(job);
    if (!status)
        status = stopped;
    return status ? status : check_ended(job);
}

int stop_run(void *state, uint64_t operations, struct outcome *outcome)
{
    struct stop_job *job = state;
    uint64_t left = operations;
    int status = 0;
    job->ns = 0;
    job->syscalls = 0;
    CALLGRIND_TOGGLE_COLLECT;
    for (size_t reads; left && !status; left -= reads) {
        reads = left < job->pending ? left : job->pending;
        status = stop_once(job, reads);
    }
    CALLGRIND_TOGGLE_COLLECT;
    *outcome = (struct outcome){
        .operations = operations - left,
        .bytes = 0,
        .checksum = operations - left,
        .syscalls = job->syscalls,
        .real_ns = job->ns,
        .cpu_ns = job->ns, /* its thread never waits for anybody */
    };
    return status;
}
