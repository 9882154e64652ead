/* co_await just(value) where just has a member as_awaitable ([exec.as.awaitable], the first choice): its awaitable is
 * ready, and there is no receiver. What P3796R1 3.2.3 proposes for affine_on (P2583R0 7), done for a leaf sender. */
#include "bench/stack/awaiting_sender.h"
#include "sender/member_awaitable.h"

/* A sender that needs nothing but the value. */
struct nothing {
};

MEMBER_JUST(just)

static inline struct just_sender make(struct nothing context, ssize_t value)
{
    (void)context;
    return (struct just_sender){.value = value};
}

AWAITING_SENDER_BY(just, sender_task, CO_AWAIT_MEMBER, SENDER_TASK_RETURN, struct nothing, make)

static int run(struct stack_job *job)
{
    return awaiting_sender_run(just_create(job, (struct nothing){}));
}

const struct stack_variant member_variants[] = {
    {.name = "-", .run = run, .long_run = LONGEST_RUN},
    {.name = NULL},
};
