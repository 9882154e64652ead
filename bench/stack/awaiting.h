/* The coroutine of the awaitable mechanisms: it awaits `completion` in a loop.
 *
 * The including file has defined the awaitable `struct completion`, with completion(self, value) and the three
 * functions of the protocol. What co_await becomes is awaitable/awaitable.h's.
 */
#include "awaitable/task.h"
#include "bench/stack/mechanism.h"

#include <errno.h>

struct awaiting {
    struct task task;
    struct stack_job *job;
    struct completion awaitable;
    uint64_t value;
};

static void awaiting_body(struct coro *handle)
{
    struct awaiting *self = (struct awaiting *)handle;

    CO_BEGIN(self);
    while (self->job->made < self->job->completions) {
        completion(&self->awaitable, self->job->made);
        CO_AWAIT(self->value, self, completion, &self->awaitable);
        stack_job_completed(self->job, self->value);
    }
    CO_RETURN(self, 0);
    CO_END;
}

/* Starts the task as a launch function does, with nobody waiting for it. */
static int awaiting_run(struct stack_job *job)
{
    struct io_env env = {.executor = inline_executor()};
    struct awaiting *self = (struct awaiting *)task_create(sizeof *self, awaiting_body, NULL);
    if (!self)
        return -ENOMEM;
    self->job = job;
    coro_resume(task_await_suspend(&self->task, noop_coroutine(), &env));
    coro_destroy(&self->task.frame.coro);
    return 0;
}
