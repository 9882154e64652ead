/* work=complete by coroutines of the sender model: they await the sender of the read as P2300R10 writes it
 * (sender/sender_awaitable.h). An error comes back to the coroutine that awaits, as an errno where C++ throws again
 * (exception_ptr and rethrow_exception, [exec.as.awaitable]): what throwing takes is in no figure here. Stopped does
 * not come back to it: it ends the coroutine (unhandled_stopped), and in turn each one that awaits it, and is dealt
 * with by whoever launched the first, who launches the next read anew. The coroutine that wants to go on awaits
 * read_some | upon_stopped(f) instead (p2300-task-mending), to which stopped is a value. */
#include "bench/stop/stop.h"
#include "sender/io.h"
#include "sender/sender_awaitable.h"
#include "sender/task_sender.h"
#include "sender/upon.h"

struct launch {
    struct sender_task_state state;
    struct sender_task *task;
    struct completion_job *job;
};

static void launch_value(struct sender_task_state *state, ssize_t result)
{
    struct launch *self = CONTAINER_OF(state, struct launch, state);
    if (result < 0)
        self->job->status = (int)result;
    coro_destroy(&self->task->frame.coro);
}

static void launch_stopped(struct sender_task_state *state)
{
    struct launch *self = CONTAINER_OF(state, struct launch, state);
    coro_destroy(&self->task->frame.coro);
    completion_taken(self->job, completion_mended(ECANCELED));
}

static int launch(struct completion_job *job, struct sender_task *task)
{
    struct launch *self = job->storage;
    if (!task)
        return -ENOMEM;
    *self = (struct launch){
        .state = {.env = &job->env, .set_value = launch_value, .set_stopped = launch_stopped},
        .task = task,
        .job = job,
    };
    sender_task_start(task, &self->state);
    return 0;
}

SENDER_AWAITABLE_RECEIVER(next_read, sender_task);
SENDER_READ_SOME(reading, next_read)
SENDER_AWAITABLE(next_read, reading)

static struct reading_sender read_of(struct completion_job *job)
{
    return (struct reading_sender){&job->ending.stream, job->buffer, sizeof job->buffer};
}

/* ---- One coroutine: the steps are statements behind the check of what the read returned ---- */

#define STEPS(N, awaitable_, sender_)                                                                                  \
    struct N {                                                                                                         \
        struct sender_task task;                                                                                       \
        struct completion_job *job;                                                                                    \
        struct awaitable_ reading;                                                                                     \
    };                                                                                                                 \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N *self = (struct N *)handle;                                                                           \
        struct completion_job *job = self->job;                                                                        \
        ssize_t got;                                                                                                   \
        CO_BEGIN(self);                                                                                                \
        while (job->left) {                                                                                            \
            CO_AWAIT_SENDER(got, self, awaitable_, &self->reading, sender_(job));                                      \
            if (got < 0) {                                                                                             \
                completion_taken(job, completion_mended((int)-got));                                                   \
                continue;                                                                                              \
            }                                                                                                          \
            for (unsigned i = 0; i < COMPLETION_STEPS; i++)                                                            \
                got = completion_step(got);                                                                            \
            completion_taken(job, got);                                                                                \
        }                                                                                                              \
        SENDER_TASK_RETURN(self, 0);                                                                                   \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static int N##_start(struct completion_job *job)                                                                   \
    {                                                                                                                  \
        struct N *self = (struct N *)sender_task_create(job->env.allocator, sizeof *self, N##_body, NULL);             \
        if (self)                                                                                                      \
            self->job = job;                                                                                           \
        return launch(job, (struct sender_task *)self);                                                                \
    }

STEPS(steps, next_read, read_of)

const struct completion_form completion_sender_task = {.bytes = sizeof(struct launch), .start = steps_start};

/* read_some | upon_stopped(stopped_as_value) */
struct stopped_as_value {
};

SENDER_FUNCTION ssize_t stopped_as_value_call(struct stopped_as_value *self)
{
    (void)self;
    return -ECANCELED;
}

SENDER_AWAITABLE_RECEIVER(next_told, sender_task);
RECEIVER(told, ssize_t);
SENDER_READ_SOME(told_reading, told)
SENDER_UPON_STOPPED(told, told_reading, stopped_as_value, next_told)
SENDER_AWAITABLE(next_told, told)

static struct told_sender told_of(struct completion_job *job)
{
    return (struct told_sender){.child = {&job->ending.stream, job->buffer, sizeof job->buffer}};
}

STEPS(mending, next_told, told_of)

const struct completion_form completion_sender_mending = {.bytes = sizeof(struct launch), .start = mending_start};

/* ---- A coroutine for each step, which awaits the one below it as a sender ---- */

SENDER_AWAITABLE_RECEIVER(await_level, sender_task);
SENDER_TASK(level_task, await_level)
SENDER_AWAITABLE(await_level, level_task)

struct level {
    struct sender_task task;
    struct completion_job *job;
    unsigned below; /* levels */
    struct next_read reading;
    struct await_level child;
};

static void level_destroy(struct coro *handle)
{
    level_task_destroy(&((struct level *)handle)->child.state);
    frame_destroy(handle);
}

static struct sender_task *level_create(struct completion_job *job, unsigned below, void (*body)(struct coro *))
{
    struct level *self = (struct level *)sender_task_create(job->env.allocator, sizeof *self, body, level_destroy);
    if (!self)
        return NULL;
    self->job = job;
    self->below = below;
    self->child.state.task = NULL;
    return &self->task;
}

static void level_body(struct coro *handle)
{
    struct level *self = (struct level *)handle;
    struct completion_job *job = self->job;
    struct level_task_sender child;
    ssize_t got;
    CO_BEGIN(self);
    if (self->below) {
        child.task = level_create(job, self->below - 1, level_body);
        if (!child.task)
            SENDER_TASK_RETURN(self, -ENOMEM);
        CO_AWAIT_SENDER(got, self, await_level, &self->child, child);
        level_task_destroy(&self->child.state);
    } else {
        CO_AWAIT_SENDER(got, self, next_read, &self->reading, read_of(job));
    }
    if (got < 0)
        SENDER_TASK_RETURN(self, got);
    SENDER_TASK_RETURN(self, completion_step(got));
    CO_END;
}

static void nested_body(struct coro *handle)
{
    struct level *self = (struct level *)handle;
    struct completion_job *job = self->job;
    struct level_task_sender child;
    ssize_t got;
    CO_BEGIN(self);
    while (job->left) {
        child.task = level_create(job, self->below, level_body);
        if (!child.task)
            SENDER_TASK_RETURN(self, -ENOMEM);
        CO_AWAIT_SENDER(got, self, await_level, &self->child, child);
        level_task_destroy(&self->child.state);
        completion_taken(job, got < 0 ? completion_mended((int)-got) : got);
    }
    SENDER_TASK_RETURN(self, 0);
    CO_END;
}

static int nested_start(struct completion_job *job)
{
    return launch(job, level_create(job, COMPLETION_STEPS - 1, nested_body));
}

const struct completion_form completion_sender_nested = {.bytes = sizeof(struct launch), .start = nested_start};
