/* A task that awaits awaitables: read_some of awaitable/io.h, which makes its attempt in await_ready; the same with the
 * attempt in await_suspend; through a child task; and erased. */
#undef ABREAST_TRANSFER_DRIVER

#include "awaitable/any_stream.h"
#include "awaitable/io.h"
#include "awaitable/run.h"
#include "bench/phases/forms.h"

/* ---- The launch: nothing of it is done per operation ---- */

struct launched {
    struct run_async launch;
    struct phase_job *job;
};

static void ended(struct run_async *launch, ssize_t result)
{
    struct launched *self = CONTAINER_OF(launch, struct launched, launch);
    struct phase_job *job = self->job;
    free(self);
    if (result < 0)
        job->status = (int)result;
    phase_job_end(job);
}

/* Returns null, for there is nothing to free at the end. */
static void *launch(struct phase_job *job, struct task *(*make)(struct phase_job *))
{
    struct launched *self = malloc(sizeof *self);
    struct frame_allocator *saved = get_current_frame_allocator();
    set_current_frame_allocator(job->env.allocator);
    struct task *task = self ? make(job) : NULL;
    set_current_frame_allocator(saved);
    if (!task) {
        free(self);
        return phase_job_fail(job);
    }
    self->job = job;
    run_async(&self->launch, task, &job->env, ended);
    return NULL;
}

/* ---- A task that reads by the awaitable T ---- */

#define READING(N, T, members, source, destroy)                                                                        \
    struct N {                                                                                                         \
        struct task task;                                                                                              \
        struct phase_job *job;                                                                                         \
        struct T awaitable;                                                                                            \
        ssize_t got;                                                                                                   \
        members                                                                                                        \
    };                                                                                                                 \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N *self = (struct N *)handle;                                                                           \
        struct phase_job *job = self->job;                                                                             \
        CO_BEGIN(self);                                                                                                \
        while (phase_job_goes_on(job)) {                                                                               \
            T(&self->awaitable, source, &job->value, sizeof job->value);                                               \
            CO_AWAIT(self->got, self, T, &self->awaitable);                                                            \
            phase_job_read(job, self->got);                                                                            \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct task *N##_make(struct phase_job *job)                                                                \
    {                                                                                                                  \
        struct N *self = (struct N *)task_create(sizeof *self, N##_body, destroy);                                     \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        self->job = job;                                                                                               \
        return &self->task;                                                                                            \
    }

READING(native, read_some, , job->stream, NULL)

void *read_some_begin(struct phase_job *job)
{
    return launch(job, native_make);
}

/* The attempt made by await_suspend: what completes there goes on by the handle that it returns. */
struct attempt {
    struct io_awaitable io;
};

static void attempt(struct attempt *self, struct stream *stream, void *buffer, size_t size)
{
    io_op_prepare(&self->io.request.op, stream, buffer, size);
}

static bool attempt_await_ready(struct attempt *self)
{
    (void)self;
    return false;
}

static struct coro *attempt_await_suspend(struct attempt *self, struct coro *caller, const struct io_env *env)
{
    if (!io_awaitable_ready(&self->io, IO_READ))
        return io_awaitable_suspend(&self->io, IO_READ, caller, env);
    PROBE(LAUNCH);
    PROBE(SIGNAL);
    return caller;
}

static ssize_t attempt_await_resume(struct attempt *self)
{
    return self->io.request.op.result;
}

READING(attempting, attempt, , job->stream, NULL)

void *transfer_begin(struct phase_job *job)
{
    return launch(job, attempting_make);
}

/* ---- A task that awaits a task, which reads once ---- */

struct child {
    struct task task;
    struct phase_job *job;
    struct read_some awaitable;
    ssize_t got;
};

static void child_body(struct coro *handle)
{
    struct child *self = (struct child *)handle;
    CO_BEGIN(self);
    read_some(&self->awaitable, self->job->stream, &self->job->value, sizeof self->job->value);
    CO_AWAIT(self->got, self, read_some, &self->awaitable);
    CO_RETURN(self, self->got);
    CO_END;
}

struct parent {
    struct task task;
    struct phase_job *job;
    struct child *child;
    ssize_t got;
};

static void parent_body(struct coro *handle)
{
    struct parent *self = (struct parent *)handle;
    struct phase_job *job = self->job;
    CO_BEGIN(self);
    while (phase_job_goes_on(job)) {
        self->child = (struct child *)task_create(sizeof *self->child, child_body, NULL);
        if (!self->child)
            CO_RETURN(self, -ENOMEM);
        self->child->job = job;
        CO_AWAIT(self->got, self, task, &self->child->task);
        coro_destroy(&self->child->task.frame.coro);
        phase_job_read(job, self->got);
    }
    CO_RETURN(self, 0);
    CO_END;
}

static struct task *parent_make(struct phase_job *job)
{
    struct parent *self = (struct parent *)task_create(sizeof *self, parent_body, NULL);
    if (!self)
        return NULL;
    self->job = job;
    return &self->task;
}

void *task_in_task_begin(struct phase_job *job)
{
    return launch(job, parent_make);
}

/* ---- The stream behind a table ---- */

ANY_STREAM_TABLE(stream_table, stream, read_some, any_stream_trivial);

static void erased_destroy(struct coro *);

READING(erased, any_read_some, struct any_read_stream stream;, &self->stream, erased_destroy)

static void erased_destroy(struct coro *handle)
{
    any_read_stream_destroy(&((struct erased *)handle)->stream);
    frame_destroy(handle);
}

static struct task *erased_wrapped(struct phase_job *job)
{
    struct task *task = erased_make(job);
    if (!task ||
        !any_read_stream_wrap(&((struct erased *)task)->stream, &stream_table, job->stream, job->env.allocator))
        return task;
    frame_destroy(&task->frame.coro);
    return NULL;
}

void *any_stream_begin(struct phase_job *job)
{
    return launch(job, erased_wrapped);
}
