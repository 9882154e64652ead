/* A coroutine task of the sender model that awaits a read: by each bridge, through affine_on, and by another task. */
#undef ABREAST_TRANSFER_DRIVER

#include "bench/phases/forms.h"
#include "sender/handshake_awaitable.h"
#include "sender/inline_awaitable.h"
#include "sender/io.h"
#include "sender/member_awaitable.h"
#include "sender/task_awaitable.h"
#include "sender/task_sender.h"
#include "sender/transfer_task.h"

/* ---- The launches, of both kinds of task: nothing of it is done per operation ---- */

struct launched {
    struct sender_task_state state;
    struct sender_task *task;
    struct phase_job *job;
};

static void ended_stopped(struct sender_task_state *state)
{
    phase_job_end(CONTAINER_OF(state, struct launched, state)->job);
}

static void ended(struct sender_task_state *state, ssize_t result)
{
    struct launched *self = CONTAINER_OF(state, struct launched, state);
    if (result < 0)
        self->job->status = (int)result;
    ended_stopped(state);
}

static void *launch(struct phase_job *job, struct sender_task *task)
{
    struct launched *self = task ? malloc(sizeof *self) : NULL;
    if (!self) {
        if (task)
            coro_destroy(&task->frame.coro);
        return phase_job_fail(job);
    }
    *self = (struct launched){{&job->env, ended, ended_stopped}, task, job};
    sender_task_start(task, &self->state);
    return self;
}

void sender_task_end(void *launched)
{
    struct launched *self = launched;
    coro_destroy(&self->task->frame.coro);
    free(self);
}

struct launched_transfer {
    struct transfer_task_state state;
    struct transfer_task *task;
    struct phase_job *job;
};

static struct coro *transfer_ended(struct transfer_task_state *state)
{
    struct launched_transfer *self = CONTAINER_OF(state, struct launched_transfer, state);
    if (self->task->result < 0)
        self->job->status = (int)self->task->result;
    phase_job_end(self->job);
    return noop_coroutine();
}

void transfer_task_end(void *launched)
{
    struct launched_transfer *self = launched;
    coro_destroy(&self->task->frame.coro);
    free(self);
}

/* ---- A task that reads, awaiting the stage N_read into N; where it is a child, once ---- */

#define STREAM_SENDER(N, job) ((struct N##_read_sender){(job)->stream, &(job)->value, sizeof(job)->value})

#define READING_FRAME(N, promise)                                                                                      \
    struct N##_task {                                                                                                  \
        struct promise task;                                                                                           \
        struct phase_job *job;                                                                                         \
        struct N awaitable;                                                                                            \
        ssize_t got;                                                                                                   \
    };

#define READING(N, promise, AWAIT, RETURN)                                                                             \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N##_task *self = (struct N##_task *)handle;                                                             \
        struct phase_job *job = self->job;                                                                             \
        CO_BEGIN(self);                                                                                                \
        while (phase_job_goes_on(job)) {                                                                               \
            AWAIT(self->got, self, N, &self->awaitable, STREAM_SENDER(N, job));                                        \
            phase_job_read(job, self->got);                                                                            \
        }                                                                                                              \
        RETURN(self, 0);                                                                                               \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    READING_MAKE(N, promise, body)

#define READING_ONCE(N, promise, AWAIT, RETURN)                                                                        \
    static void N##_once(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N##_task *self = (struct N##_task *)handle;                                                             \
        struct phase_job *job = self->job;                                                                             \
        CO_BEGIN(self);                                                                                                \
        AWAIT(self->got, self, N, &self->awaitable, STREAM_SENDER(N, job));                                            \
        RETURN(self, self->got);                                                                                       \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    READING_MAKE(N, promise, once)

