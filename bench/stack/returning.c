/* co_await on a sender whose start and completion functions return the handle to resume next (sender/returning): the
 * protocol change that P2583R0 5.2 and 8 say a transfer would need. await_suspend returns what start returned. Alone,
 * under 1, 3 and 8 `then`, under let_value and when_all. */
#include "bench/stack/pipelines.h"
#include "sender/returning/algorithms.h"
#include "sender/returning/awaitable.h"
#include "sender/returning/when_all.h"

/* Nobody waits for the task: there is nothing to resume. */
static struct coro *ended(struct returning_task_state *state, ssize_t result)
{
    (void)state;
    (void)result;
    return noop_coroutine();
}

static struct coro *ended_stopped(struct returning_task_state *state)
{
    return ended(state, 0);
}

static int run(struct returning_task *task)
{
    if (!task)
        return -ENOMEM;
    struct io_env env = {.executor = inline_executor()};
    struct returning_task_state state = {.env = &env, .set_value = ended, .set_stopped = ended_stopped};
    coro_resume(returning_task_start(task, &state));
    coro_destroy(&task->frame.coro);
    return 0;
}

PIPELINES(RETURNING, , returning_task)

#define ROW(N) PIPELINE_ROW(N, returning_task, CO_AWAIT_RETURNING, RETURNING_TASK_RETURN, run)

ROW(alone)
ROW(one)
ROW(three)
ROW(eight)
ROW(let)
ROW(all)

const struct stack_variant returning_variants[] = {
    {.name = "-", .added = 0, .run = alone_run},
    {.name = "then=1", .added = 1, .run = one_run},
    {.name = "then=3", .added = 3, .run = three_run},
    {.name = "then=8", .added = 8, .run = eight_run},
    {.name = "with=let_value", .added = 1, .run = let_run},
    {.name = "with=when_all", .added = 1, .run = all_run},
    {.name = NULL},
};
