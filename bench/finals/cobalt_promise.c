/* Boost.Cobalt's promise: eager; the call runs the body until it first suspends (initial_suspend is suspend_never), so
 * what ends at once has ended before it is awaited, and await_ready says so. Otherwise await_suspend stores who awaits
 * and returns bool (detail/promise.hpp:190), and final_suspend returns the handle of awaited_from (:383). A chain of
 * calls is a chain of ordinary function calls. */
#include "bench/finals/cobalt.h"

#define eager_promise cobalt_promise

struct eager_task {
    struct cobalt_receiver receiver;
};

static inline void eager_call(struct eager_task *task, struct cobalt_promise *promise)
{
    cobalt_connect(&task->receiver, promise);
    coro_resume(&promise->frame.coro);
}

static inline void eager_return_value(struct cobalt_promise *promise, ssize_t value)
{
    cobalt_set_value(promise, value);
}

static inline bool eager_await_ready(struct eager_task *task)
{
    return task->receiver.done;
}

static inline bool eager_await_suspend(struct eager_task *task, struct cobalt_promise *awaiting)
{
    if (task->receiver.done)
        return false;
    task->receiver.awaited_from = &awaiting->frame.coro;
    return true;
}

static inline ssize_t eager_await_resume(struct eager_task *task, struct cobalt_promise *awaiting)
{
    (void)awaiting;
    return task->receiver.value;
}

/* The frame has gone already. */
static inline void eager_destroy(struct eager_task *task)
{
    (void)task;
}

static inline struct coro *eager_final_suspend(struct cobalt_promise *promise)
{
    return cobalt_final_await_suspend(promise);
}

FINAL_OUTSIDE(eager)

/* The call has started it. */
static inline void eager_start(struct eager_outside *outside, struct eager_task *task)
{
    (void)outside;
    (void)task;
}

FINAL_SHAPES(eager, AWAIT_BOOL, FINAL_COBALT)

const struct stack_variant cobalt_promise_variants[] = {
    {.name = "shape=loop", .run = eager_loop, .rests_on = RETURNS_FIRST},
    {.name = "shape=chain", .run = eager_chain, .rests_on = NOTHING, .long_run = NO_LONG_RUN},
    {.name = "shape=unwind", .run = eager_unwind, .long_run = NO_LONG_RUN},
    {.name = NULL},
};
