/* asyncpp's task: co_await starts the child before it asks await_ready (task.hpp:87-92), and then awaits an event,
 * whose await_suspend returns bool (event.hpp:27). final_suspend's await_suspend returns void: it sets the event, which
 * resumes who awaits it, and then gives up the coroutine's reference to itself (task.hpp:22); the frame goes with the
 * last reference, the other one being the awaiter's.
 *
 * The event has three states in one atomic pointer: nobody waits, an awaiter does, it is set (event.hpp:125).
 */
#ifndef ABREAST_BENCH_FINALS_ASYNCPP_H
#define ABREAST_BENCH_FINALS_ASYNCPP_H

#include "bench/finals/shapes.h"

#include <stdatomic.h>

struct asyncpp_promise;

struct event_awaiter {
    struct asyncpp_promise *enclosing;
};

struct event {
    _Atomic(struct event_awaiter *) awaiter; /* null: nobody waits; EVENT_SET: no more awaiting */
    ssize_t result;
};

#define EVENT_SET ((struct event_awaiter *)UINTPTR_MAX)

struct asyncpp_promise {
    struct frame frame;
    void (*resume)(struct asyncpp_promise *); /* virtual: an enclosing coroutine may be of another type */
    atomic_size_t references;
    atomic_flag started;
    bool holds_itself;
    ssize_t result;
    struct event event;
};

struct asyncpp_task {
    struct asyncpp_promise *promise; /* a reference */
    struct event_awaiter awaiter;
};

/* There is no scheduler: on the caller's stack. */
static void asyncpp_resume(struct asyncpp_promise *promise)
{
    coro_resume(&promise->frame.coro);
}

static inline void asyncpp_release(struct asyncpp_promise *promise)
{
    if (atomic_fetch_sub(&promise->references, 1) == 1)
        coro_destroy(&promise->frame.coro);
}

static inline bool event_ready(struct event *event)
{
    return atomic_load_explicit(&event->awaiter, memory_order_relaxed) == EVENT_SET;
}

/* False when the event has been set by now. */
static inline bool event_await(struct event *event, struct event_awaiter *awaiter)
{
    struct event_awaiter *expected = NULL;
    atomic_compare_exchange_strong(&event->awaiter, &expected, awaiter);
    return expected != EVENT_SET;
}

static inline void event_set(struct event *event, ssize_t result)
{
    event->result = result;
    struct event_awaiter *awaiter = atomic_exchange(&event->awaiter, EVENT_SET);
    if (awaiter)
        awaiter->enclosing->resume(awaiter->enclosing);
}

static inline void asyncpp_call(struct asyncpp_task *task, struct asyncpp_promise *promise)
{
    promise->resume = asyncpp_resume;
    atomic_init(&promise->references, 1);
    atomic_flag_clear(&promise->started);
    promise->holds_itself = false;
    atomic_init(&promise->event.awaiter, NULL);
    task->promise = promise;
}

static inline void asyncpp_return_value(struct asyncpp_promise *promise, ssize_t value)
{
    promise->result = value;
}

static inline void asyncpp_launch(struct asyncpp_promise *promise)
{
    if (atomic_flag_test_and_set_explicit(&promise->started, memory_order_relaxed))
        return;
    atomic_fetch_add(&promise->references, 1);
    promise->holds_itself = true;
    promise->resume(promise);
}

/* operator co_await, and the event's await_ready. */
static inline bool asyncpp_await_ready(struct asyncpp_task *task)
{
    asyncpp_launch(task->promise);
    return event_ready(&task->promise->event);
}

static inline bool asyncpp_await_suspend(struct asyncpp_task *task, struct asyncpp_promise *awaiting)
{
    task->awaiter.enclosing = awaiting;
    return event_await(&task->promise->event, &task->awaiter);
}

static inline ssize_t asyncpp_await_resume(struct asyncpp_task *task, struct asyncpp_promise *awaiting)
{
    (void)awaiting;
    return task->promise->event.result;
}

static inline void asyncpp_destroy(struct asyncpp_task *task)
{
    asyncpp_release(task->promise);
}

static inline void asyncpp_final_suspend(struct asyncpp_promise *promise)
{
    event_set(&promise->event, promise->result);
    if (promise->holds_itself) {
        promise->holds_itself = false;
        asyncpp_release(promise);
    }
}

FINAL_OUTSIDE(asyncpp)

static inline void asyncpp_start(struct asyncpp_outside *outside, struct asyncpp_task *task)
{
    (void)outside;
    asyncpp_launch(task->promise);
}

#endif
