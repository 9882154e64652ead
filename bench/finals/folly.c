/* folly::coro::Task: both await_suspends return a handle, and both keep the async stack, a list of the frames that
 * await each other, for debuggers: co_await pushes the child's and final_suspend pops it before it returns
 * continuation_.getHandle() (folly coro/Task.h, Task::Awaiter and TaskPromiseBase::FinalAwaiter; P2583R0 3). Neither is
 * inlined: FOLLY_NOINLINE, FOLLY_CORO_AWAIT_SUSPEND_NONTRIVIAL_ATTRIBUTES (which is empty for clang from 19 on).
 * await_resume itself destroys the child, when it has taken the result. */
#include "bench/finals/shapes.h"

struct async_stack_frame;

struct async_stack_root {
    struct async_stack_frame *top;
};

struct async_stack_frame {
    struct async_stack_frame *parent;
    void *return_address;
    struct async_stack_root *root;
};

struct folly_promise {
    struct frame frame;
    struct coro *continuation;
    struct async_stack_frame async;
    ssize_t value;
};

struct folly_task {
    struct folly_promise *coroutine;
};

static inline void folly_call(struct folly_task *task, struct folly_promise *promise)
{
    promise->async = (struct async_stack_frame){0};
    task->coroutine = promise;
}

static inline void folly_return_value(struct folly_promise *promise, ssize_t value)
{
    promise->value = value;
}

static inline bool folly_await_ready(struct folly_task *task)
{
    (void)task;
    return false;
}

/* The root belongs to the frame on top, which hands it on. */
static inline void push_async_stack_frame(struct async_stack_frame *caller, struct async_stack_frame *callee)
{
    callee->parent = caller;
    callee->root = caller->root;
    callee->root->top = callee;
    caller->root = NULL;
}

static inline void pop_async_stack_frame(struct async_stack_frame *callee)
{
    if (callee->parent)
        callee->parent->root = callee->root;
    callee->root->top = callee->parent;
    callee->root = NULL;
}

static __attribute__((noinline)) struct coro *folly_await_suspend(struct folly_task *task,
                                                                  struct folly_promise *awaiting)
{
    struct folly_promise *promise = task->coroutine;
    promise->continuation = &awaiting->frame.coro;
    promise->async.return_address = __builtin_return_address(0);
    push_async_stack_frame(&awaiting->async, &promise->async);
    return &promise->frame.coro;
}

static inline ssize_t folly_await_resume(struct folly_task *task, struct folly_promise *awaiting)
{
    (void)awaiting;
    ssize_t value = task->coroutine->value;
    coro_destroy(&task->coroutine->frame.coro);
    task->coroutine = NULL;
    return value;
}

static inline void folly_destroy(struct folly_task *task)
{
    if (task->coroutine)
        coro_destroy(&task->coroutine->frame.coro);
}

static __attribute__((noinline)) struct coro *folly_final_suspend(struct folly_promise *promise)
{
    pop_async_stack_frame(&promise->async);
    return promise->continuation;
}

/* Whoever resumes from outside gives the coroutine an async stack of its own while it runs. */
struct folly_outside {
    struct folly_promise *suspended;
    struct async_stack_root root;
};

static inline void folly_resume(struct folly_outside *outside, struct folly_promise *promise)
{
    outside->root.top = &promise->async;
    promise->async.root = &outside->root;
    coro_resume(&promise->frame.coro);
}

static inline void folly_start(struct folly_outside *outside, struct folly_task *task)
{
    task->coroutine->continuation = noop_coroutine();
    folly_resume(outside, task->coroutine);
}

static inline void folly_yield(struct folly_outside *outside, struct folly_promise *promise)
{
    promise->async.root->top = NULL;
    promise->async.root = NULL;
    outside->suspended = promise;
}

static inline bool folly_go_on(struct folly_outside *outside)
{
    struct folly_promise *promise = outside->suspended;
    outside->suspended = NULL;
    if (promise)
        folly_resume(outside, promise);
    return promise;
}

FINAL_SHAPES(folly, AWAIT_HANDLE, FINAL_HANDLE)

const struct stack_variant folly_variants[] = {
    {.name = "shape=loop", .run = folly_loop},
    {.name = "shape=chain", .run = folly_chain, .long_run = NO_LONG_RUN},
    {.name = "shape=unwind", .run = folly_unwind, .long_run = NO_LONG_RUN},
    {.name = NULL},
};
