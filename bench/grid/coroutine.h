/* The coroutines that read: awaitable tasks and sender tasks.
 *
 *     GRID_TASK(N, T, ...);           an awaitable task with a struct T for its reading; the statement that follows
 *     GRID_SENDER_TASK(N, T, ...);    awaits it, with `self` and `job`, and assigns to `got`
 *
 * Each defines `struct grid_form grid_N`. A task that awaits a sender, or a sender task that awaits an awaitable, does
 * it through a bridge:
 *
 *     promise grid_task               for the bridges of sender/sender_awaitable.h and its like, in an awaitable task;
 *                                     stopped ends it with -ECANCELED
 *     CO_AWAIT_MEMBER_OF_BRIDGE       awaits an awaitable in a sender task, in the task's environment: what Capy's
 *                                     as_sender is by its member as_awaitable
 *
 * Owns: a frame comes from the environment's allocator, and is freed at the end of the session.
 */
#ifndef ABREAST_BENCH_GRID_COROUTINE_H
#define ABREAST_BENCH_GRID_COROUTINE_H

#include "awaitable/run.h"
#include "bench/grid/reads.h"
#include "sender/task.h"

#include <errno.h>

/* An awaitable task as a promise that senders' bridges know. */
struct grid_task {
    struct task task;
};

static inline const struct io_env *grid_task_get_env(const struct grid_task *self)
{
    return self->task.env;
}

static inline struct coro *grid_task_unhandled_stopped(struct grid_task *self)
{
    self->task.result = -ECANCELED;
    self->task.frame.coro.resume = NULL;
    return self->task.continuation;
}

struct grid_task_launch {
    struct run_async launch;
    struct grid_job *job;
};

static inline void grid_task_ended(struct run_async *launch, ssize_t result)
{
    grid_session_ended(CONTAINER_OF(launch, struct grid_task_launch, launch)->job, (int)result);
}

static inline int grid_task_launch(struct grid_job *job, struct task *task)
{
    struct grid_task_launch *self = job->storage;
    if (!task)
        return -ENOMEM;
    self->job = job;
    run_async(&self->launch, task, &job->env, grid_task_ended);
    return 0;
}

struct grid_sender_task_launch {
    struct sender_task_state state;
    struct sender_task *task;
    struct grid_job *job;
};

static inline void grid_sender_task_ended(struct grid_sender_task_launch *self, int status)
{
    coro_destroy(&self->task->frame.coro);
    grid_session_ended(self->job, status);
}

static inline void grid_sender_task_value(struct sender_task_state *state, ssize_t result)
{
    grid_sender_task_ended(CONTAINER_OF(state, struct grid_sender_task_launch, state), (int)result);
}

static inline void grid_sender_task_stopped(struct sender_task_state *state)
{
    grid_sender_task_ended(CONTAINER_OF(state, struct grid_sender_task_launch, state), -ECANCELED);
}

static inline int grid_sender_task_launch(struct grid_job *job, struct sender_task *task)
{
    struct grid_sender_task_launch *self = job->storage;
    if (!task)
        return -ENOMEM;
    *self = (struct grid_sender_task_launch){
        .state = {.env = &job->env, .set_value = grid_sender_task_value, .set_stopped = grid_sender_task_stopped},
        .task = task,
        .job = job,
    };
    sender_task_start(task, &self->state);
    return 0;
}

static inline struct task *grid_task_create(struct grid_job *job, size_t bytes, void (*body)(struct coro *))
{
    struct frame_allocator *saved = get_current_frame_allocator();
    set_current_frame_allocator(job->env.allocator);
    struct task *task = task_create(bytes, body, NULL);
    set_current_frame_allocator(saved);
    return task;
}

static inline struct sender_task *grid_sender_task_create(struct grid_job *job, size_t bytes,
                                                          void (*body)(struct coro *))
{
    return sender_task_create(job->env.allocator, bytes, body, NULL);
}

#define CO_AWAIT_MEMBER_OF_BRIDGE(result, self, T, awaitable)                                                          \
    do {                                                                                                               \
        if (!T##_await_ready(awaitable))                                                                               \
            CO_SUSPEND(self, TRANSFER_TO(T##_await_suspend(awaitable, &(self)->task.frame.coro,                        \
                                                           sender_task_get_env(&(self)->task))));                      \
        (result) = T##_await_resume(awaitable);                                                                        \
    } while (0)

/* What a task does behind its bridge: an awaitable task makes the frame allocator channel its own again, as it does
 * behind every await. */
#define GRID_TASK_RESUMED set_current_frame_allocator(self->task.env->allocator)
#define GRID_SENDER_TASK_RESUMED ((void)0)

#define GRID_TASK(N, T, ...) GRID_COROUTINE(N, task, grid_task, CO_RETURN, T, __VA_ARGS__)
#define GRID_SENDER_TASK(N, T, ...) GRID_COROUTINE(N, sender_task, grid_sender_task, SENDER_TASK_RETURN, T, __VA_ARGS__)

#define GRID_COROUTINE(N, promise_, functions, RETURN, T, ...)                                                         \
    struct N##_frame {                                                                                                 \
        struct promise_ task;                                                                                          \
        struct grid_job *job;                                                                                          \
        struct T reading;                                                                                              \
    };                                                                                                                 \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N##_frame *self = (struct N##_frame *)handle;                                                           \
        struct grid_job *job = self->job;                                                                              \
        ssize_t got;                                                                                                   \
        CO_BEGIN(self);                                                                                                \
        while (job->made < job->end) {                                                                                 \
            __VA_ARGS__;                                                                                               \
            if (got < 0)                                                                                               \
                RETURN(self, got);                                                                                     \
            grid_job_completed(job, got);                                                                              \
        }                                                                                                              \
        RETURN(self, 0);                                                                                               \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static int N##_launch(struct grid_job *job)                                                                        \
    {                                                                                                                  \
        struct promise_ *task = functions##_create(job, sizeof(struct N##_frame), N##_body);                           \
        if (task)                                                                                                      \
            ((struct N##_frame *)task)->job = job;                                                                     \
        return functions##_launch(job, task);                                                                          \
    }                                                                                                                  \
    const struct grid_form grid_##N = {                                                                                \
        .launch = N##_launch,                                                                                          \
        .storage_bytes = sizeof(struct functions##_launch),                                                            \
        .op_state_bytes = sizeof(struct T),                                                                            \
        .frame_bytes = sizeof(struct N##_frame),                                                                       \
    }

#endif
