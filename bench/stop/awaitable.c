/* By awaitables: each read is awaited by a task of its own, which ends with what the read returned. */
#include "awaitable/io.h"
#include "awaitable/run.h"
#include "bench/stop/stop.h"

/* ---- work=stop ---- */

struct task_slot {
    struct stop_slot slot;
    struct run_async launch;
};

struct reader {
    struct task task;
    struct stop_slot *slot;
    struct read_some reading;
};

static void reader_body(struct coro *handle)
{
    struct reader *self = (struct reader *)handle;
    ssize_t got;
    CO_BEGIN(self);
    read_some(&self->reading, self->slot->stream, self->slot->buffer, sizeof self->slot->buffer);
    CO_AWAIT(got, self, read_some, &self->reading);
    CO_RETURN(self, got);
    CO_END;
}

static void reader_ended(struct run_async *launch, ssize_t result)
{
    slot_ended(&CONTAINER_OF(launch, struct task_slot, launch)->slot, result);
}

static struct task *create(const struct io_env *env, size_t bytes, void (*body)(struct coro *))
{
    struct frame_allocator *saved = get_current_frame_allocator();
    set_current_frame_allocator(env->allocator);
    struct task *task = task_create(bytes, body, NULL);
    set_current_frame_allocator(saved);
    return task;
}

static int task_start(struct stop_slot *slot)
{
    struct task_slot *self = (struct task_slot *)slot;
    struct task *task = create(&slot->job->env, sizeof(struct reader), reader_body);
    if (!task)
        return -ENOMEM;
    ((struct reader *)task)->slot = slot;
    run_async(&self->launch, task, &slot->job->env, reader_ended);
    return 0;
}

const struct stop_form stop_awaitable = {
    .slot_bytes = sizeof(struct task_slot),
    .frame_bytes = sizeof(struct reader),
    .start = task_start,
};

/* ---- work=complete ---- */

/* One coroutine: the steps are statements behind the check of what the read returned. */
struct steps {
    struct task task;
    struct completion_job *job;
    struct read_some reading;
};

static void steps_body(struct coro *handle)
{
    struct steps *self = (struct steps *)handle;
    struct completion_job *job = self->job;
    ssize_t got;
    CO_BEGIN(self);
    while (job->left) {
        read_some(&self->reading, &job->ending.stream, job->buffer, sizeof job->buffer);
        CO_AWAIT(got, self, read_some, &self->reading);
        if (got < 0) {
            completion_taken(job, completion_mended((int)-got));
            continue;
        }
        for (unsigned i = 0; i < COMPLETION_STEPS; i++)
            got = completion_step(got);
        completion_taken(job, got);
    }
    CO_RETURN(self, 0);
    CO_END;
}

/* A coroutine for each step, which awaits the one below it, looks whether that ended well, and returns. */
struct level {
    struct task task;
    struct completion_job *job;
    struct read_some reading;
    struct task *child;
    unsigned below; /* levels */
};

static void level_body(struct coro *handle)
{
    struct level *self = (struct level *)handle;
    struct completion_job *job = self->job;
    ssize_t got;
    CO_BEGIN(self);
    if (self->below) {
        self->child = task_create(sizeof(struct level), level_body, NULL);
        if (!self->child)
            CO_RETURN(self, -ENOMEM);
        ((struct level *)self->child)->job = job;
        ((struct level *)self->child)->below = self->below - 1;
        CO_AWAIT(got, self, task, self->child);
        coro_destroy(&self->child->frame.coro);
    } else {
        read_some(&self->reading, &job->ending.stream, job->buffer, sizeof job->buffer);
        CO_AWAIT(got, self, read_some, &self->reading);
    }
    if (got < 0)
        CO_RETURN(self, got);
    CO_RETURN(self, completion_step(got));
    CO_END;
}

static void nested_body(struct coro *handle)
{
    struct level *self = (struct level *)handle;
    struct completion_job *job = self->job;
    ssize_t got;
    CO_BEGIN(self);
    while (job->left) {
        self->child = task_create(sizeof(struct level), level_body, NULL);
        if (!self->child)
            CO_RETURN(self, -ENOMEM);
        ((struct level *)self->child)->job = job;
        ((struct level *)self->child)->below = COMPLETION_STEPS - 1;
        CO_AWAIT(got, self, task, self->child);
        coro_destroy(&self->child->frame.coro);
        completion_taken(job, got < 0 ? completion_mended((int)-got) : got);
    }
    CO_RETURN(self, 0);
    CO_END;
}

struct loop_launch {
    struct run_async launch;
    struct completion_job *job;
};

static void loop_ended(struct run_async *launch, ssize_t result)
{
    struct completion_job *job = CONTAINER_OF(launch, struct loop_launch, launch)->job;
    if (result < 0)
        job->status = (int)result;
}

static int launch_loop(struct completion_job *job, struct task *task)
{
    struct loop_launch *self = job->storage;
    self->job = job;
    run_async(&self->launch, task, &job->env, loop_ended);
    return 0;
}

static int steps_start(struct completion_job *job)
{
    struct task *task = create(&job->env, sizeof(struct steps), steps_body);
    if (!task)
        return -ENOMEM;
    ((struct steps *)task)->job = job;
    return launch_loop(job, task);
}

static int nested_start(struct completion_job *job)
{
    struct task *task = create(&job->env, sizeof(struct level), nested_body);
    if (!task)
        return -ENOMEM;
    ((struct level *)task)->job = job;
    return launch_loop(job, task);
}

#define LOOP(start_, stoppable_) {.bytes = sizeof(struct loop_launch), .stoppable = stoppable_, .start = start_}

const struct completion_form completion_task = LOOP(steps_start, false);
const struct completion_form completion_task_stoppable = LOOP(steps_start, true);
const struct completion_form completion_nested = LOOP(nested_start, false);
