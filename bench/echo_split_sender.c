/* The fan-out of `echo` by senders: as a pipeline, and as a coroutine that awaits senders.
 *
 *     repeat_until(read_request | let_value(when_all(part, part, part, part)) | let_value(write_reply) | then(count))
 *     part: write_part | let_value(read_part)
 *
 * where each read or write is of all bytes: repeat_until(just() | let_value(move_rest) | then(advance)).
 */
#include "bench/echo_split.h"
#include "sender/io.h"
#include "sender/just.h"
#include "sender/let.h"
#include "sender/repeat_until.h"
#include "sender/sender_awaitable.h"
#include "sender/task.h"
#include "sender/then.h"
#include "sender/when_all.h"

/* The stage N, which moves all bytes of a transfer, completing into R with no value; N_of makes its sender. */
#define MOVE_ALL(N, SENDER_SOME, ends_, R)                                                                             \
    RECEIVER(N, bool);                                                                                                 \
    RECEIVER(N##_turn, ssize_t);                                                                                       \
    RECEIVER(N##_rest, struct unit);                                                                                   \
    RECEIVER(N##_rest_inner, ssize_t);                                                                                 \
    SENDER_JUST(N##_begin, N##_rest)                                                                                   \
    SENDER_SOME(N##_some, N##_rest_inner)                                                                              \
    struct N##_move {                                                                                                  \
        struct split_transfer *of;                                                                                     \
    };                                                                                                                 \
    static inline struct N##_some_sender N##_move_call(struct N##_move *self, struct unit *value)                      \
    {                                                                                                                  \
        struct split_transfer *of = self->of;                                                                          \
        (void)value;                                                                                                   \
        return (struct N##_some_sender){of->stream, of->data + of->moved, of->size - of->moved};                       \
    }                                                                                                                  \
    SENDER_LET_VALUE(N##_rest, N##_begin, N##_move, N##_some, N##_turn)                                                \
    struct N##_advance {                                                                                               \
        struct split_transfer *of;                                                                                     \
    };                                                                                                                 \
    static inline bool N##_advance_call(struct N##_advance *self, ssize_t moved)                                       \
    {                                                                                                                  \
        return split_transfer_advance(self->of, (size_t)moved, ends_);                                                 \
    }                                                                                                                  \
    SENDER_THEN(N##_turn, N##_rest, N##_advance, N)                                                                    \
    SENDER_REPEAT_UNTIL_ON_ONE_THREAD(N, N##_turn, R)                                                                  \
    static inline struct N##_sender N##_of(struct split_transfer *of)                                                  \
    {                                                                                                                  \
        return (struct N##_sender){.child = {.child = {.function = {of}}, .function = {of}}};                          \
    }

/* What the functions of a server share. */
struct split {
    struct split_job *job;
    struct split_transfer whole;
    struct split_transfer parts[SPLIT_PARTS];
};

/* What failed is not sent on. */
static void split_parts(struct split *self)
{
    if (self->whole.status < 0)
        self->whole.size = 0;
    for (unsigned i = 0; i < SPLIT_PARTS; i++)
        self->parts[i] = split_part(self->job, i, self->whole.size);
}

/* The first failure of a stream that ended before its time. */
static int split_status(const struct split *self)
{
    int status = self->whole.status;
    for (unsigned i = 0; i < SPLIT_PARTS && status == 0; i++)
        status = self->parts[i].status;
    return status;
}

/* The stage N##_parts: when_all of the sub-requests. */
#define PARTS_VALUES(N)                                                                                                \
    RECEIVER_IN_ARRAY(N##_parts_each, struct unit);                                                                    \
    WHEN_ALL_ARRAY_VALUES(N##_parts, SPLIT_PARTS)
#define PARTS(N, R)                                                                                                    \
    RECEIVER(N##_part, struct unit);                                                                                   \
    RECEIVER(N##_part_inner, struct unit);                                                                             \
    MOVE_ALL(N##_put, SENDER_WRITE_SOME, false, N##_part)                                                              \
    MOVE_ALL(N##_get, SENDER_READ_SOME, false, N##_part_inner)                                                         \
    struct N##_receive {                                                                                               \
        struct split_transfer *of;                                                                                     \
    };                                                                                                                 \
    static inline struct N##_get_sender N##_receive_call(struct N##_receive *self, struct unit *value)                 \
    {                                                                                                                  \
        (void)value;                                                                                                   \
        self->of->moved = 0;                                                                                           \
        return N##_get_of(self->of);                                                                                   \
    }                                                                                                                  \
    SENDER_LET_VALUE(N##_part, N##_put, N##_receive, N##_get, N##_parts_each)                                          \
    SENDER_WHEN_ALL_ARRAY(N##_parts, N##_part, SPLIT_PARTS, R)                                                         \
    static inline struct N##_parts_sender N##_parts_of(struct split *of)                                               \
    {                                                                                                                  \
        struct N##_parts_sender sender;                                                                                \
        split_parts(of);                                                                                               \
        for (unsigned i = 0; i < SPLIT_PARTS; i++)                                                                     \
            sender.each[i] =                                                                                           \
                (struct N##_part_sender){.child = N##_put_of(&of->parts[i]), .function = {&of->parts[i]}};             \
        return sender;                                                                                                 \
    }

/* ---- As a pipeline ---- */

typedef struct unit job_in;

struct job_receiver {
    struct split *split;
};

static void job_set_value(struct job_receiver *self, struct unit value)
{
    (void)value;
    loop_job_finish(self->split->job->job, split_status(self->split));
}

static void job_set_error(struct job_receiver *self, int error)
{
    loop_job_finish(self->split->job->job, -error);
}

static void job_set_stopped(struct job_receiver *self)
{
    loop_job_finish(self->split->job->job, -ECANCELED);
}

static const struct io_env *job_get_env(const struct job_receiver *self)
{
    return self->split->job->job->env;
}

PARTS_VALUES(line);
RECEIVER(looped, bool);
RECEIVER(counted, struct unit);
RECEIVER(answered, struct line_parts_values);
RECEIVER(answered_inner, struct unit);
RECEIVER(joined, struct unit);
RECEIVER(joined_inner, struct line_parts_values);

MOVE_ALL(request, SENDER_READ_SOME, true, joined)
PARTS(line, joined_inner)

/* At the end of the stream the request is one of nothing, and so are its parts and the reply: all complete at once. */
struct split_up {
    struct split *split;
};

static struct line_parts_sender split_up_call(struct split_up *self, struct unit *value)
{
    (void)value;
    return line_parts_of(self->split);
}

SENDER_LET_VALUE(joined, request, split_up, line_parts, answered)

MOVE_ALL(reply, SENDER_WRITE_SOME, false, answered_inner)

struct answer {
    struct split *split;
};

static struct reply_sender answer_call(struct answer *self, struct line_parts_values *values)
{
    struct split *split = self->split;
    struct loop_job *job = split->job->job;
    (void)values;
    if (split_status(split) < 0)
        split->whole.size = 0;

    process(&job->process, job->buffer, split->whole.size);

    split->whole.moved = 0;
    return reply_of(&split->whole);
}

SENDER_LET_VALUE(answered, joined, answer, reply, counted)

struct count_turn {
    struct split *split;
};

static bool count_turn_call(struct count_turn *self, struct unit value)
{
    struct split *split = self->split;
    (void)value;
    if (split_status(split) < 0 || split->whole.size == 0)
        return true;
    split->job->job->bytes += split->whole.size;
    split->whole = split_request(split->job);
    return false;
}

SENDER_THEN(counted, answered, count_turn, looped)
SENDER_REPEAT_UNTIL_ON_ONE_THREAD(looped, counted, job)

struct pipeline {
    struct split split;
    struct looped_op op;
};

static const size_t pipeline_bytes = sizeof(struct pipeline);

static int pipeline_start(void *storage, struct split_job *job)
{
    struct pipeline *self = storage;
    struct split *split = &self->split;
    *split = (struct split){.job = job, .whole = split_request(job)};
    struct joined_sender join = {.child = request_of(&split->whole), .function = {split}};
    struct looped_sender loop = {.child = {.child = {.child = join, .function = {split}}, .function = {split}}};
    PROBE(RECEIVER_BUILT);
    looped_connect(&self->op, loop, (struct job_receiver){split});
    looped_start(&self->op);
    return 0;
}

const struct split_code split_pipeline = {.bytes = &pipeline_bytes, .start = pipeline_start};

/* ---- As a task ---- */

SENDER_AWAITABLE_RECEIVER(read_some, sender_task);
SENDER_READ_SOME(async_read, read_some)
SENDER_AWAITABLE(read_some, async_read)

SENDER_AWAITABLE_RECEIVER(write_some, sender_task);
SENDER_WRITE_SOME(async_write, write_some)
SENDER_AWAITABLE(write_some, async_write)

/* The values of a when_all are no ssize_t, which an awaited sender of this project completes with. */
struct no_values {
};

PARTS_VALUES(task);
SENDER_AWAITABLE_RECEIVER(all, sender_task);
RECEIVER(all_joined, struct task_parts_values);
PARTS(task, all_joined)

static ssize_t no_values_call(struct no_values *self, struct task_parts_values values)
{
    (void)self;
    (void)values;
    return 0;
}

SENDER_THEN(all_joined, task_parts, no_values, all)
SENDER_AWAITABLE(all, all_joined)

struct split_task {
    struct sender_task task;
    struct split split;
    struct read_some reading;
    struct write_some writing;
    struct all all;
};

static void split_body(struct coro *handle)
{
    struct split_task *self = (struct split_task *)handle;
    struct loop_job *job = self->split.job->job;
    struct split_transfer *whole = &self->split.whole;
    ssize_t moved, status;

    CO_BEGIN(self);
    for (;;) {
        *whole = split_request(self->split.job);
        do {
            struct async_read_sender read = {job->stream, whole->data + whole->moved, whole->size - whole->moved};
            CO_AWAIT_SENDER(moved, self, read_some, &self->reading, read);
            if (moved < 0)
                SENDER_TASK_RETURN(self, moved);
        } while (!split_transfer_advance(whole, (size_t)moved, true));
        if (whole->status < 0 || whole->size == 0)
            SENDER_TASK_RETURN(self, whole->status);

        struct all_joined_sender join = {.child = task_parts_of(&self->split)};
        CO_AWAIT_SENDER(status, self, all, &self->all, join);
        if (status == 0)
            status = split_status(&self->split);
        if (status < 0)
            SENDER_TASK_RETURN(self, status);

        process(&job->process, job->buffer, whole->size);

        whole->moved = 0;
        do {
            struct async_write_sender write = {job->stream, whole->data + whole->moved, whole->size - whole->moved};
            CO_AWAIT_SENDER(moved, self, write_some, &self->writing, write);
            if (moved < 0)
                SENDER_TASK_RETURN(self, moved);
        } while (!split_transfer_advance(whole, (size_t)moved, false));
        job->bytes += whole->size;
    }
    CO_END;
}

struct task_split {
    struct sender_task_state state;
    struct split_task *task;
    struct loop_job *job;
};

static const size_t task_bytes = sizeof(struct task_split);

static void ended(struct task_split *self, int status)
{
    coro_destroy(&self->task->task.frame.coro);
    loop_job_finish(self->job, status);
}

static void ended_with_value(struct sender_task_state *state, ssize_t result)
{
    ended(CONTAINER_OF(state, struct task_split, state), (int)result);
}

static void ended_stopped(struct sender_task_state *state)
{
    ended(CONTAINER_OF(state, struct task_split, state), -ECANCELED);
}

static int task_start(void *storage, struct split_job *job)
{
    struct task_split *self = storage;
    const struct io_env *env = job->job->env;
    self->task = (struct split_task *)sender_task_create(env->allocator, sizeof *self->task, split_body, NULL);
    if (!self->task)
        return -ENOMEM;
    self->task->split = (struct split){.job = job};
    self->job = job->job;
    self->state = (struct sender_task_state){.env = env, .set_value = ended_with_value, .set_stopped = ended_stopped};
    sender_task_start(&self->task->task, &self->state);
    return 0;
}

const struct split_code split_p2300_task = {.bytes = &task_bytes, .start = task_start};
