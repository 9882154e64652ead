/* The first case that P2583R0 7 finds left over by task-transfer: a task awaits a sender that is not a task,
 * just(value). bridge=p2300 is P2300R10's, where set_value resumes the task by a function call; bridge=handshake is
 * what stdexec ships for the general sender (agreeing by thread identity; sender/handshake_awaitable.h). No affine_on:
 * just completes where it is started, and stdexec's affine_on leaves it as it is. */
#include "bench/stack/tasks.h"
#include "sender/handshake_awaitable.h"
#include "sender/just.h"

/* A sender that needs nothing but the value. */
struct nothing {
};

SENDER_AWAITABLE_RECEIVER(resumed, transfer_task);
SENDER_JUST(resumed_just, resumed)
SENDER_AWAITABLE(resumed, resumed_just)

static inline struct resumed_just_sender resumed_make(struct nothing context, ssize_t value)
{
    (void)context;
    return (struct resumed_just_sender){value};
}

AWAITING_SENDER_BY(resumed, transfer_task, CO_AWAIT_SENDER, TRANSFER_TASK_RETURN, struct nothing, resumed_make)

static int run_resumed(struct stack_job *job)
{
    return transfer_task_run(resumed_create(job, (struct nothing){}));
}

HANDSHAKE_AWAITABLE_RECEIVER(agreed, transfer_task, thread_id);
SENDER_JUST(agreed_just, agreed)
HANDSHAKE_AWAITABLE(agreed, agreed_just, thread_id)

static inline struct agreed_just_sender agreed_make(struct nothing context, ssize_t value)
{
    (void)context;
    return (struct agreed_just_sender){value};
}

AWAITING_SENDER_BY(agreed, transfer_task, CO_AWAIT_SENDER_TRANSFER, TRANSFER_TASK_RETURN, struct nothing, agreed_make)

static int run_agreed(struct stack_job *job)
{
    return transfer_task_run(agreed_create(job, (struct nothing){}));
}

const struct stack_variant STACK_VARIANTS(task_transfer_sender)[] = {
    {.name = "bridge=p2300", .run = run_resumed},
    {.name = "bridge=handshake", .run = run_agreed, .rests_on = TAIL_CALL},
    {.name = NULL},
};
