/* The awaitable model's ways not to grow the stack: await_ready says that the result is there; await_suspend returns
 * the caller's own handle (symmetric transfer, P0913R1); and an inline budget on top of either. Corosio takes the
 * budget in await_suspend, where it makes the attempt, and returns the caller's handle (its dispatch_coro, on its own
 * io_context); P4003 allows as well what awaitable/io.h does: await_ready makes the attempt and takes the budget. An
 * operation that completes later posts its continuation. Nobody is resumed inside a noexcept function here: compiled
 * with exceptions on, it is what the senders compiled so are compared with. */
#include "awaitable/run.h"
#include "bench/mitigations/job.h"

#include <errno.h>

struct awaitable_launch {
    struct run_async launch;
    struct mitigation_job *job;
};

static void launch_ended(struct run_async *launch, ssize_t result)
{
    mitigation_job_ended(CONTAINER_OF(launch, struct awaitable_launch, launch)->job, (int)result);
}

/* Operations whose value is known when they are made: one that completes at once, one that is posted, and one that asks
 * a budget which of the two. */
struct at_once {
    ssize_t value;
};

struct posted {
    ssize_t value;
    struct continuation continuation;
};

struct budgeted {
    ssize_t value;
    struct inline_budget *budget;
    struct continuation continuation;
};

static inline void at_once(struct at_once *self, struct mitigation_job *job)
{
    self->value = (ssize_t)job->made;
}

static inline void posted(struct posted *self, struct mitigation_job *job)
{
    self->value = (ssize_t)job->made;
}

static inline void budgeted(struct budgeted *self, struct mitigation_job *job)
{
    self->value = (ssize_t)job->made;
    self->budget = job->budget;
}

static inline struct coro *post(struct continuation *continuation, struct coro *caller, const struct io_env *env)
{
    continuation->coro = caller;
    executor_post(env->executor, continuation);
    return noop_coroutine();
}

static inline struct coro *post_and_refill(struct budgeted *self, struct coro *caller, const struct io_env *env)
{
    inline_budget_refill(self->budget);
    return post(&self->continuation, caller, env);
}

/* The awaitable `N`: an operation with these two functions, and the form whose coroutine awaits it. */
#define AWAITING(N, operation_, ready_, suspend_)                                                                      \
    static inline bool N##_await_ready(struct operation_ *self)                                                        \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        return ready_;                                                                                                 \
    }                                                                                                                  \
    static inline struct coro *N##_await_suspend(struct operation_ *self, struct coro *caller,                         \
                                                 const struct io_env *env)                                             \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        (void)caller;                                                                                                  \
        (void)env;                                                                                                     \
        return suspend_;                                                                                               \
    }                                                                                                                  \
    static inline ssize_t N##_await_resume(struct operation_ *self)                                                    \
    {                                                                                                                  \
        return self->value;                                                                                            \
    }                                                                                                                  \
    struct N##_frame {                                                                                                 \
        struct task task;                                                                                              \
        struct mitigation_job *job;                                                                                    \
        struct operation_ awaiting;                                                                                    \
        ssize_t value;                                                                                                 \
    };                                                                                                                 \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N##_frame *self = (struct N##_frame *)handle;                                                           \
        struct mitigation_job *job = self->job;                                                                        \
        CO_BEGIN(self);                                                                                                \
        while (job->made < job->end) {                                                                                 \
            operation_(&self->awaiting, job);                                                                          \
            CO_AWAIT(self->value, self, N, &self->awaiting);                                                           \
            if (self->value < 0)                                                                                       \
                CO_RETURN(self, self->value);                                                                          \
            mitigation_job_completed(job, (uint64_t)self->value);                                                      \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static int N##_launch(struct mitigation_job *job)                                                                  \
    {                                                                                                                  \
        struct awaitable_launch *launch = job->storage;                                                                \
        struct frame_allocator *saved = get_current_frame_allocator();                                                 \
        set_current_frame_allocator(job->env.allocator);                                                               \
        struct N##_frame *self = (struct N##_frame *)task_create(sizeof *self, N##_body, NULL);                        \
        set_current_frame_allocator(saved);                                                                            \
        if (!self)                                                                                                     \
            return -ENOMEM;                                                                                            \
        self->job = job;                                                                                               \
        launch->job = job;                                                                                             \
        run_async(&launch->launch, &self->task, &job->env, launch_ended);                                              \
        return 0;                                                                                                      \
    }                                                                                                                  \
    const struct mitigation_form MITIGATION_FORM(N) = {                                                                \
        .launch = N##_launch,                                                                                          \
        .storage_bytes = sizeof(struct awaitable_launch),                                                              \
        .frame_bytes = sizeof(struct N##_frame),                                                                       \
        .operation_bytes = sizeof(struct operation_),                                                                  \
    }

AWAITING(ready_inline, at_once, true, caller);
AWAITING(ready_later, posted, false, post(&self->continuation, caller, env));

AWAITING(transfer_inline, at_once, false, caller);
AWAITING(transfer_later, posted, false, post(&self->continuation, caller, env));

AWAITING(ready_budgeted_inline, budgeted, inline_budget_take(self->budget), post(&self->continuation, caller, env));
AWAITING(ready_budgeted_later, budgeted, false, post_and_refill(self, caller, env));

AWAITING(transfer_budgeted_inline, budgeted, false,
         inline_budget_take(self->budget) ? caller : post(&self->continuation, caller, env));
AWAITING(transfer_budgeted_later, budgeted, false, post_and_refill(self, caller, env));
