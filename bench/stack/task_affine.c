/* A task that awaits a task, in P3552R3 as written; the example of P3801R0 3.1 (P2583R0 6). Each co_await goes through
 * affine_on(f(i), scheduler): f completes its receiver from a void await_suspend, a schedule operation is started, its
 * completion resumes the outer task by a function call. `scheduler` is what the task's type-erased task_scheduler
 * holds; with erased=no the task's scheduler_type is inline_scheduler itself, and there is no affine_on
 * ([task.promise] 10.1).
 */
#include "bench/stack/on_run_loop.h"
#include "bench/stack/tasks.h"
#include "sender/task_awaitable.h"
#include "sender/task_sender.h"

INNER_TASK(f, sender_task, SENDER_TASK_RETURN)

/* affine_on(f(i), task_scheduler) */
TASK_AWAITABLE_RECEIVER(affine, sender_task);
SENDER_TASK(f_sender, affine_affine)
TASK_AWAITABLE(affine, f_sender)

static inline struct f_sender_sender affine_make(struct sender_task *child)
{
    return (struct f_sender_sender){child};
}

static inline void affine_release(struct affine *awaitable)
{
    f_sender_destroy(&awaitable->state.child);
}

OUTER_TASK(affine, sender_task, CO_AWAIT_AFFINE, SENDER_TASK_RETURN, f, affine_make, affine_release)

static int run_inline(struct stack_job *job)
{
    return awaiting_sender_run(affine_create(job));
}

static struct sender_task *create_on_loop(struct stack_job *job, struct run_loop *loop)
{
    (void)loop;
    return affine_create(job);
}

static int run_on_loop(struct stack_job *job)
{
    return on_run_loop(job, create_on_loop);
}

/* f(i) alone */
SENDER_AWAITABLE_RECEIVER(bare, sender_task);
SENDER_TASK(f_bare, bare)
SENDER_AWAITABLE(bare, f_bare)

static inline struct f_bare_sender bare_make(struct sender_task *child)
{
    return (struct f_bare_sender){child};
}

static inline void bare_release(struct bare *awaitable)
{
    f_bare_destroy(&awaitable->state);
}

OUTER_TASK(bare, sender_task, CO_AWAIT_SENDER, SENDER_TASK_RETURN, f, bare_make, bare_release)

static int run_bare(struct stack_job *job)
{
    return awaiting_sender_run(bare_create(job));
}

const struct stack_variant STACK_VARIANTS(task_affine)[] = {
    {.name = "scheduler=inline", .run = run_inline},
    {.name = "scheduler=inline,erased=no", .run = run_bare},
    {.name = "scheduler=run_loop", .run = run_on_loop, .rests_on = QUEUE},
    {.name = NULL},
};
