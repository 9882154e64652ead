/* What the forms of the experiment `stop` are told, and what they report.
 *
 * work=stop: `pending` reads wait, none of which would ever end; they are asked to stop all at once. A form starts one
 * read in each slot, and calls slot_ended when whoever waits for it has been told, and all that the read had is gone.
 *
 * work=complete: reads one after the other on a stream that ends each as the cell says: with a value, with an error or
 * stopped. A form starts them, and calls completion_taken for each.
 *
 * work=told: a write that is done, and a stop request before whoever awaits it is told.
 *
 * Owns: slots are the job's; a slot and what the form has in it does not move while its read is pending.
 * Threads: one.
 */
#ifndef ABREAST_BENCH_STOP_STOP_H
#define ABREAST_BENCH_STOP_STOP_H

#include "bench/cell.h"
#include "common/io_env.h"
#include "common/io_request.h"

#include <errno.h>

/* ---- work=stop ---- */

struct stop_job {
    const struct stop_form *form;
    struct reactor *reactor;
    struct stop_source source;
    struct io_env env; /* its stop token is the source's */
    struct memory_stream sim;
    struct stream *streams; /* sockets, in pairs */
    size_t stream_count;
    unsigned char *slots;
    size_t pending; /* slots */
    size_t started, ended, wrong;
    double ns; /* from the requests to the last completions */
    uint64_t syscalls;
};

/* What each form's slot begins with. */
struct stop_slot {
    struct stop_job *job;
    struct stream *stream;
    unsigned char buffer[8];
    unsigned ends; /* how often its read has ended: once */
};

struct stop_form {
    size_t slot_bytes;
    size_t frame_bytes; /* of the coroutine of a slot; 0: there is none */
    int (*start)(struct stop_slot *);
    void (*stop)(struct stop_job *); /* null: a request to the source */
};

static inline struct stop_slot *stop_slot_at(const struct stop_job *job, size_t index)
{
    return (struct stop_slot *)(job->slots + index * job->form->slot_bytes);
}

static inline void slot_ended(struct stop_slot *slot, ssize_t result)
{
    struct stop_job *job = slot->job;
    slot->ends++;
    job->ended++;
    job->wrong += result != -ECANCELED;
}

struct stop_parameters {
    const struct stop_form *form;
    size_t pending;
    enum reactor_backend backend;
};

int stop_open(const struct cell *, const struct run_options *, void **state);
int stop_run(void *state, uint64_t operations, struct outcome *);
void stop_close(void *state);

extern const struct stop_form stop_floor, stop_floor_last_first, stop_callback_alone, stop_awaitable, stop_pipeline,
    stop_sender_task;

/* ---- work=complete ---- */

enum { COMPLETION_STEPS = 4 }; /* what is done with a value, one after the other */

/* A stream whose reads all wait, and then end with `result`. */
struct ending_stream {
    struct stream stream;
    struct io_op *waiting;
    ssize_t result;
};

struct completion_job {
    const struct completion_form *form;
    struct ending_stream ending;
    struct stop_source source;
    struct io_env env;
    unsigned char buffer[8];
    void *storage;
    uint64_t left;
    uint64_t sum;
    int status; /* negative: why it could not go on */
};

struct completion_form {
    size_t bytes; /* of its storage */
    bool stoppable;
    int (*start)(struct completion_job *); /* starts the next read, or all that are left, one after the other */
};

struct completion_parameters {
    const struct completion_form *form;
    ssize_t result;
};

/* What a step makes of a value, and what is made of an error. */
static inline ssize_t completion_step(ssize_t value)
{
    return (value * 5 + 3) & 0xffff;
}

static inline ssize_t completion_mended(int error)
{
    return 0x10000 + error;
}

/* A read has ended, and this came of it. */
static inline void completion_taken(struct completion_job *job, ssize_t outcome)
{
    job->left--;
    job->sum = (job->sum ^ (uint64_t)outcome) * 6364136223846793005u;
}

int completion_open(const struct cell *, const struct run_options *, void **state);
int completion_run(void *state, uint64_t operations, struct outcome *);
void completion_close(void *state);

extern const struct completion_form completion_floor, completion_floor_stoppable, completion_task,
    completion_task_stoppable, completion_nested, completion_pipeline, completion_pipeline_stoppable,
    completion_sender_task, completion_sender_mending, completion_sender_nested;

/* ---- work=told ---- */

enum { STOP_TOLD_BYTES = 64 };

/* How many of so many bytes whoever awaits a write is told that were written, when a stop request comes between the two
 * (bench/stop/told.c), or -ECANCELED. 0 or negative errno. */
int stop_told_task(ssize_t *told);
int stop_told_posted(ssize_t *told);
int stop_told_affine(ssize_t *told);
int stop_told_affine_unstoppable(ssize_t *told);

#endif
