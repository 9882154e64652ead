/* co_await on a sender over guaranteed tail calls (sender/tail): the language feature that P2583R0 7 asks for, after
 * P3801R0 3.1. start, each completion function and the resumption of the coroutine leave one for the other by musttail.
 * Alone, under 1, 3 and 8 `then`, under let_value and when_all. */
#include "bench/stack/mechanism.h"
#include "sender/tail/protocol.h"

#if TAIL_AVAILABLE
#include "bench/stack/pipelines.h"
#include "sender/tail/algorithms.h"
#include "sender/tail/awaitable.h"
#include "sender/tail/when_all.h"

/* Nobody waits for the task: the chain of tail calls ends. */
static void ended(struct coro *state)
{
    (void)state;
}

static int run(struct tail_task *task)
{
    if (!task)
        return -ENOMEM;
    struct io_env env = {.executor = inline_executor()};
    struct tail_task_state state = {.env = &env, .set_value = ended, .set_stopped = ended};
    task->state = &state;
    coro_resume(&task->frame.coro);
    coro_destroy(&task->frame.coro);
    return 0;
}

PIPELINES(TAIL, , tail_task)

#define ROW(N) PIPELINE_ROW(N, tail_task, CO_AWAIT_TAIL, TAIL_TASK_RETURN, run)

ROW(alone)
ROW(one)
ROW(three)
ROW(eight)
ROW(let)
ROW(all)

#define TAIL_ROW(name_, added_, N) {.name = (name_), .added = (added_), .run = N##_run}
#else
#define TAIL_ROW(name_, added_, N) {.name = (name_), .added = (added_), .unavailable = TAIL_UNAVAILABLE}
#endif

const struct stack_variant tail_variants[] = {
    TAIL_ROW("-", 0, alone),
    TAIL_ROW("then=1", 1, one),
    TAIL_ROW("then=3", 3, three),
    TAIL_ROW("then=8", 8, eight),
    TAIL_ROW("with=let_value", 1, let),
    TAIL_ROW("with=when_all", 1, all),
    {.name = NULL},
};
