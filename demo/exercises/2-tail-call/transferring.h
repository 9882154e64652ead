/* A coroutine that suspends at every turn, and whose await_suspend returns its own handle: what exercise 2 needs
 * besides LEAVE(next), by which the coroutine leaves. */
#include "awaitable/task.h"
#include "demo/exercises/exercise.h"

#include <errno.h>

struct program {
    struct task task;
    struct stack_job *job;
    uint64_t value;
};

/* The operation completes at once: the handle to resume next is the caller's. */
static struct coro *await_suspend(struct program *self, struct coro *caller)
{
    self->value = self->job->made;
    return caller;
}

static void body(struct coro *handle)
{
    struct program *self = (struct program *)handle;

    CO_BEGIN(self);
    while (self->job->made < self->job->completions) {
        CO_SUSPEND(self, LEAVE(await_suspend(self, handle)));
        stack_job_completed(self->job, self->value);
    }
    CO_RETURN(self, 0);
    CO_END;
}

static int run(struct stack_job *job)
{
    struct io_env env = {.executor = inline_executor()};
    struct program *self = (struct program *)task_create(sizeof *self, body, NULL);
    if (!self)
        return -ENOMEM;
    self->job = job;
    coro_resume(task_await_suspend(&self->task, noop_coroutine(), &env));
    coro_destroy(&self->task.frame.coro);
    return 0;
}

const struct exercise exercise = {.run = run};