#define READING_MAKE(N, promise, body)                                                                                 \
    static struct promise *N##_make_##body(struct phase_job *job)                                                      \
    {                                                                                                                  \
        struct N##_task *self =                                                                                        \
            (struct N##_task *)promise##_create(job->env.allocator, sizeof *self, N##_##body, NULL);                   \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        self->job = job;                                                                                               \
        return &self->task;                                                                                            \
    }

#define BEGIN(name, N)                                                                                                 \
    void *name##_begin(struct phase_job *job)                                                                          \
    {                                                                                                                  \
        return launch(job, N##_make_body(job));                                                                        \
    }

SENDER_AWAITABLE_RECEIVER(as_written, sender_task)
SENDER_READ_SOME(as_written_read, as_written)
SENDER_AWAITABLE(as_written, as_written_read)
READING_FRAME(as_written, sender_task)
READING(as_written, sender_task, CO_AWAIT_SENDER, SENDER_TASK_RETURN)
BEGIN(p2300, as_written)

HANDSHAKE_AWAITABLE_RECEIVER(by_exchange, sender_task, exchange)
SENDER_READ_SOME(by_exchange_read, by_exchange)
HANDSHAKE_AWAITABLE(by_exchange, by_exchange_read, exchange)
READING_FRAME(by_exchange, sender_task)
READING(by_exchange, sender_task, CO_AWAIT_SENDER_TRANSFER, SENDER_TASK_RETURN)
BEGIN(exchange, by_exchange)

HANDSHAKE_AWAITABLE_RECEIVER(by_thread_id, sender_task, thread_id)
SENDER_READ_SOME(by_thread_id_read, by_thread_id)
HANDSHAKE_AWAITABLE(by_thread_id, by_thread_id_read, thread_id)
READING_FRAME(by_thread_id, sender_task)
READING(by_thread_id, sender_task, CO_AWAIT_SENDER_TRANSFER, SENDER_TASK_RETURN)
BEGIN(thread_id, by_thread_id)

/* A read that is known to complete inline, for it has the stream of memory only. */
INLINE_AWAITABLE_RECEIVER(known, sender_task)
SENDER_READ_SOME(known_any_read, known)
#define known_read_sender known_any_read_sender
#define known_read_op known_any_read_op
#define known_read_connect known_any_read_connect
#define known_read_start known_any_read_start
enum { known_read_completions = known_any_read_completions | COMPLETES_INLINE };
INLINE_AWAITABLE(known, known_read)
READING_FRAME(known, sender_task)
READING(known, sender_task, CO_AWAIT_SENDER_TRANSFER, SENDER_TASK_RETURN)
BEGIN(inline_known, known)

MEMBER_READ_SOME(own, sender_task)
#define own_read_sender own_sender
READING_FRAME(own, sender_task)
READING(own, sender_task, CO_AWAIT_MEMBER, SENDER_TASK_RETURN)
BEGIN(member, own)

/* ---- P3552R3's task ---- */

TASK_AWAITABLE_RECEIVER(affine, sender_task);
SENDER_READ_SOME(affine_read, affine_affine)
TASK_AWAITABLE(affine, affine_read)
READING_FRAME(affine, sender_task)
READING(affine, sender_task, CO_AWAIT_AFFINE, SENDER_TASK_RETURN)
READING_ONCE(affine, sender_task, CO_AWAIT_AFFINE, SENDER_TASK_RETURN)
BEGIN(affine_read, affine)

TASK_AWAITABLE_RECEIVER(affine_outer, sender_task);
SENDER_TASK(affine_child, affine_outer_affine)
TASK_AWAITABLE(affine_outer, affine_child)

/* ---- The task with its own awaiter for tasks, and stdexec's bridge ---- */

HANDSHAKE_AWAITABLE_RECEIVER(shipped, transfer_task, thread_id)
SENDER_READ_SOME(shipped_read, shipped)
HANDSHAKE_AWAITABLE(shipped, shipped_read, thread_id)
READING_FRAME(shipped, transfer_task)
READING_ONCE(shipped, transfer_task, CO_AWAIT_SENDER_TRANSFER, TRANSFER_TASK_RETURN)

TRANSFER_TASK_AWAITABLE(shipped_outer, transfer_task)

/* ---- A task that awaits a task, which reads once ---- */

#define OUTER(N, promise, AWAIT, RETURN, child_sender, make_child, release)                                            \
    READING_FRAME(N, promise)                                                                                          \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N##_task *self = (struct N##_task *)handle;                                                             \
        struct phase_job *job = self->job;                                                                             \
        CO_BEGIN(self);                                                                                                \
        while (phase_job_goes_on(job)) {                                                                               \
            struct promise *child = make_child(job);                                                                   \
            if (!child)                                                                                                \
                RETURN(self, -ENOMEM);                                                                                 \
            AWAIT(self->got, self, N, &self->awaitable, (struct child_sender){child});                                 \
            release;                                                                                                   \
            phase_job_read(job, self->got);                                                                            \
        }                                                                                                              \
        RETURN(self, 0);                                                                                               \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    READING_MAKE(N, promise, body)

OUTER(affine_outer, sender_task, CO_AWAIT_AFFINE, SENDER_TASK_RETURN, affine_child_sender, affine_make_once,
      affine_child_destroy(&self->awaitable.state.child))
BEGIN(task_affine, affine_outer)

OUTER(shipped_outer, transfer_task, CO_AWAIT_SENDER_TRANSFER, TRANSFER_TASK_RETURN, shipped_outer_sender,
      shipped_make_once, )

void *task_transfer_begin(struct phase_job *job)
{
    struct transfer_task *task = shipped_outer_make_body(job);
    struct launched_transfer *self = task ? malloc(sizeof *self) : NULL;
    if (!self) {
        if (task)
            coro_destroy(&task->frame.coro);
        return phase_job_fail(job);
    }
    *self = (struct launched_transfer){{&job->env, transfer_ended, transfer_ended}, task, job};
    transfer_task_start(task, &self->state);
    return self;
}
