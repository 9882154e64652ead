/* What a task does where there is no symmetric transfer.
 *
 *   fallback=bool   cppcoro's: await_suspend resumes the child by a nested call, and then finds out, by exchanging an
 *                   atomic flag, whether the child has ended: if so it returns false and the coroutine goes on
 *                   (task.hpp:314). final_suspend's await_suspend returns void, and resumes the continuation where the
 *                   exchange says that the awaiter was first (task.hpp:52). A loop is constant, at the price of the
 *                   atomic; a chain is not.
 *   fallback=void   the simplest: await_suspend resumes the child and final_suspend the continuation, each by a call on
 *                   the same stack. It is where L. Baker's "Understanding symmetric transfer" (2020) begins, and what
 *                   cppcoro's tasks did first and libunifex's do in such a case (task.hpp:355).
 *
 * All these await_suspends are noexcept, and resume() is not. */
#include "bench/finals/shapes.h"
#include "common/noexcept.h"

#include <stdatomic.h>

struct fallback_bool_promise {
    struct frame frame;
    struct coro *continuation;
    atomic_bool state; /* set by the first of the two: the child has ended, or its awaiter has suspended */
    ssize_t value;
};

struct fallback_bool_task {
    struct fallback_bool_promise *coroutine;
};

static inline void fallback_bool_call(struct fallback_bool_task *task, struct fallback_bool_promise *promise)
{
    atomic_init(&promise->state, false);
    task->coroutine = promise;
}

static inline void fallback_bool_return_value(struct fallback_bool_promise *promise, ssize_t value)
{
    promise->value = value;
}

static inline bool fallback_bool_await_ready(struct fallback_bool_task *task)
{
    return !task->coroutine || !task->coroutine->frame.coro.resume;
}

static inline bool fallback_bool_await_suspend(struct fallback_bool_task *task, struct fallback_bool_promise *awaiting)
{
    struct fallback_bool_promise *promise = task->coroutine;
    NOEXCEPT_CALL(coro_resume(&promise->frame.coro));
    promise->continuation = &awaiting->frame.coro;
    return !atomic_exchange_explicit(&promise->state, true, memory_order_acq_rel);
}

static inline ssize_t fallback_bool_await_resume(struct fallback_bool_task *task,
                                                 struct fallback_bool_promise *awaiting)
{
    (void)awaiting;
    return task->coroutine->value;
}

static inline void fallback_bool_destroy(struct fallback_bool_task *task)
{
    coro_destroy(&task->coroutine->frame.coro);
}

static inline void fallback_bool_final_suspend(struct fallback_bool_promise *promise)
{
    if (atomic_exchange_explicit(&promise->state, true, memory_order_acq_rel))
        NOEXCEPT_CALL(coro_resume(promise->continuation));
}

FINAL_OUTSIDE(fallback_bool)

static inline void fallback_bool_start(struct fallback_bool_outside *outside, struct fallback_bool_task *task)
{
    (void)outside;
    coro_resume(&task->coroutine->frame.coro);
}

FINAL_SHAPES(fallback_bool, AWAIT_BOOL, FINAL_VOID)

struct fallback_void_promise {
    struct frame frame;
    struct coro *continuation;
    ssize_t value;
};

struct fallback_void_task {
    struct fallback_void_promise *coroutine;
};

static inline void fallback_void_call(struct fallback_void_task *task, struct fallback_void_promise *promise)
{
    task->coroutine = promise;
}

static inline void fallback_void_return_value(struct fallback_void_promise *promise, ssize_t value)
{
    promise->value = value;
}

static inline bool fallback_void_await_ready(struct fallback_void_task *task)
{
    (void)task;
    return false;
}

static inline void fallback_void_await_suspend(struct fallback_void_task *task, struct fallback_void_promise *awaiting)
{
    task->coroutine->continuation = &awaiting->frame.coro;
    NOEXCEPT_CALL(coro_resume(&task->coroutine->frame.coro));
}

static inline ssize_t fallback_void_await_resume(struct fallback_void_task *task,
                                                 struct fallback_void_promise *awaiting)
{
    (void)awaiting;
    return task->coroutine->value;
}

static inline void fallback_void_destroy(struct fallback_void_task *task)
{
    coro_destroy(&task->coroutine->frame.coro);
}

static inline void fallback_void_final_suspend(struct fallback_void_promise *promise)
{
    NOEXCEPT_CALL(coro_resume(promise->continuation));
}

FINAL_OUTSIDE(fallback_void)

static inline void fallback_void_start(struct fallback_void_outside *outside, struct fallback_void_task *task)
{
    (void)outside;
    task->coroutine->continuation = noop_coroutine();
    coro_resume(&task->coroutine->frame.coro);
}

FINAL_SHAPES(fallback_void, AWAIT_VOID, FINAL_VOID)

const struct stack_variant STACK_VARIANTS(cppcoro_fallback)[] = {
    {.name = "fallback=bool,shape=loop", .run = fallback_bool_loop, .rests_on = RETURNS_FIRST},
    {.name = "fallback=bool,shape=chain", .run = fallback_bool_chain, .rests_on = NOTHING, .long_run = NO_LONG_RUN},
    {.name = "fallback=bool,shape=unwind", .run = fallback_bool_unwind, .long_run = NO_LONG_RUN},
    {.name = "fallback=void,shape=loop", .run = fallback_void_loop},
    {.name = "fallback=void,shape=chain", .run = fallback_void_chain, .long_run = NO_LONG_RUN},
    {.name = "fallback=void,shape=unwind", .run = fallback_void_unwind, .long_run = NO_LONG_RUN},
    {.name = NULL},
};
