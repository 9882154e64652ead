/* A queue round trip per completion: co_await (schedule(run_loop) | then(value)) through the bridge as P2300R10 writes
 * it. The operation completes from run_loop's own frame ([exec.run.loop]), so there is nothing to nest on:
 * P2583R0 7.1's "real scheduler" mitigation. */
#include "bench/stack/on_run_loop.h"
#include "bench/stack/pipelines.h"
#include "sender/schedule.h"
#include "sender/then.h"

SENDER_AWAITABLE_RECEIVER(scheduled, sender_task);
RECEIVER(deliver_stage, struct unit);
SENDER_SCHEDULE(schedule, run_loop, deliver_stage);
SENDER_THEN(deliver_stage, schedule, deliver, scheduled);
SENDER_AWAITABLE(scheduled, deliver_stage);

static inline struct deliver_stage_sender make(struct run_loop *loop, ssize_t value)
{
    return (struct deliver_stage_sender){.child = {loop}, .function = {value}};
}

AWAITING_SENDER(scheduled, struct run_loop *, make)

static int run(struct stack_job *job)
{
    return on_run_loop(job, scheduled_create);
}

const struct stack_variant STACK_VARIANTS(scheduler)[] = {{.name = "-", .run = run}, {.name = NULL}};
