/* cppcoro's task: co_await returns the child's handle (task.hpp:307), and final_suspend that of the continuation
 * (task.hpp:39). The task object destroys the child, at the end of the full expression. */
#include "bench/finals/shapes.h"

struct cppcoro_promise {
    struct frame frame;
    struct coro *continuation;
    ssize_t value;
};

struct cppcoro_task {
    struct cppcoro_promise *coroutine;
};

static inline void cppcoro_call(struct cppcoro_task *task, struct cppcoro_promise *promise)
{
    task->coroutine = promise;
}

static inline void cppcoro_return_value(struct cppcoro_promise *promise, ssize_t value)
{
    promise->value = value;
}

static inline bool cppcoro_await_ready(struct cppcoro_task *task)
{
    return !task->coroutine || !task->coroutine->frame.coro.resume;
}

static inline struct coro *cppcoro_await_suspend(struct cppcoro_task *task, struct cppcoro_promise *awaiting)
{
    task->coroutine->continuation = &awaiting->frame.coro;
    return &task->coroutine->frame.coro;
}

static inline ssize_t cppcoro_await_resume(struct cppcoro_task *task, struct cppcoro_promise *awaiting)
{
    (void)awaiting;
    return task->coroutine->value;
}

static inline void cppcoro_destroy(struct cppcoro_task *task)
{
    coro_destroy(&task->coroutine->frame.coro);
}

static inline struct coro *cppcoro_final_suspend(struct cppcoro_promise *promise)
{
    return promise->continuation;
}

FINAL_OUTSIDE(cppcoro)

static inline void cppcoro_start(struct cppcoro_outside *outside, struct cppcoro_task *task)
{
    (void)outside;
    task->coroutine->continuation = noop_coroutine();
    coro_resume(&task->coroutine->frame.coro);
}

FINAL_SHAPES(cppcoro, AWAIT_HANDLE, FINAL_HANDLE)

const struct stack_variant cppcoro_variants[] = {
    {.name = "shape=loop", .run = cppcoro_loop},
    {.name = "shape=chain", .run = cppcoro_chain, .long_run = NO_LONG_RUN},
    {.name = "shape=unwind", .run = cppcoro_unwind, .long_run = NO_LONG_RUN},
    {.name = NULL},
};
