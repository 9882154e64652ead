#include "bench/loops.h"

#include "awaitable/loop.h"
#include "bench/floor.h"
#include "sender/loop.h"

static const size_t floor_bytes = sizeof(struct floor_loop);

static int floor_start(void *storage, struct loop_job *job)
{
    floor_loop_start(storage, job);
    return 0;
}

const struct loop_code loop_floor = {.bytes = &floor_bytes, .start = floor_start};

static const size_t task_bytes = sizeof(struct awaitable_loop);

static int task_start(void *storage, struct loop_job *job)
{
    return awaitable_loop_start(storage, job);
}

static void task_abandon(void *storage)
{
    awaitable_loop_abandon(storage);
}

static struct coro *task_coroutine(void *storage)
{
    return &((struct awaitable_loop *)storage)->launch.task->frame.coro;
}

const struct loop_code loop_task = {
    .bytes = &task_bytes, .start = task_start, .abandon = task_abandon, .coroutine = task_coroutine};

static int pipeline_start(void *storage, struct loop_job *job)
{
    sender_loop_start(storage, job);
    return 0;
}

const struct loop_code loop_pipeline = {.bytes = &sender_loop_bytes, .start = pipeline_start};

static const size_t p2300_task_bytes = sizeof(struct sender_task_loop);

static int p2300_task_start(void *storage, struct loop_job *job)
{
    return sender_task_loop_start(storage, job);
}

static void p2300_task_abandon(void *storage)
{
    sender_task_loop_abandon(storage);
}

static struct coro *p2300_task_coroutine(void *storage)
{
    return &((struct sender_task_loop *)storage)->task->frame.coro;
}

const struct loop_code loop_p2300_task = {.bytes = &p2300_task_bytes,
                                          .start = p2300_task_start,
                                          .abandon = p2300_task_abandon,
                                          .coroutine = p2300_task_coroutine};

/* The same two with an inline budget of 1: every other operation that is done at once goes on from the executor. The
 * budget is the stream's, and lies in the form's storage. */
struct budgeted {
    struct inline_budget budget;
    union {
        struct awaitable_loop task;
        struct sender_task_loop p2300_task;
    };
};

static const size_t budgeted_bytes = sizeof(struct budgeted);

static int give_budget(struct budgeted *self, struct loop_job *job)
{
    if (job->env->executor.ops == inline_executor().ops)
        return -ENOTSUP;
    self->budget = inline_budget_fixed(1);
    if (!job->stream->budget)
        job->stream->budget = &self->budget;
    return 0;
}

static int task_budget_start(void *storage, struct loop_job *job)
{
    struct budgeted *self = storage;
    int status = give_budget(self, job);
    return status ? status : awaitable_loop_start(&self->task, job);
}

static void task_budget_abandon(void *storage)
{
    task_abandon(&((struct budgeted *)storage)->task);
}

static struct coro *task_budget_coroutine(void *storage)
{
    return task_coroutine(&((struct budgeted *)storage)->task);
}

const struct loop_code loop_task_budget = {.bytes = &budgeted_bytes,
                                           .start = task_budget_start,
                                           .abandon = task_budget_abandon,
                                           .coroutine = task_budget_coroutine};

static int p2300_task_budget_start(void *storage, struct loop_job *job)
{
    struct budgeted *self = storage;
    int status = give_budget(self, job);
    return status ? status : sender_task_loop_start(&self->p2300_task, job);
}

static void p2300_task_budget_abandon(void *storage)
{
    p2300_task_abandon(&((struct budgeted *)storage)->p2300_task);
}

static struct coro *p2300_task_budget_coroutine(void *storage)
{
    return p2300_task_coroutine(&((struct budgeted *)storage)->p2300_task);
}

const struct loop_code loop_p2300_task_budget = {.bytes = &budgeted_bytes,
                                                 .start = p2300_task_budget_start,
                                                 .abandon = p2300_task_budget_abandon,
                                                 .coroutine = p2300_task_budget_coroutine};

const struct loop_form loop_forms[LOOP_FORM_COUNT] = {
#define X(name, model_, mechanism_, kind_, ...)                                                                        \
    {.model = (model_), .mechanism = (mechanism_), .kind = LOOP_##kind_, .code = &loop_##name},
    LOOP_FORMS(X, )
#undef X
};
