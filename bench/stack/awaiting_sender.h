/* The coroutine of the sender mechanisms: it awaits, in a loop, a sender that completes with a value.
 *
 *     AWAITING_SENDER(N, context_type, make)
 *
 * defines the task's frame and body, and struct sender_task *N_create(struct stack_job *, context_type), null when
 * there is no memory. N is a stage of sender/sender_awaitable.h, and make(context, value) makes the sender that
 * completes into it. What co_await becomes is sender_awaitable.h's.
 */
#ifndef ABREAST_BENCH_STACK_AWAITING_SENDER_H
#define ABREAST_BENCH_STACK_AWAITING_SENDER_H

#include "bench/stack/mechanism.h"
#include "sender/sender_awaitable.h"

#include <errno.h>

#define AWAITING_SENDER(N, context_, make_)                                                                            \
    struct N##_task {                                                                                                  \
        struct sender_task task;                                                                                       \
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
            CO_AWAIT_SENDER(self->value, self, N, &self->awaitable, make_(self->context, (ssize_t)self->job->made));   \
            stack_job_completed(self->job, (uint64_t)self->value);                                                     \
        }                                                                                                              \
        SENDER_TASK_RETURN(self, 0);                                                                                   \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct sender_task *N##_create(struct stack_job *job, context_ context)                                     \
    {                                                                                                                  \
        struct N##_task *self = (struct N##_task *)sender_task_create(NULL, sizeof *self, N##_body, NULL);             \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        self->job = job;                                                                                               \
        self->context = context;                                                                                       \
        return &self->task;                                                                                            \
    }

#endif
