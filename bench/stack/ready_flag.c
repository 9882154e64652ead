/* co_await of a sender that is connected and started before the coroutine suspends, with an await_ready that is true
 * when it has completed by then (sender/ready_flag_awaitable.h): just(value), so that nobody is ever resumed. One that
 * completes later is resumed as by a handshake; the experiment `bridges` has its stack. */
#include "bench/stack/pipelines.h"
#include "sender/just.h"
#include "sender/ready_flag_awaitable.h"

#define VARIANT(by)                                                                                                    \
    PIPELINE_ALONE(SENDER, READY_FLAG, by, sender_task, by)                                                            \
    PIPELINE_ROW(by, sender_task, CO_AWAIT_SENDER_READY, SENDER_TASK_RETURN, awaiting_sender_run)

VARIANT(one_thread)
VARIANT(exchange)
VARIANT(thread_id)

const struct stack_variant ready_flag_variants[] = {
    {.name = "by=one-thread", .run = one_thread_run, .long_run = LONGEST_RUN},
    {.name = "by=exchange", .run = exchange_run, .long_run = LONGEST_RUN},
    {.name = "by=thread-id", .run = thread_id_run, .long_run = LONGEST_RUN},
    {.name = NULL},
};
