/* Asio's awaitable: no coroutine resumes another. A "thread of execution" keeps a stack of coroutine frames, and a pump
 * loop resumes the top one until the stack is empty (impl/awaitable.hpp:772). co_await pushes the child, from a void
 * await_suspend (awaitable.hpp:111); final_suspend pops it (impl/awaitable.hpp:137); both then return to the pump.
 * await_resume takes the result and destroys the child. Where an operation is awaited, the pump initiates it when the
 * coroutine has suspended (:1039), and the thread goes over into its handler, which pumps anew at its completion. */
#include "bench/finals/shapes.h"

struct asio_promise;

/* The entry point, the bottom of the stack, as far as it is asked here. */
struct asio_entry {
    struct asio_promise *top;
};

struct asio_thread {
    struct asio_entry *bottom; /* null: handed over to a handler */
};

struct asio_resume_context {
    void (*after_suspend)(void *);
    void *argument;
};

struct asio_promise {
    struct frame frame;
    struct asio_thread *attached; /* of the top frame only, while it is pumped */
    struct asio_promise *caller;
    struct asio_resume_context *context;
    ssize_t value;
};

struct asio_task {
    struct asio_promise *coroutine;
};

static inline void asio_call(struct asio_task *task, struct asio_promise *promise)
{
    promise->attached = NULL;
    promise->caller = NULL;
    task->coroutine = promise;
}

static inline void asio_return_value(struct asio_promise *promise, ssize_t value)
{
    promise->value = value;
}

static inline bool asio_await_ready(struct asio_task *task)
{
    (void)task;
    return false;
}

static inline void asio_await_suspend(struct asio_task *task, struct asio_promise *awaiting)
{
    struct asio_promise *promise = task->coroutine;
    promise->caller = awaiting;
    promise->attached = awaiting->attached;
    promise->attached->bottom->top = promise;
    awaiting->attached = NULL;
}

static inline ssize_t asio_await_resume(struct asio_task *task, struct asio_promise *awaiting)
{
    (void)awaiting;
    ssize_t value = task->coroutine->value;
    coro_destroy(&task->coroutine->frame.coro);
    task->coroutine = NULL;
    return value;
}

static inline void asio_destroy(struct asio_task *task)
{
    if (task->coroutine)
        coro_destroy(&task->coroutine->frame.coro);
}

static inline void asio_final_suspend(struct asio_promise *promise)
{
    if (promise->caller)
        promise->caller->attached = promise->attached;
    promise->attached->bottom->top = promise->caller;
    promise->attached = NULL;
    promise->caller = NULL;
}

/* What the coroutine asked for is done when it has suspended; its frame may be gone by then. */
static inline void asio_resume(struct asio_promise *promise)
{
    struct asio_resume_context context = {0};
    promise->context = &context;
    coro_resume(&promise->frame.coro);
    if (context.after_suspend)
        context.after_suspend(context.argument);
}

static void asio_pump(struct asio_thread *thread)
{
    do
        asio_resume(thread->bottom->top);
    while (thread->bottom && thread->bottom->top);
}

struct asio_outside {
    struct asio_entry entry;
    struct asio_thread handler; /* of an operation that the thread waits for */
};

static inline void asio_start(struct asio_outside *outside, struct asio_task *task)
{
    struct asio_thread thread = {&outside->entry};
    outside->entry.top = task->coroutine;
    task->coroutine->attached = &thread;
    asio_pump(&thread);
}

/* Initiates the operation: detaches the thread from the frame and moves it into the handler. */
static void asio_initiate(void *argument)
{
    struct asio_outside *outside = argument;
    struct asio_thread *thread = outside->entry.top->attached;
    outside->entry.top->attached = NULL;
    outside->handler = *thread;
    thread->bottom = NULL;
}

static inline void asio_yield(struct asio_outside *outside, struct asio_promise *promise)
{
    *promise->context = (struct asio_resume_context){asio_initiate, outside};
}

/* The handler. */
static inline bool asio_go_on(struct asio_outside *outside)
{
    struct asio_thread thread = outside->handler;
    outside->handler.bottom = NULL;
    if (!thread.bottom)
        return false;
    thread.bottom->top->attached = &thread;
    asio_pump(&thread);
    return true;
}

FINAL_SHAPES(asio, AWAIT_VOID, FINAL_VOID)

const struct stack_variant asio_variants[] = {
    {.name = "shape=loop", .run = asio_loop},
    {.name = "shape=chain", .run = asio_chain, .long_run = NO_LONG_RUN},
    {.name = "shape=unwind", .run = asio_unwind, .long_run = NO_LONG_RUN},
    {.name = NULL},
};
