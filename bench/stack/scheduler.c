/* A queue round trip per completion: co_await (schedule(run_loop) | then(value)) through the bridge as P2300R10 writes
 * it. The operation completes from run_loop's own frame ([exec.run.loop]), so there is nothing to nest on:
 * P2583R0 7.1's "real scheduler" mitigation. */
#include "bench/stack/awaiting_sender.h"
#include "sender/schedule.h"
#include "sender/then.h"

struct deliver {
    ssize_t value;
};

static inline ssize_t deliver_call(struct deliver *self, struct unit value)
{
    (void)value;
    return self->value;
}

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

struct until_ended {
    struct sender_task_state state;
    struct run_loop *loop;
};

static void ended_stopped(struct sender_task_state *state)
{
    run_loop_finish(CONTAINER_OF(state, struct until_ended, state)->loop);
}

static void ended(struct sender_task_state *state, ssize_t result)
{
    (void)result;
    ended_stopped(state);
}

static int run(struct stack_job *job)
{
    struct run_loop loop;
    int status = run_loop_init(&loop, NULL);
    if (status)
        return status;
    struct io_env env = {.executor = run_loop_executor(&loop)};
    struct until_ended until = {{.env = &env, .set_value = ended, .set_stopped = ended_stopped}, &loop};
    struct sender_task *task = scheduled_create(job, &loop);
    if (task) {
        sender_task_start(task, &until.state);
        status = run_loop_run(&loop);
        coro_destroy(&task->frame.coro);
    } else {
        status = -ENOMEM;
    }
    run_loop_destroy(&loop);
    return status;
}

const struct stack_variant STACK_VARIANTS(scheduler)[] = {{.name = "-", .run = run}, {.name = NULL}};
