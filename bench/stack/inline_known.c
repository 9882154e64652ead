/* co_await just(value) where the sender is statically known to complete inline: connected and started inside an
 * await_suspend that returns the coroutine; the receiver only stores the value. stdexec since 2026-02-26
 * (__as_awaitable.hpp:379). Alone, and under 3 `then`, which complete inline as their child does. */
#include "bench/stack/awaiting_sender.h"
#include "sender/inline_awaitable.h"
#include "sender/just.h"
#include "sender/then.h"

/* The function of every `then`. */
struct add_one {
};

static inline ssize_t add_one_call(struct add_one *self, ssize_t value)
{
    (void)self;
    return value + 1;
}

/* A pipeline that needs nothing but the value. */
struct nothing {
};

/* just(value) */
INLINE_AWAITABLE_RECEIVER(alone, sender_task);
SENDER_JUST(alone_just, alone);
INLINE_AWAITABLE(alone, alone_just);

static inline struct alone_just_sender alone_make(struct nothing context, ssize_t value)
{
    (void)context;
    return (struct alone_just_sender){.value = value};
}

AWAITING_SENDER_BY(alone, sender_task, CO_AWAIT_SENDER_TRANSFER, SENDER_TASK_RETURN, struct nothing, alone_make)

static int alone_run(struct stack_job *job)
{
    return awaiting_sender_run(alone_create(job, (struct nothing){}));
}

/* just(value) | then | then | then */
INLINE_AWAITABLE_RECEIVER(three, sender_task);
RECEIVER(three_1, ssize_t);
RECEIVER(three_2, ssize_t);
RECEIVER(three_3, ssize_t);
SENDER_JUST(three_just, three_1);
SENDER_THEN(three_1, three_just, add_one, three_2);
SENDER_THEN(three_2, three_1, add_one, three_3);
SENDER_THEN(three_3, three_2, add_one, three);
INLINE_AWAITABLE(three, three_3);

static inline struct three_3_sender three_make(struct nothing context, ssize_t value)
{
    (void)context;
    return (struct three_3_sender){.child.child.child.value = value};
}

AWAITING_SENDER_BY(three, sender_task, CO_AWAIT_SENDER_TRANSFER, SENDER_TASK_RETURN, struct nothing, three_make)

static int three_run(struct stack_job *job)
{
    return awaiting_sender_run(three_create(job, (struct nothing){}));
}

const struct stack_variant inline_known_variants[] = {
    {.name = "-", .run = alone_run, .long_run = LONGEST_RUN},
    {.name = "then=3", .added = 3, .run = three_run, .long_run = LONGEST_RUN},
    {.name = NULL},
};
