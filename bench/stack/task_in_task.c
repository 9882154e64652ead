/* A task awaits, in a loop, a child that returns at once: symmetric transfer into the child and out of it
 * (awaitable/task.h; P2583R0 2 and 3). The child is destroyed after await_resume, at the end of the full expression. */
#undef ABREAST_TRANSFER_DRIVER

#include "awaitable/task.h"
#include "bench/stack/mechanism.h"

#include <errno.h>

struct child {
    struct task task;
    ssize_t value;
};

static void child_body(struct coro *handle)
{
    struct child *self = (struct child *)handle;
    CO_BEGIN(self);
    CO_RETURN(self, self->value);
    CO_END;
}

static struct task *child(ssize_t value)
{
    struct child *self = (struct child *)task_create(sizeof *self, child_body, NULL);
    if (!self)
        return NULL;
    self->value = value;
    return &self->task;
}

struct parent {
    struct task task;
    struct stack_job *job;
    struct task *child;
    ssize_t value;
};

static void parent_body(struct coro *handle)
{
    struct parent *self = (struct parent *)handle;

    CO_BEGIN(self);
    while (self->job->made < self->job->completions) {
        self->child = child((ssize_t)self->job->made);
        if (!self->child)
            CO_RETURN(self, -ENOMEM);
        CO_AWAIT(self->value, self, task, self->child);
        coro_destroy(&self->child->frame.coro);
        stack_job_completed(self->job, (uint64_t)self->value);
    }
    CO_RETURN(self, 0);
    CO_END;
}

/* Starts the task as a launch function does, with nobody waiting for it. */
static int run(struct stack_job *job)
{
    struct io_env env = {.allocator = recycling_frame_allocator()};
    struct frame_allocator *saved = get_current_frame_allocator();
    set_current_frame_allocator(env.allocator);
    struct parent *self = (struct parent *)task_create(sizeof *self, parent_body, NULL);
    int status = -ENOMEM;
    if (self) {
        self->job = job;
        coro_resume(task_await_suspend(&self->task, noop_coroutine(), &env));
        status = (int)task_await_resume(&self->task);
        coro_destroy(&self->task.frame.coro);
    }
    set_current_frame_allocator(saved);
    return status;
}

const struct stack_variant task_in_task_variants[] = {{.name = "-", .run = run}, {.name = NULL}};
