/* What the `task-` mechanisms share: an inner task f that returns its argument at once, and an outer one that awaits a
 * fresh f for each completion (P3801R0 3.1: `for (auto i = 0; i < total; ++i) co_await f(i);`).
 *
 *     INNER_TASK(N, promise, RETURN)
 *
 * defines struct promise *N_create(ssize_t value), null when there is no memory.
 *
 *     OUTER_TASK(N, promise, AWAIT, RETURN, inner, make, release)
 *
 * defines struct promise *N_create(struct stack_job *); its result is 0 or -ENOMEM. N is the stage or awaiter that the
 * frame keeps, inner_create makes f, make(f) the sender that is awaited, and release(struct N *) ends the full
 * expression: it destroys what is left of the operation state.
 */
#ifndef ABREAST_BENCH_STACK_TASKS_H
#define ABREAST_BENCH_STACK_TASKS_H

#include "bench/stack/awaiting_sender.h"
#include "sender/transfer_task.h"

#define INNER_TASK(N, promise, RETURN)                                                                                 \
    struct N##_task {                                                                                                  \
        struct promise task;                                                                                           \
        ssize_t value;                                                                                                 \
    };                                                                                                                 \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N##_task *self = (struct N##_task *)handle;                                                             \
        CO_BEGIN(self);                                                                                                \
        RETURN(self, self->value);                                                                                     \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct promise *N##_create(ssize_t value)                                                                   \
    {                                                                                                                  \
        struct N##_task *self = (struct N##_task *)promise##_create(NULL, sizeof *self, N##_body, NULL);               \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        self->value = value;                                                                                           \
        return &self->task;                                                                                            \
    }

#define OUTER_TASK(N, promise, AWAIT, RETURN, inner, make, release)                                                    \
    struct N##_task {                                                                                                  \
        struct promise task;                                                                                           \
        struct stack_job *job;                                                                                         \
        struct N awaitable;                                                                                            \
        ssize_t value;                                                                                                 \
    };                                                                                                                 \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N##_task *self = (struct N##_task *)handle;                                                             \
        CO_BEGIN(self);                                                                                                \
        while (self->job->made < self->job->completions) {                                                             \
            struct promise *child = inner##_create((ssize_t)self->job->made);                                          \
            if (!child)                                                                                                \
                RETURN(self, -ENOMEM);                                                                                 \
            AWAIT(self->value, self, N, &self->awaitable, make(child));                                                \
            release(&self->awaitable);                                                                                 \
            stack_job_completed(self->job, (uint64_t)self->value);                                                     \
        }                                                                                                              \
        RETURN(self, 0);                                                                                               \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct promise *N##_create(struct stack_job *job)                                                           \
    {                                                                                                                  \
        struct N##_task *self = (struct N##_task *)promise##_create(NULL, sizeof *self, N##_body, NULL);               \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        self->job = job;                                                                                               \
        return &self->task;                                                                                            \
    }

/* Nobody waits for the task, and it ends on the stack of the run. */
static inline struct coro *transfer_task_ended(struct transfer_task_state *state)
{
    (void)state;
    return noop_coroutine();
}

/* Starts the task, which ends before this returns, and destroys it. Its result, or -ENOMEM where `task` is null. */
static inline int transfer_task_run(struct transfer_task *task)
{
    if (!task)
        return -ENOMEM;
    struct io_env env = {.executor = inline_executor()};
    struct transfer_task_state state = {&env, transfer_task_ended, transfer_task_ended};
    transfer_task_start(task, &state);
    int status = (int)task->result;
    coro_destroy(&task->frame.coro);
    return status;
}

#endif
