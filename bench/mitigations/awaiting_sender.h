/* The coroutine of the sender model that awaits, in a loop, one sender after the other.
 *
 *     AWAITING_SENDER(N, CO_AWAIT, make, form)
 *
 * defines its frame and body, and the form of that name. N is a stage of one of the bridges, CO_AWAIT how that bridge
 * is awaited, and make(job) makes the sender that completes into it with the value job->made. The task is the same for
 * all bridges, and its frame comes from the environment's allocator.
 *
 *     AWAITING_SENDER_BY(N, promise, CO_AWAIT, RETURN, make, form)
 *
 * does it for a coroutine with another promise; promise_launch(job, struct promise *) connects and starts it.
 */
#ifndef ABREAST_BENCH_MITIGATIONS_AWAITING_SENDER_H
#define ABREAST_BENCH_MITIGATIONS_AWAITING_SENDER_H

#include "bench/mitigations/job.h"
#include "sender/just.h"
#include "sender/schedule.h"
#include "sender/sender_awaitable.h"
#include "sender/then.h"

#include <errno.h>

/* What a launch connects the task to. */
struct sender_task_launch {
    struct sender_task_state state;
    struct sender_task *task;
    struct mitigation_job *job;
};

static inline void sender_task_launch_ended(struct sender_task_launch *self, int status)
{
    coro_destroy(&self->task->frame.coro);
    mitigation_job_ended(self->job, status);
}

static inline void sender_task_launch_value(struct sender_task_state *state, ssize_t result)
{
    sender_task_launch_ended(CONTAINER_OF(state, struct sender_task_launch, state), (int)result);
}

static inline void sender_task_launch_stopped(struct sender_task_state *state)
{
    sender_task_launch_ended(CONTAINER_OF(state, struct sender_task_launch, state), -ECANCELED);
}

static inline int sender_task_launch(struct mitigation_job *job, struct sender_task *task)
{
    struct sender_task_launch *self = job->storage;
    if (!task)
        return -ENOMEM;
    *self = (struct sender_task_launch){
        .state = {.env = &job->env, .set_value = sender_task_launch_value, .set_stopped = sender_task_launch_stopped},
        .task = task,
        .job = job,
    };
    sender_task_start(task, &self->state);
    return 0;
}

#define AWAITING_SENDER(N, AWAIT, make_, form_)                                                                        \
    AWAITING_SENDER_BY(N, sender_task, AWAIT, SENDER_TASK_RETURN, make_, form_)

#define AWAITING_SENDER_BY(N, promise, AWAIT, RETURN, make_, form_)                                                    \
    struct N##_frame {                                                                                                 \
        struct promise task;                                                                                           \
        struct mitigation_job *job;                                                                                    \
        struct N awaitable;                                                                                            \
        ssize_t value;                                                                                                 \
    };                                                                                                                 \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N##_frame *self = (struct N##_frame *)handle;                                                           \
        struct mitigation_job *job = self->job;                                                                        \
        CO_BEGIN(self);                                                                                                \
        while (job->made < job->end) {                                                                                 \
            AWAIT(self->value, self, N, &self->awaitable, make_(job));                                                 \
            if (self->value < 0)                                                                                       \
                RETURN(self, self->value);                                                                             \
            mitigation_job_completed(job, (uint64_t)self->value);                                                      \
        }                                                                                                              \
        RETURN(self, 0);                                                                                               \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static int N##_launch(struct mitigation_job *job)                                                                  \
    {                                                                                                                  \
        struct N##_frame *self =                                                                                       \
            (struct N##_frame *)promise##_create(job->env.allocator, sizeof *self, N##_body, NULL);                    \
        if (!self)                                                                                                     \
            return -ENOMEM;                                                                                            \
        self->job = job;                                                                                               \
        return promise##_launch(job, &self->task);                                                                     \
    }                                                                                                                  \
    const struct mitigation_form MITIGATION_FORM(form_) = {                                                            \
        .launch = N##_launch,                                                                                          \
        .storage_bytes = sizeof(struct promise##_launch),                                                              \
        .frame_bytes = sizeof(struct N##_frame),                                                                       \
        .operation_bytes = sizeof(struct N),                                                                           \
    }

/* The function of a `then` behind schedule: what makes the operation's value. */
struct deliver {
    ssize_t value;
};

static inline ssize_t deliver_call(struct deliver *self, struct unit value)
{
    (void)value;
    return self->value;
}

/* The operations. JUST: completes at once. POSTED: schedule(run_loop) | then(deliver), completes from the loop;
 * POSTED_BY with another function. Each defines N_operation, completing into N, and N_make for AWAITING_SENDER. */
#define JUST(N)                                                                                                        \
    SENDER_JUST(N##_operation, N)                                                                                      \
    SENDER_FUNCTION struct N##_operation_sender N##_make(struct mitigation_job *job)                                   \
    {                                                                                                                  \
        return (struct N##_operation_sender){.value = (ssize_t)job->made};                                             \
    }

#define POSTED(N) POSTED_BY(N, deliver, (ssize_t)job->made)

#define POSTED_BY(N, function_, ...)                                                                                   \
    RECEIVER(N##_operation, struct unit);                                                                              \
    SENDER_SCHEDULE(N##_posted, run_loop, N##_operation)                                                               \
    SENDER_THEN(N##_operation, N##_posted, function_, N)                                                               \
    SENDER_FUNCTION struct N##_operation_sender N##_make(struct mitigation_job *job)                                   \
    {                                                                                                                  \
        return (struct N##_operation_sender){.child = {&job->loop}, .function = {__VA_ARGS__}};                        \
    }

#endif
