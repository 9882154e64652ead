/* libcoro's task: as cppcoro's, but final_suspend asks whether there is a continuation, and returns noop_coroutine if
 * not (task.hpp:24); co_await of a task returns the child's handle (task.hpp:246). */
#include "bench/finals/shapes.h"

struct libcoro_promise {
    struct frame frame;
    struct coro *continuation; /* null: nobody waits */
    ssize_t value;
};

struct libcoro_task {
    struct libcoro_promise *coroutine;
};

static inline void libcoro_call(struct libcoro_task *task, struct libcoro_promise *promise)
{
    promise->continuation = NULL;
    task->coroutine = promise;
}

static inline void libcoro_return_value(struct libcoro_promise *promise, ssize_t value)
{
    promise->value = value;
}

static inline bool libcoro_await_ready(struct libcoro_task *task)
{
    return !task->coroutine || !task->coroutine->frame.coro.resume;
}

static inline struct coro *libcoro_await_suspend(struct libcoro_task *task, struct libcoro_promise *awaiting)
{
    task->coroutine->continuation = &awaiting->frame.coro;
    return &task->coroutine->frame.coro;
}

static inline ssize_t libcoro_await_resume(struct libcoro_task *task, struct libcoro_promise *awaiting)
{
    (void)awaiting;
    return task->coroutine->value;
}

static inline void libcoro_destroy(struct libcoro_task *task)
{
    coro_destroy(&task->coroutine->frame.coro);
}

static inline struct coro *libcoro_final_suspend(struct libcoro_promise *promise)
{
    return promise->continuation ? promise->continuation : noop_coroutine();
}

FINAL_OUTSIDE(libcoro)

static inline void libcoro_start(struct libcoro_outside *outside, struct libcoro_task *task)
{
    (void)outside;
    coro_resume(&task->coroutine->frame.coro);
}

FINAL_SHAPES(libcoro, AWAIT_HANDLE, FINAL_HANDLE)

const struct stack_variant libcoro_variants[] = {
    {.name = "shape=loop", .run = libcoro_loop},
    {.name = "shape=chain", .run = libcoro_chain, .long_run = NO_LONG_RUN},
    {.name = "shape=unwind", .run = libcoro_unwind, .long_run = NO_LONG_RUN},
    {.name = NULL},
};
