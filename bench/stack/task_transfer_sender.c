/* The first case that P2583R0 7 finds left over by task-transfer: a task awaits a sender that is not a task,
 * just(value). No affine_on: just completes where it is started, and stdexec's affine_on leaves it as it is.
 *
 * bridge=p2300         P2300R10's, where set_value resumes the task by a function call
 * bridge=handshake     what stdexec ships for the general sender (agreeing by thread identity;
 *                      sender/handshake_awaitable.h): just stands for one that is not known to complete inline
 * bridge=inline-known  what stdexec ships for just itself (sender/inline_awaitable.h)
 */
#include "bench/stack/pipelines.h"
#include "bench/stack/tasks.h"
#include "sender/handshake_awaitable.h"
#include "sender/inline_awaitable.h"
#include "sender/just.h"

#define ROW(N, AWAIT) PIPELINE_ROW(N, transfer_task, AWAIT, TRANSFER_TASK_RETURN, transfer_task_run)

PIPELINE_ALONE(SENDER, SENDER, resumed, transfer_task)
PIPELINE_ALONE(SENDER, HANDSHAKE, agreed, transfer_task, thread_id)
PIPELINE_ALONE(SENDER, INLINE, known, transfer_task)

ROW(resumed, CO_AWAIT_SENDER)
ROW(agreed, CO_AWAIT_SENDER_TRANSFER)
ROW(known, CO_AWAIT_SENDER_TRANSFER)

const struct stack_variant STACK_VARIANTS(task_transfer_sender)[] = {
    {.name = "bridge=p2300", .run = resumed_run},
    {.name = "bridge=handshake", .run = agreed_run, .rests_on = TAIL_CALL},
    {.name = "bridge=inline-known", .run = known_run, .rests_on = TAIL_CALL},
    {.name = NULL},
};
