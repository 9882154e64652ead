/* co_await (just(value) | then | then | then), in a loop, through the bridge as P2300R10 writes it: what exercise 3
 * needs besides depth_after and full_after. */
#include "bench/stack/pipelines.h"
#include "demo/exercises/exercise.h"
#include "sender/just.h"
#include "sender/then.h"

PIPELINE_THREE(SENDER, SENDER, as_written, sender_task)
PIPELINE_ROW(as_written, sender_task, CO_AWAIT_SENDER, SENDER_TASK_RETURN, awaiting_sender_run)

const struct exercise exercise = {
    .added = 3, .run = as_written_run, .depth_after = depth_after, .full_after = full_after};
