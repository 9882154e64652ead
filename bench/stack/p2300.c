/* co_await just(value), through the bridge as P2300R10 writes it ([exec.as.awaitable]; P2583R0 4.2): await_suspend
 * returns void and calls start, and set_value calls continuation.resume() on the same stack. Alone, under 1, 3 and 8
 * `then` ([exec.then]; P2583R0 5.1), and through the algorithms that keep their values: with=let_value ([exec.let]) and
 * with=when_all ([exec.when.all]). stdexec until February 2026 and libunifex to this day do it so. */
#include "bench/stack/pipelines.h"
#include "sender/just.h"
#include "sender/let.h"
#include "sender/then.h"

#define ROW(N) PIPELINE_ROW(N, sender_task, CO_AWAIT_SENDER, SENDER_TASK_RETURN, awaiting_sender_run)

PIPELINE_ALONE(SENDER, SENDER, alone, sender_task)
PIPELINE_ONE(SENDER, SENDER, one, sender_task)
PIPELINE_THREE(SENDER, SENDER, three, sender_task)
PIPELINE_EIGHT(SENDER, SENDER, eight, sender_task)
PIPELINE_LET(SENDER, SENDER, let, sender_task)
PIPELINE_ALL_BY(SENDER_WHEN_ALL_AS_WRITTEN, SENDER, SENDER, all, sender_task)

ROW(alone)
ROW(one)
ROW(three)
ROW(eight)
ROW(let)
ROW(all)

const struct stack_variant STACK_VARIANTS(p2300)[] = {
    {.name = "-", .run = alone_run},
    {.name = "then=1", .added = 1, .run = one_run},
    {.name = "then=3", .added = 3, .run = three_run},
    {.name = "then=8", .added = 8, .run = eight_run},
    {.name = "with=let_value", .added = 1, .run = let_run},
    {.name = "with=when_all", .added = 1, .run = all_run},
    {.name = NULL},
};
