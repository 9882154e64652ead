/* Read, process, write, repeat: the byte-I/O loop as a pipeline of senders, and as a coroutine that awaits senders.
 *
 * Read this file beside awaitable/loop.c: the task below is that program line for line, but for the stop token, which
 * the read of the sender model looks at itself. The pipeline has the same steps in the same order; only at the end of
 * the stream it takes them once more, with nothing in hand.
 */
#include "sender/loop.h"

#include "sender/io.h"
#include "sender/just.h"
#include "sender/let.h"
#include "sender/repeat_until.h"
#include "sender/sender_awaitable.h"
#include "sender/then.h"

/* ---- As a pipeline ----
 *
 *     repeat_until(read_some(job) | let_value(process_got) | then(count_turn))
 *
 * where process_got goes on as
 *
 *     repeat_until(just() | let_value(write_rest) | then(advance))
 */

/* What the pipeline's functions share: the job, and the turn that it is in. */
struct turn {
    struct loop_job *job;
    size_t got;
    size_t sent;
};

/* The final receiver: it tells the job. */
typedef struct unit job_in;

struct job_receiver {
    struct turn *turn;
};

static void job_set_value(struct job_receiver *self, struct unit value)
{
    (void)value;
    loop_job_finish(self->turn->job, 0);
}

static void job_set_error(struct job_receiver *self, int error)
{
    loop_job_finish(self->turn->job, -error);
}

static void job_set_stopped(struct job_receiver *self)
{
    loop_job_finish(self->turn->job, -ECANCELED);
}

static const struct io_env *job_get_env(const struct job_receiver *self)
{
    return self->turn->job->env;
}

/* The stages, each with the type of the value that it receives. */
RECEIVER(rest, struct unit);
RECEIVER(rest_inner, ssize_t);
RECEIVER(advanced, ssize_t);
RECEIVER(written, bool);
RECEIVER(processed, ssize_t);
RECEIVER(processed_inner, struct unit);
RECEIVER(counted, struct unit);
RECEIVER(looped, bool);

/* written: repeat_until(just() | let_value(write_rest) | then(advance)) */
SENDER_JUST(nothing, rest)
SENDER_WRITE_SOME(writing, rest_inner)

struct write_rest {
    struct turn *turn;
};

static struct writing_sender write_rest_call(struct write_rest *self, struct unit *value)
{
    (void)value;
    struct turn *turn = self->turn;
    return (struct writing_sender){turn->job->stream, turn->job->buffer + turn->sent, turn->got - turn->sent};
}

SENDER_LET_VALUE(rest, nothing, write_rest, writing, advanced)

struct advance {
    struct turn *turn;
};

static bool advance_call(struct advance *self, ssize_t put)
{
    self->turn->sent += (size_t)put;
    return self->turn->sent == self->turn->got;
}

SENDER_THEN(advanced, rest, advance, written)
SENDER_REPEAT_UNTIL_ON_ONE_THREAD(written, advanced, processed_inner)

/* looped: repeat_until(read_some(job) | let_value(process_got) | then(count_turn)) */
SENDER_READ_SOME(reading, processed)

struct process_got {
    struct turn *turn;
};

/* At the end of the stream there is nothing to process, and the write of nothing completes at once. */
static struct written_sender process_got_call(struct process_got *self, ssize_t *got)
{
    struct turn *turn = self->turn;
    turn->got = (size_t)*got;
    turn->sent = 0;

    process(&turn->job->process, turn->job->buffer, turn->got);

    return (struct written_sender){.child = {.child = {.function = {turn}}, .function = {turn}}};
}

SENDER_LET_VALUE(processed, reading, process_got, written, counted)

struct count_turn {
    struct turn *turn;
};

static bool count_turn_call(struct count_turn *self, struct unit value)
{
    (void)value;
    self->turn->job->bytes += self->turn->got;
    return self->turn->got == 0;
}

SENDER_THEN(counted, processed, count_turn, looped)
SENDER_REPEAT_UNTIL_ON_ONE_THREAD(looped, counted, job)

struct sender_loop {
    struct turn turn;
    struct looped_op op;
};

const size_t sender_loop_bytes = sizeof(struct sender_loop);

void sender_loop_start(void *storage, struct loop_job *job)
{
    struct sender_loop *self = storage;
    struct turn *turn = &self->turn;
    *turn = (struct turn){.job = job};
    struct reading_sender read_some = {job->stream, job->buffer, job->size};
    struct looped_sender loop = {
        .child = {.child = {.child = read_some, .function = {turn}}, .function = {turn}},
    };
    PROBE(RECEIVER_BUILT);
    looped_connect(&self->op, loop, (struct job_receiver){turn});
    looped_start(&self->op);
}

/* ---- As a task ---- */

SENDER_AWAITABLE_RECEIVER(read_some, sender_task);
SENDER_READ_SOME(async_read, read_some)
SENDER_AWAITABLE(read_some, async_read)

SENDER_AWAITABLE_RECEIVER(write_some, sender_task);
SENDER_WRITE_SOME(async_write, write_some)
SENDER_AWAITABLE(write_some, async_write)

/* The coroutine frame: the promise, then everything that lives across a suspension. */
struct loop {
    struct sender_task task;
    struct loop_job *job;
    struct read_some reading;
    struct write_some writing;
    ssize_t got;
    size_t sent;
};

static void loop_body(struct coro *handle)
{
    struct loop *self = (struct loop *)handle;
    struct loop_job *job = self->job;
    ssize_t put;

    CO_BEGIN(self);
    for (;;) { /* until the read ends it; a stop request ends the task there (unhandled_stopped) */
        struct async_read_sender read = {job->stream, job->buffer, job->size};
        CO_AWAIT_SENDER(self->got, self, read_some, &self->reading, read);
        if (self->got <= 0)
            SENDER_TASK_RETURN(self, self->got);

        process(&job->process, job->buffer, (size_t)self->got);

        for (self->sent = 0; self->sent < (size_t)self->got; self->sent += (size_t)put) {
            struct async_write_sender write = {job->stream, job->buffer + self->sent, (size_t)self->got - self->sent};
            CO_AWAIT_SENDER(put, self, write_some, &self->writing, write);
            if (put < 0)
                SENDER_TASK_RETURN(self, put);
        }
        job->bytes += (size_t)self->got;
    }
    CO_END;
}

struct sender_task *sender_task_loop(struct loop_job *job)
{
    struct loop *self = (struct loop *)sender_task_create(job->env->allocator, sizeof *self, loop_body, NULL);
    if (!self)
        return NULL;
    self->job = job;
    return &self->task;
}

static void ended(struct sender_task_loop *self, int status)
{
    coro_destroy(&self->task->frame.coro);
    self->task = NULL;
    loop_job_finish(self->job, status);
}

static void ended_with_value(struct sender_task_state *state, ssize_t result)
{
    ended(CONTAINER_OF(state, struct sender_task_loop, state), (int)result);
}

static void ended_stopped(struct sender_task_state *state)
{
    ended(CONTAINER_OF(state, struct sender_task_loop, state), -ECANCELED);
}

int sender_task_loop_start(struct sender_task_loop *self, struct loop_job *job)
{
    self->task = sender_task_loop(job);
    if (!self->task)
        return -ENOMEM;
    self->job = job;
    self->state =
        (struct sender_task_state){.env = job->env, .set_value = ended_with_value, .set_stopped = ended_stopped};
    sender_task_start(self->task, &self->state);
    return 0;
}

void sender_task_loop_abandon(struct sender_task_loop *self)
{
    if (self->task)
        coro_destroy(&self->task->frame.coro);
    self->task = NULL;
}
