/* The coroutine of the sender mechanisms: it awaits, in a loop, a sender that completes with a value.
 *
 *     AWAITING_SENDER(N, context_type, make)
 *
 * defines the task's frame and body, and struct sender_task *N_create(struct stack_job *, context_type), null when
 * there is no memory. N is a stage of sender/sender_awaitable.h, and make(context, value) makes the sender that
 * completes into it. What co_await becomes is sender_awaitable.h's.
 *
 *     AWAITING_SENDER_BY(N, promise, CO_AWAIT, RETURN, context_type, make)
 *
 * does the same for a coroutine with another promise, or that awaits by another bridge: N_create then returns a struct
 * promise *, made by promise_create. The stage's struct N is what the frame keeps while it awaits.
 */
#ifndef ABREAST_BENCH_STACK_AWAITING_SENDER_H
#define ABREAST_BENCH_STACK_AWAITING_SENDER_H

#include "bench/stack/mechanism.h"
#include "sender/sender_awaitable.h"

#include <errno.h>

#define AWAITING_SENDER(N, context_, make_)                                                                            \
    AWAITING_SENDER_BY(N, sender_task, CO_AWAIT_SENDER, SENDER_TASK_RETURN, context_, make_)

#define AWAITING_SENDER_BY(N, promise, AWAIT, RETURN, context_, make_)                                                 \
    struct N##_task {                                                                                                  \
        struct promise task;                                                                                           \
        struct stack_job *job;                                                                                         \
        context_ context;                                                                                              \
        struct N awaitable;                                                                                            \
        ssize_t value;                                                                                                 \
    };                                                                                                                 \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N##_task *self = (struct N##_task *)handle;                                                             \
        CO_BEGIN(self);                                                                                                \
        while (self->job->made < self->job->completions) {                                                             \
            AWAIT(self->value, self, N, &self->awaitable, make_(self->context, (ssize_t)self->job->made));             \
            stack_job_completed(self->job, (uint64_t)self->value);                                                     \
        }                                                                                                              \
        RETURN(self, 0);                                                                                               \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct promise *N##_create(struct stack_job *job, context_ context)                                         \
    {                                                                                                                  \
        struct N##_task *self = (struct N##_task *)promise##_create(NULL, sizeof *self, N##_body, NULL);               \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        self->job = job;                                                                                               \
        self->context = context;                                                                                       \
        return &self->task;                                                                                            \
    }

/* Nobody waits for the task, and it ends on the stack of the run. */
static inline void awaiting_sender_ended(struct sender_task_state *state, ssize_t result)
{
    (void)state;
    (void)result;
}

static inline void awaiting_sender_stopped(struct sender_task_state *state)
{
    (void)state;
}

/* Starts the task, which ends before this returns, and destroys it. 0, or -ENOMEM where `task` is null. */
static inline int awaiting_sender_run(struct sender_task *task)
{
    if (!task)
        return -ENOMEM;
    struct io_env env = {.executor = inline_executor()};
    struct sender_task_state state = {
        .env = &env, .set_value = awaiting_sender_ended, .set_stopped = awaiting_sender_stopped};
    sender_task_start(task, &state);
    coro_destroy(&task->frame.coro);
    return 0;
}

#endif
