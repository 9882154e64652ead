/* The loop as a coroutine that awaits senders, which is sender/loop.c's task, by whatever bridge, promise and stages
 * the including file names. That file, bench/forms/<name>.c, is a form of the loop (bench/loops.h), and defines before
 * it includes this one
 *
 *     FORM                       its name
 *     PROMISE                    the type of the promise, with PROMISE_create, and for the launch
 *                                    struct PROMISE_launch, with a member `task`
 *                                    void PROMISE_launch(struct PROMISE_launch *, struct PROMISE *, struct loop_job *)
 *     AWAIT, RETURN              co_await by the bridge, and co_return
 *     struct reading, writing    what the bridge keeps in the frame
 *     READ(self), WRITE(self)    what is awaited; TO_READ(self) and TO_WRITE(self) are the stream's own senders'
 * members
 *
 * and where it needs them
 *
 *     MEMBERS                    of the frame
 *     PREPARE(self)              sets them, and what DESTROY reads
 *     PROCESS(self)              the step between read and write
 *     DESTROY(self)              frees what the frame owns
 *     SUPPORTS(job)              whether it can run there
 *     CHILD_TASKS                true: each operation is a task of its own
 *
 * It is included once a file, and has no guard.
 */
#include "bench/loops.h"

#include <errno.h>

#if !defined MEMBERS
#define MEMBERS
#endif
#if !defined PREPARE
#define PREPARE(self) (void)(self)
#endif
#if !defined PROCESS
#define PROCESS(self) process(&(self)->job->process, (self)->job->buffer, (size_t)(self)->got)
#endif
#if !defined SUPPORTS
#define SUPPORTS(job) true
#endif
#if !defined CHILD_TASKS
#define CHILD_TASKS false
#endif

#define TO_READ(self) {(self)->job->stream, (self)->job->buffer, (self)->job->size}
#define TO_WRITE(self) {(self)->job->stream, (self)->job->buffer + (self)->sent, (size_t)(self)->got - (self)->sent}

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define CREATE PASTE(PROMISE, _create)
#define LAUNCH PASTE(PROMISE, _launch)

/* The coroutine frame: the promise, then everything that lives across a suspension. */
struct loop {
    struct PROMISE task;
    struct loop_job *job;
    struct reading reading;
    struct writing writing;
    ssize_t got;
    size_t sent;
    MEMBERS
};

#if defined DESTROY
static void loop_destroy(struct coro *handle)
{
    DESTROY((struct loop *)handle);
    frame_destroy(handle);
}
#else
#define loop_destroy NULL
#endif

static void loop_body(struct coro *handle)
{
    struct loop *self = (struct loop *)handle;
    struct loop_job *job = self->job;
    ssize_t put;

    CO_BEGIN(self);
    for (;;) { /* until the read ends it; a stop request ends the task there (unhandled_stopped) */
        AWAIT(self->got, self, reading, &self->reading, READ(self));
        if (self->got <= 0)
            RETURN(self, self->got);

        PROCESS(self);

        for (self->sent = 0; self->sent < (size_t)self->got; self->sent += (size_t)put) {
            AWAIT(put, self, writing, &self->writing, WRITE(self));
            if (put < 0)
                RETURN(self, put);
        }
        job->bytes += (size_t)self->got;
    }
    CO_END;
}

static int loop_start(void *storage, struct loop_job *job)
{
    if (!(SUPPORTS(job)))
        return -ENOTSUP;
    struct loop *self = (struct loop *)CREATE(job->env->allocator, sizeof *self, loop_body, loop_destroy);
    if (!self)
        return -ENOMEM;
    self->job = job;
    PREPARE(self);
    LAUNCH(storage, &self->task, job);
    return 0;
}

static struct coro *loop_coroutine(void *storage)
{
    return &((struct LAUNCH *)storage)->task->frame.coro;
}

static void loop_abandon(void *storage)
{
    coro_destroy(loop_coroutine(storage));
}

static const size_t loop_bytes = sizeof(struct LAUNCH);

const struct loop_code PASTE(loop_, FORM) = {
    .bytes = &loop_bytes,
    .start = loop_start,
    .abandon = loop_abandon,
    .coroutine = loop_coroutine,
    .child_tasks = CHILD_TASKS,
};
