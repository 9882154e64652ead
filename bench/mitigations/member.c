/* A sender with a member as_awaitable; and one that asks an inline budget, as sender/member_awaitable.h's read_some
 * does: await_ready when the budget lets it, else posted. */
#include "bench/mitigations/awaiting_sender.h"
#include "sender/member_awaitable.h"

MEMBER_JUST(member_inline)

static inline struct member_inline_sender member_inline_make(struct mitigation_job *job)
{
    return (struct member_inline_sender){.value = (ssize_t)job->made};
}

AWAITING_SENDER(member_inline, CO_AWAIT_MEMBER, member_inline_make, member_inline);

/* schedule completes without a value: what `then` does for the others the coroutine does itself. */
#define CO_AWAIT_MEMBER_AND_DELIVER(result, self, N, awaitable, sender)                                                \
    CO_AWAIT_MEMBER(result, self, N, awaitable, sender);                                                               \
    (result) = N##_deliver(job)

MEMBER_SCHEDULE(member_later, run_loop, sender_task)

static inline struct member_later_sender member_later_make(struct mitigation_job *job)
{
    return (struct member_later_sender){.scheduler = &job->loop};
}

static inline ssize_t member_later_deliver(struct mitigation_job *job)
{
    return (ssize_t)job->made;
}

AWAITING_SENDER(member_later, CO_AWAIT_MEMBER_AND_DELIVER, member_later_make, member_later);

struct member_budgeted_inline_sender {
    ssize_t value;
    struct inline_budget *budget;
};

struct member_budgeted_inline {
    struct member_budgeted_inline_sender sender;
    struct coro *continuation;
    struct work turn;
};

static inline void member_budgeted_inline_as_awaitable(struct member_budgeted_inline *self,
                                                       struct member_budgeted_inline_sender sender,
                                                       struct coro *continuation)
{
    self->sender = sender;
    self->continuation = continuation;
}

static inline bool member_budgeted_inline_await_ready(struct member_budgeted_inline *self)
{
    return inline_budget_take(self->sender.budget);
}

static void member_budgeted_inline_turn(struct work *work)
{
    PROBE(NESTED_RESUME);
    coro_resume(CONTAINER_OF(work, struct member_budgeted_inline, turn)->continuation);
}

static inline struct coro *member_budgeted_inline_await_suspend(struct member_budgeted_inline *self)
{
    const struct io_env *env = sender_task_get_env((const struct sender_task *)self->continuation);
    self->turn.execute = member_budgeted_inline_turn;
    executor_post_work(env->executor, &self->turn);
    return noop_coroutine();
}

static inline ssize_t member_budgeted_inline_await_resume(struct member_budgeted_inline *self)
{
    return self->sender.value;
}

static inline struct member_budgeted_inline_sender member_budgeted_inline_make(struct mitigation_job *job)
{
    return (struct member_budgeted_inline_sender){.value = (ssize_t)job->made, .budget = job->budget};
}

AWAITING_SENDER(member_budgeted_inline, CO_AWAIT_MEMBER, member_budgeted_inline_make, member_budgeted_inline);

MEMBER_SCHEDULE(member_budgeted_later, run_loop, sender_task)

static inline struct member_budgeted_later_sender member_budgeted_later_make(struct mitigation_job *job)
{
    return (struct member_budgeted_later_sender){.scheduler = &job->loop};
}

/* What completes from the loop begins a run. */
static inline ssize_t member_budgeted_later_deliver(struct mitigation_job *job)
{
    inline_budget_refill(job->budget);
    return (ssize_t)job->made;
}

AWAITING_SENDER(member_budgeted_later, CO_AWAIT_MEMBER_AND_DELIVER, member_budgeted_later_make, member_budgeted_later);
