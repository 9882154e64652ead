#include "awaitable/run.h"

static void ended(struct coro *coro)
{
    struct run_async *self = CONTAINER_OF(coro, struct run_async, coro);
    ssize_t result = task_await_resume(self->task);
    coro_destroy(&self->task->frame.coro);
    self->task = NULL;
    self->done(self, result);
}

static void nothing_to_destroy(struct coro *coro)
{
    (void)coro;
}

/* The first resumption, perhaps on another thread: the frames that the task creates before it first suspends come from
 * its environment's allocator too. */
static void begin(struct coro *coro)
{
    struct run_async *self = CONTAINER_OF(coro, struct run_async, coro);
    set_current_frame_allocator(self->task->env->allocator);
    self->coro.resume = ended;
    TRANSFER_TO(&self->task->frame.coro);
}

void run_async(struct run_async *self, struct task *task, const struct io_env *env,
               void (*done)(struct run_async *, ssize_t result))
{
    self->coro = (struct coro){.resume = begin, .destroy = nothing_to_destroy};
    self->task = task;
    self->done = done;
    self->start.coro = &self->coro;
    task_await_suspend(task, &self->coro, env);
    safe_resume(executor_dispatch(env->executor, &self->start));
}

void run_async_abandon(struct run_async *self)
{
    if (self->task)
        coro_destroy(&self->task->frame.coro);
    self->task = NULL;
}

static void back_to_caller(struct coro *coro)
{
    struct run *self = CONTAINER_OF(coro, struct run, coro);
    self->result = task_await_resume(self->task);
    coro_destroy(&self->task->frame.coro);
    self->task = NULL;
    self->hop.coro = self->caller;
    PROBE(SIGNAL);
    TRANSFER_TO(probe_transfer(executor_dispatch(self->caller_executor, &self->hop)));
}

/* As `begin`, in the environment that run was given. */
static void begin_there(struct coro *coro)
{
    struct run *self = CONTAINER_OF(coro, struct run, coro);
    set_current_frame_allocator(self->env.allocator);
    self->coro.resume = back_to_caller;
    TRANSFER_TO(&self->task->frame.coro);
}

void run(struct run *self, struct io_env env, struct task *task)
{
    *self = (struct run){
        .coro = {.resume = begin_there, .destroy = nothing_to_destroy},
        .env = env,
        .task = task,
    };
}

struct coro *run_await_suspend(struct run *self, struct coro *caller, const struct io_env *env)
{
    self->caller = caller;
    self->caller_executor = env->executor;
    if (!self->env.executor.ops)
        self->env.executor = env->executor;
    if (!stop_possible(self->env.stop))
        self->env.stop = env->stop;
    if (!self->env.allocator)
        self->env.allocator = env->allocator;
    self->hop.coro = &self->coro;
    task_await_suspend(self->task, &self->coro, &self->env);
    return executor_dispatch(self->env.executor, &self->hop);
}
