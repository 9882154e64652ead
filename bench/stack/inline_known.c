/* co_await just(value) where the sender is statically known to complete inline: connected and started inside an
 * await_suspend that returns the coroutine; the receiver only stores the value. stdexec since 2026-02-26
 * (__as_awaitable.hpp:379). Alone, and under 3 `then`, which complete inline as their child does. */
#include "bench/stack/pipelines.h"
#include "sender/inline_awaitable.h"
#include "sender/just.h"
#include "sender/then.h"

#define ROW(N) PIPELINE_ROW(N, sender_task, CO_AWAIT_SENDER_TRANSFER, SENDER_TASK_RETURN, awaiting_sender_run)

PIPELINE_ALONE(SENDER, INLINE, alone, sender_task)
PIPELINE_THREE(SENDER, INLINE, three, sender_task)

ROW(alone)
ROW(three)

const struct stack_variant inline_known_variants[] = {
    {.name = "-", .run = alone_run, .long_run = LONGEST_RUN},
    {.name = "then=3", .added = 3, .run = three_run, .long_run = LONGEST_RUN},
    {.name = NULL},
};
