/* co_await just(value), through the bridge as P2300R10 writes it ([exec.as.awaitable]; P2583R0 4.2): await_suspend
 * returns void and calls start, and set_value calls continuation.resume() on the same stack. Alone, under 1, 3 and 8
 * `then` ([exec.then]; P2583R0 5.1), and through the algorithms that keep their values: with=let_value ([exec.let]) and
 * with=when_all ([exec.when.all]). stdexec until February 2026 and libunifex to this day do it so. */
#include "bench/stack/awaiting_sender.h"
#include "sender/just.h"
#include "sender/let.h"
#include "sender/then.h"
#include "sender/when_all.h"

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
SENDER_AWAITABLE_RECEIVER(alone, sender_task);
SENDER_JUST(alone_just, alone);
SENDER_AWAITABLE(alone, alone_just);

static inline struct alone_just_sender alone_make(struct nothing context, ssize_t value)
{
    (void)context;
    return (struct alone_just_sender){.value = value};
}

AWAITING_SENDER(alone, struct nothing, alone_make)

static int alone_run(struct stack_job *job)
{
    return awaiting_sender_run(alone_create(job, (struct nothing){}));
}

/* just(value) | then */
SENDER_AWAITABLE_RECEIVER(one, sender_task);
RECEIVER(one_1, ssize_t);
SENDER_JUST(one_just, one_1);
SENDER_THEN(one_1, one_just, add_one, one);
SENDER_AWAITABLE(one, one_1);

static inline struct one_1_sender one_make(struct nothing context, ssize_t value)
{
    (void)context;
    return (struct one_1_sender){.child.value = value};
}

AWAITING_SENDER(one, struct nothing, one_make)

static int one_run(struct stack_job *job)
{
    return awaiting_sender_run(one_create(job, (struct nothing){}));
}

/* just(value) | then | then | then */
SENDER_AWAITABLE_RECEIVER(three, sender_task);
RECEIVER(three_1, ssize_t);
RECEIVER(three_2, ssize_t);
RECEIVER(three_3, ssize_t);
SENDER_JUST(three_just, three_1);
SENDER_THEN(three_1, three_just, add_one, three_2);
SENDER_THEN(three_2, three_1, add_one, three_3);
SENDER_THEN(three_3, three_2, add_one, three);
SENDER_AWAITABLE(three, three_3);

static inline struct three_3_sender three_make(struct nothing context, ssize_t value)
{
    (void)context;
    return (struct three_3_sender){.child.child.child.value = value};
}

AWAITING_SENDER(three, struct nothing, three_make)

static int three_run(struct stack_job *job)
{
    return awaiting_sender_run(three_create(job, (struct nothing){}));
}

/* just(value) and eight times then */
SENDER_AWAITABLE_RECEIVER(eight, sender_task);
RECEIVER(eight_1, ssize_t);
RECEIVER(eight_2, ssize_t);
RECEIVER(eight_3, ssize_t);
RECEIVER(eight_4, ssize_t);
RECEIVER(eight_5, ssize_t);
RECEIVER(eight_6, ssize_t);
RECEIVER(eight_7, ssize_t);
RECEIVER(eight_8, ssize_t);
SENDER_JUST(eight_just, eight_1);
SENDER_THEN(eight_1, eight_just, add_one, eight_2);
SENDER_THEN(eight_2, eight_1, add_one, eight_3);
SENDER_THEN(eight_3, eight_2, add_one, eight_4);
SENDER_THEN(eight_4, eight_3, add_one, eight_5);
SENDER_THEN(eight_5, eight_4, add_one, eight_6);
SENDER_THEN(eight_6, eight_5, add_one, eight_7);
SENDER_THEN(eight_7, eight_6, add_one, eight_8);
SENDER_THEN(eight_8, eight_7, add_one, eight);
SENDER_AWAITABLE(eight, eight_8);

static inline struct eight_8_sender eight_make(struct nothing context, ssize_t value)
{
    (void)context;
    return (struct eight_8_sender){.child.child.child.child.child.child.child.child.value = value};
}

AWAITING_SENDER(eight, struct nothing, eight_make)

static int eight_run(struct stack_job *job)
{
    return awaiting_sender_run(eight_create(job, (struct nothing){}));
}

/* just(value) | let_value(f), where f returns just(value + 1) */
struct just_one_more {
};

SENDER_AWAITABLE_RECEIVER(let, sender_task);
RECEIVER(let_stage, ssize_t);
RECEIVER(let_stage_inner, ssize_t);
SENDER_JUST(let_just, let_stage);
SENDER_JUST(let_inner_just, let_stage_inner);

static inline struct let_inner_just_sender just_one_more_call(struct just_one_more *self, const ssize_t *value)
{
    (void)self;
    return (struct let_inner_just_sender){*value + 1};
}

SENDER_LET_VALUE(let_stage, let_just, just_one_more, let_inner_just, let);
SENDER_AWAITABLE(let, let_stage);

static inline struct let_stage_sender let_make(struct nothing context, ssize_t value)
{
    (void)context;
    return (struct let_stage_sender){.child = {value}};
}

AWAITING_SENDER(let, struct nothing, let_make)

static int let_run(struct stack_job *job)
{
    return awaiting_sender_run(let_create(job, (struct nothing){}));
}

/* when_all(just(value), just(1)) | then(add) */
struct add {
};

SENDER_AWAITABLE_RECEIVER(both, sender_task);
RECEIVER(both_all_first, ssize_t);
RECEIVER(both_all_second, ssize_t);
WHEN_ALL_VALUES(both_all, (first, second));
RECEIVER(both_sum, struct both_all_values);
SENDER_JUST(first, both_all_first);
SENDER_JUST(second, both_all_second);
SENDER_WHEN_ALL(both_all, (first, second), both_sum);

static inline ssize_t add_call(struct add *self, struct both_all_values values)
{
    (void)self;
    return values.first + values.second;
}

SENDER_THEN(both_sum, both_all, add, both);
SENDER_AWAITABLE(both, both_sum);

static inline struct both_sum_sender both_make(struct nothing context, ssize_t value)
{
    (void)context;
    return (struct both_sum_sender){.child = {.first = {value}, .second = {1}}};
}

AWAITING_SENDER(both, struct nothing, both_make)

static int both_run(struct stack_job *job)
{
    return awaiting_sender_run(both_create(job, (struct nothing){}));
}

const struct stack_variant STACK_VARIANTS(p2300)[] = {
    {.name = "-", .run = alone_run},
    {.name = "then=1", .added = 1, .run = one_run},
    {.name = "then=3", .added = 3, .run = three_run},
    {.name = "then=8", .added = 8, .run = eight_run},
    {.name = "with=let_value", .added = 1, .run = let_run},
    {.name = "with=when_all", .added = 1, .run = both_run},
    {.name = NULL},
};
