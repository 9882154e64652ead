/* Capy's task: await_suspend has the awaiting coroutine's environment as its second argument and returns the child's
 * handle, final_suspend returns that of the continuation (task.hpp; P2583R0 3). The frame allocator is captured by
 * initial_suspend's awaiter, and set again when a body starts and after each await_resume (task.hpp, transform_awaiter;
 * P4003R1 3.5). It is what awaitable/task.h is modelled on. */
#include "bench/finals/shapes.h"
#include "common/io_env.h"

struct capy_promise {
    struct frame frame;
    struct coro *continuation;
    const struct io_env *env;
    struct frame_allocator *allocator;
    ssize_t value;
};

struct capy_task {
    struct capy_promise *coroutine;
};

static inline void capy_call(struct capy_task *task, struct capy_promise *promise)
{
    promise->allocator = get_current_frame_allocator();
    task->coroutine = promise;
}

static inline void capy_return_value(struct capy_promise *promise, ssize_t value)
{
    promise->value = value;
}

static inline bool capy_await_ready(struct capy_task *task)
{
    (void)task;
    return false;
}

static inline struct coro *capy_await_suspend(struct capy_task *task, struct capy_promise *awaiting)
{
    task->coroutine->continuation = &awaiting->frame.coro;
    task->coroutine->env = awaiting->env;
    return &task->coroutine->frame.coro;
}

static inline ssize_t capy_await_resume(struct capy_task *task, struct capy_promise *awaiting)
{
    if (awaiting && awaiting->allocator)
        set_current_frame_allocator(awaiting->allocator);
    return task->coroutine->value;
}

static inline void capy_destroy(struct capy_task *task)
{
    coro_destroy(&task->coroutine->frame.coro);
}

static inline struct coro *capy_final_suspend(struct capy_promise *promise)
{
    return promise->continuation;
}

FINAL_OUTSIDE(capy)

static inline void capy_start(struct capy_outside *outside, struct capy_task *task)
{
    static const struct io_env env;
    (void)outside;
    task->coroutine->continuation = noop_coroutine();
    task->coroutine->env = &env;
    coro_resume(&task->coroutine->frame.coro);
}

FINAL_SHAPES(capy, AWAIT_HANDLE, FINAL_HANDLE)

const struct stack_variant capy_variants[] = {
    {.name = "shape=loop", .run = capy_loop},
    {.name = "shape=chain", .run = capy_chain, .long_run = NO_LONG_RUN},
    {.name = "shape=unwind", .run = capy_unwind, .long_run = NO_LONG_RUN},
    {.name = NULL},
};
