/* co_await of a sender that is connected and started before the coroutine suspends, with an await_ready that is true
 * when it has completed by then (sender/ready_flag_awaitable.h): just(value), alone and under 3 `then`, which resumes
 * nobody; and, with complete=later, schedule(run_loop) | then(value), which the run_loop's frame completes, so that the
 * receiver resumes from there. */
#include "bench/stack/on_run_loop.h"
#include "bench/stack/pipelines.h"
#include "sender/just.h"
#include "sender/ready_flag_awaitable.h"
#include "sender/schedule.h"
#include "sender/then.h"

#define VARIANTS(by)                                                                                                   \
    PIPELINE_ALONE(SENDER, READY_FLAG, by##_alone, sender_task, by)                                                    \
    PIPELINE_THREE(SENDER, READY_FLAG, by##_three, sender_task, by)                                                    \
    PIPELINE_ROW(by##_alone, sender_task, CO_AWAIT_SENDER_READY, SENDER_TASK_RETURN, awaiting_sender_run)              \
    PIPELINE_ROW(by##_three, sender_task, CO_AWAIT_SENDER_READY, SENDER_TASK_RETURN, awaiting_sender_run)              \
    READY_FLAG_AWAITABLE_RECEIVER(by##_later, sender_task, by);                                                        \
    RECEIVER(by##_deliver, struct unit);                                                                               \
    SENDER_SCHEDULE(by##_schedule, run_loop, by##_deliver)                                                             \
    SENDER_THEN(by##_deliver, by##_schedule, deliver, by##_later)                                                      \
    READY_FLAG_AWAITABLE(by##_later, by##_deliver, by)                                                                 \
    static inline struct by##_deliver_sender by##_later_make(struct run_loop *loop, ssize_t value)                     \
    {                                                                                                                  \
        return (struct by##_deliver_sender){.child = {loop}, .function = {value}};                                     \
    }                                                                                                                  \
    AWAITING_SENDER_BY(by##_later, sender_task, CO_AWAIT_SENDER_READY, SENDER_TASK_RETURN, struct run_loop *,          \
                       by##_later_make)                                                                                \
    static int by##_later_run(struct stack_job *job)                                                                   \
    {                                                                                                                  \
        return on_run_loop(job, by##_later_create);                                                                    \
    }

VARIANTS(exchange)
VARIANTS(thread_id)

const struct stack_variant STACK_VARIANTS(ready_flag)[] = {
    {.name = "by=exchange", .run = exchange_alone_run, .long_run = LONGEST_RUN},
    {.name = "by=exchange,then=3", .added = 3, .run = exchange_three_run, .long_run = LONGEST_RUN},
    {.name = "by=exchange,complete=later", .run = exchange_later_run, .rests_on = QUEUE},
    {.name = "by=thread-id", .run = thread_id_alone_run, .long_run = LONGEST_RUN},
    {.name = "by=thread-id,then=3", .added = 3, .run = thread_id_three_run, .long_run = LONGEST_RUN},
    {.name = "by=thread-id,complete=later", .run = thread_id_later_run, .rests_on = QUEUE},
    {.name = NULL},
};
