/* Boost.Cobalt's task: lazy; co_await returns the child's handle (detail/task.hpp:177), and final_suspend that of
 * awaited_from (detail/task.hpp:358). Neither await_suspend is ever inlined: BOOST_NOINLINE. */
#include "bench/finals/cobalt.h"

struct cobalt_task {
    struct cobalt_receiver receiver;
    struct cobalt_promise *promise;
};

static inline void cobalt_call(struct cobalt_task *task, struct cobalt_promise *promise)
{
    cobalt_connect(&task->receiver, promise);
    task->promise = promise;
}

static inline void cobalt_return_value(struct cobalt_promise *promise, ssize_t value)
{
    cobalt_set_value(promise, value);
}

static inline bool cobalt_await_ready(struct cobalt_task *task)
{
    return task->receiver.done;
}

static __attribute__((noinline)) struct coro *cobalt_await_suspend(struct cobalt_task *task,
                                                                   struct cobalt_promise *awaiting)
{
    if (task->receiver.done)
        return &awaiting->frame.coro;
    task->receiver.awaited_from = &awaiting->frame.coro;
    return &task->promise->frame.coro;
}

static inline ssize_t cobalt_await_resume(struct cobalt_task *task, struct cobalt_promise *awaiting)
{
    (void)awaiting;
    return task->receiver.value;
}

/* The frame has gone already. */
static inline void cobalt_destroy(struct cobalt_task *task)
{
    (void)task;
}

static __attribute__((noinline)) struct coro *cobalt_final_suspend(struct cobalt_promise *promise)
{
    return cobalt_final_await_suspend(promise);
}

FINAL_OUTSIDE(cobalt)

static inline void cobalt_start(struct cobalt_outside *outside, struct cobalt_task *task)
{
    (void)outside;
    task->receiver.awaited_from = noop_coroutine();
    coro_resume(&task->promise->frame.coro);
}

FINAL_SHAPES(cobalt, AWAIT_HANDLE, FINAL_COBALT)

const struct stack_variant cobalt_variants[] = {
    {.name = "shape=loop", .run = cobalt_loop},
    {.name = "shape=chain", .run = cobalt_chain, .long_run = NO_LONG_RUN},
    {.name = "shape=unwind", .run = cobalt_unwind, .long_run = NO_LONG_RUN},
    {.name = NULL},
};
