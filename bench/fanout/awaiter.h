/* Who waits for an awaitable's joins: a root coroutine, launched by run_async, which awaits one join after the other.
 * And the awaitables that are joined, other than reads: one that is ready, and one that completes after a round trip
 * through its executor. As the sender's schedule does, that one looks at its stop token when its turn comes.
 * T(awaitable, job, i) makes the one of type T that is child i of the next join.
 */
#ifndef ABREAST_BENCH_FANOUT_AWAITER_H
#define ABREAST_BENCH_FANOUT_AWAITER_H

#include "awaitable/io.h"
#include "awaitable/run.h"
#include "bench/fanout/job.h"

/* The job's storage. */
struct fanout_awaiter {
    struct run_async launch;
    struct fanout_job *job;
};

static inline void fanout_awaiter_ended(struct run_async *launch, ssize_t status)
{
    fanout_end(CONTAINER_OF(launch, struct fanout_awaiter, launch)->job, (int)status);
}

/* What every root begins with. */
struct fanout_root {
    struct task task;
    struct fanout_job *job;
};

static inline int fanout_await_joins(struct fanout_job *job, size_t root_bytes, void (*body)(struct coro *))
{
    struct fanout_awaiter *self = job->storage;
    struct frame_allocator *saved = get_current_frame_allocator();
    set_current_frame_allocator(job->env.allocator);
    struct fanout_root *root = (struct fanout_root *)task_create(root_bytes, body, NULL);
    set_current_frame_allocator(saved);
    if (!root)
        return -ENOMEM;
    root->job = self->job = job;
    run_async(&self->launch, &root->task, &job->env, fanout_awaiter_ended);
    return 0;
}

/* Completes at once. */
struct given {
    ssize_t value;
};

static inline void given(struct given *self, struct fanout_job *job, unsigned child)
{
    self->value = fanout_value(job->made, child);
}

static inline bool given_await_ready(struct given *self)
{
    (void)self;
    return true;
}

static inline struct coro *given_await_suspend(struct given *self, struct coro *caller, const struct io_env *env)
{
    (void)self;
    (void)env;
    return caller;
}

static inline ssize_t given_await_resume(struct given *self)
{
    return self->value;
}

/* Completes from the executor. */
struct posted {
    ssize_t value;
    struct continuation continuation;
    struct stop_token stop;
};

static inline void posted(struct posted *self, struct fanout_job *job, unsigned child)
{
    self->value = fanout_value(job->made, child);
}

static inline bool posted_await_ready(struct posted *self)
{
    (void)self;
    return false;
}

static inline struct coro *posted_await_suspend(struct posted *self, struct coro *caller, const struct io_env *env)
{
    PROBE(LAUNCH);
    self->stop = env->stop;
    self->continuation.coro = caller;
    executor_post(env->executor, &self->continuation);
    return noop_coroutine();
}

static inline ssize_t posted_await_resume(struct posted *self)
{
    return stop_requested(self->stop) ? -ECANCELED : self->value;
}

/* A read of the child's stream. */
struct reading {
    struct read_some read;
};

static inline void reading(struct reading *self, struct fanout_job *job, unsigned child)
{
    read_some(&self->read, &job->streams[child].stream, job->buffers[child], FANOUT_BUFFER_BYTES);
}

static inline bool reading_await_ready(struct reading *self)
{
    return read_some_await_ready(&self->read);
}

static inline struct coro *reading_await_suspend(struct reading *self, struct coro *caller, const struct io_env *env)
{
    return read_some_await_suspend(&self->read, caller, env);
}

static inline ssize_t reading_await_resume(struct reading *self)
{
    return read_some_await_resume(&self->read);
}

/* A task that awaits a T, and returns what `value` makes of what it got. */
#define FANOUT_CHILD(N, T, value)                                                                                      \
    struct N {                                                                                                         \
        struct task task;                                                                                              \
        struct T awaiting;                                                                                             \
    };                                                                                                                 \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N *self = (struct N *)handle;                                                                           \
        ssize_t got;                                                                                                   \
        CO_BEGIN(self);                                                                                                \
        CO_AWAIT(got, self, T, &self->awaiting);                                                                       \
        CO_RETURN(self, value);                                                                                        \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct task *N(struct fanout_job *job, unsigned i)                                                          \
    {                                                                                                                  \
        struct N *self = (struct N *)task_create(sizeof *self, N##_body, NULL);                                        \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        T(&self->awaiting, job, i);                                                                                    \
        return &self->task;                                                                                            \
    }

/* A join has ended: 0 when it is recorded, and the next one may be made. The error of a read that fails is expected. */
static inline ssize_t fanout_joined(struct fanout_job *job, ssize_t status, uint64_t sum)
{
    if (status == -FANOUT_ERROR) {
        fanout_record_reads(job, (uint64_t)status);
        return 0;
    }
    if (status == 0)
        fanout_record(job, sum);
    return status;
}

#endif
