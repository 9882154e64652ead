/* The second future: guaranteed tail calls through every receiver (sender/tail/protocol.h), where this compiler has
 * them. */
#include "bench/mitigations/awaiting_sender.h"
#include "sender/tail/protocol.h"

#if TAIL_AVAILABLE
#include "sender/tail/algorithms.h"
#include "sender/tail/awaitable.h"
#include "sender/tail/contexts.h"

struct tail_task_launch {
    struct tail_task_state state;
    struct tail_task *task;
    struct mitigation_job *job;
};

static void tail_task_launch_ended(struct tail_task_launch *self, int status)
{
    coro_destroy(&self->task->frame.coro);
    mitigation_job_ended(self->job, status);
}

static void tail_task_launch_value(struct coro *handle)
{
    struct tail_task_launch *self = CONTAINER_OF((struct tail_task_state *)handle, struct tail_task_launch, state);
    tail_task_launch_ended(self, (int)self->state.value);
}

static void tail_task_launch_stopped(struct coro *handle)
{
    tail_task_launch_ended(CONTAINER_OF((struct tail_task_state *)handle, struct tail_task_launch, state), -ECANCELED);
}

static int tail_task_launch(struct mitigation_job *job, struct tail_task *task)
{
    struct tail_task_launch *self = job->storage;
    *self = (struct tail_task_launch){
        .state = {.env = &job->env, .set_value = tail_task_launch_value, .set_stopped = tail_task_launch_stopped},
        .task = task,
        .job = job,
    };
    task->state = &self->state;
    coro_resume(&task->frame.coro);
    return 0;
}

TAIL_AWAITABLE_RECEIVER(tail_inline, tail_task);
TAIL_JUST(tail_inline_operation, tail_inline)
TAIL_AWAITABLE(tail_inline, tail_inline_operation)

static inline struct tail_inline_operation_sender tail_inline_make(struct mitigation_job *job)
{
    return (struct tail_inline_operation_sender){.value = (ssize_t)job->made};
}

AWAITING_SENDER_BY(tail_inline, tail_task, CO_AWAIT_TAIL, TAIL_TASK_RETURN, tail_inline_make, tail_inline);

TAIL_AWAITABLE_RECEIVER(tail_later, tail_task);
TAIL_RECEIVER(tail_later_operation, struct unit);
TAIL_SCHEDULE(tail_later_schedule, run_loop, tail_later_operation)
TAIL_THEN(tail_later_operation, tail_later_schedule, deliver, tail_later)
TAIL_AWAITABLE(tail_later, tail_later_operation)

static inline struct tail_later_operation_sender tail_later_make(struct mitigation_job *job)
{
    return (struct tail_later_operation_sender){.child = {&job->loop}, .function = {(ssize_t)job->made}};
}

AWAITING_SENDER_BY(tail_later, tail_task, CO_AWAIT_TAIL, TAIL_TASK_RETURN, tail_later_make, tail_later);
#endif
