/* co_await just(value), in a loop, through a bridge by the handshake `mine`: what exercise 1 needs besides. */
#include "bench/stack/pipelines.h"
#include "demo/exercises/exercise.h"
#include "sender/handshake_awaitable.h"
#include "sender/just.h"

PIPELINE_ALONE(SENDER, HANDSHAKE, agreeing, sender_task, mine)
PIPELINE_ROW(agreeing, sender_task, CO_AWAIT_SENDER_TRANSFER, SENDER_TASK_RETURN, awaiting_sender_run)

const struct exercise exercise = {.run = agreeing_run};
