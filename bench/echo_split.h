/* The fan-out of `echo`: each message is a request, which a server splits in four sub-requests to connections of its
 * own, joins, and answers.
 *
 *     read the request whole; at the same time, for each quarter: write it to its backend, read it back;
 *     when all have ended process the whole, and write it to the client
 *
 * A backend is the floor's loop on the other end of a connection, the same whatever form the server has. The forms:
 *
 *   raw/floor           a state machine, and one for each sub-request, which count down
 *   awaitable/task      when_all of four tasks (awaitable/when_all.h), each with a frame from the allocator
 *   awaitable/task-preallocated
 *                       the same with the four frames in the server's own, where a promise's operator new that is given
 *                       its place, or a compiler that elides the allocation (P0981), puts them
 *   sender/pipeline     when_all of four pipelines (sender/when_all.h), all in one operation state
 *   sender/p2300-task   a coroutine that awaits that when_all through the bridge as P2300R10 writes it
 *
 * Owns: echo_split has its connections, backends and buffers; the rest is its caller's.
 * Threads: the reactor's. Errors: negative errno.
 */
#ifndef ABREAST_BENCH_ECHO_SPLIT_H
#define ABREAST_BENCH_ECHO_SPLIT_H

#include "bench/floor.h"
#include "bench/loops.h"

#include <errno.h>

enum { SPLIT_PARTS = 4 };

/* Bytes that are to be moved whole, by as many operations as it takes. */
struct split_transfer {
    struct stream *stream;
    unsigned char *data;
    size_t size, moved;
    int status; /* -ECONNRESET: the stream ended before */
};

/* An operation has moved so many: true when it was the last. The end of a stream before the first byte is no error in a
 * request, and `ends` says so: it is then a request of nothing. */
static inline bool split_transfer_advance(struct split_transfer *self, size_t moved, bool ends)
{
    self->moved += moved;
    if (self->moved == self->size)
        return true;
    if (moved > 0)
        return false;
    if (ends && self->moved == 0)
        self->size = 0;
    else
        self->status = -ECONNRESET;
    return true;
}

/* What a form of the server is given. The job's size is a message; its buffer holds one. */
struct split_job {
    struct loop_job *job;
    struct stream *backends[SPLIT_PARTS];
};

static inline struct split_transfer split_request(const struct split_job *self)
{
    const struct loop_job *job = self->job;
    return (struct split_transfer){.stream = job->stream, .data = job->buffer, .size = job->size};
}

/* Its quarter, of a request of so many bytes. */
static inline struct split_transfer split_part(const struct split_job *self, unsigned i, size_t request)
{
    size_t size = request / SPLIT_PARTS;
    return (struct split_transfer){.stream = self->backends[i], .data = self->job->buffer + i * size, .size = size};
}

struct split_code {
    const size_t *bytes;
    int (*start)(void *storage, struct split_job *);
};

/* By form of the loop; null: it has no such server. */
const struct split_code *split_code_of(enum loop_form_index, bool preallocated);

extern const struct split_code split_floor, split_task, split_task_preallocated, split_pipeline, split_p2300_task;

/* The server's connections to its backends, for one client. */
struct echo_split {
    struct split_job job;
    struct stream ends[SPLIT_PARTS][2]; /* the server's and the backend's */
    struct loop_job backend_jobs[SPLIT_PARTS];
    struct floor_loop backends[SPLIT_PARTS];
    unsigned char *buffers;
    unsigned opened;
};

#endif
