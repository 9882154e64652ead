/* The floor: the same reads by a bare state machine, with neither protocol. Where the stream is hidden, it is behind
 * one table of functions, and its user behind one pointer. */
#include "bench/grid/job.h"

#include <errno.h>
#include <stdlib.h>

/* ---- native ---- */

struct posted {
    struct work work;
    struct grid_job *job;
};

static void completed(struct work *work)
{
    struct posted *self = CONTAINER_OF(work, struct posted, work);
    struct grid_job *job = self->job;
    grid_job_completed(job, grid_stream_deliver(job->stream));
    if (job->made < job->end)
        thread_pool_post_work(job->stream->pool, work);
    else
        grid_session_ended(job, 0);
}

static int from_the_pool(struct grid_job *job)
{
    struct posted *self = job->storage;
    *self = (struct posted){.work = {.execute = completed}, .job = job};
    thread_pool_post_work(job->stream->pool, &self->work);
    return 0;
}

const struct grid_form grid_floor_native = {.launch = from_the_pool, .storage_bytes = sizeof(struct posted)};

/* ---- synchronous ---- */

static int at_once(struct grid_job *job)
{
    while (job->made < job->end)
        grid_job_completed(job, grid_stream_deliver(job->stream));
    grid_session_ended(job, 0);
    return 0;
}

const struct grid_form grid_floor_synchronous = {.launch = at_once};

/* ---- abstract and type-erased ---- */

struct read {
    struct work work;
    struct grid_stream *stream;
    void (*complete)(struct read *, ssize_t got);
};

struct hidden_stream {
    void (*start)(struct hidden_stream *, struct read *);
    struct grid_stream *stream;
};

static void delivered(struct work *work)
{
    struct read *read = CONTAINER_OF(work, struct read, work);
    read->complete(read, grid_stream_deliver(read->stream));
}

static void start(struct hidden_stream *self, struct read *read)
{
    read->stream = self->stream;
    read->work.execute = delivered;
    thread_pool_post_work(self->stream->pool, &read->work);
}

static int hide(struct grid_job *job)
{
    struct hidden_stream *hidden = malloc(sizeof *hidden);
    if (!hidden)
        return -ENOMEM;
    *hidden = (struct hidden_stream){.start = start, .stream = job->stream};
    job->hidden = hidden;
    return 0;
}

static void show(struct grid_job *job)
{
    free(job->hidden);
}

struct reader {
    struct read read;
    struct grid_job *job;
};

static void read_on(struct read *read, ssize_t got)
{
    struct grid_job *job = CONTAINER_OF(read, struct reader, read)->job;
    struct hidden_stream *stream = job->hidden;
    grid_job_completed(job, got);
    if (job->made < job->end)
        stream->start(stream, read);
    else
        grid_session_ended(job, 0);
}

static int from_a_hidden_stream(struct grid_job *job)
{
    struct reader *self = job->storage;
    struct hidden_stream *stream = job->hidden;
    *self = (struct reader){.read = {.complete = read_on}, .job = job};
    stream->start(stream, &self->read);
    return 0;
}

const struct grid_view grid_hidden_from_floor = {hide, show};
const struct grid_form grid_floor_hidden = {.launch = from_a_hidden_stream, .storage_bytes = sizeof(struct reader)};
