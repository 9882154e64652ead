/* The third case that P2583R0 7 finds left over by task-transfer: a task that is composed through a sender algorithm,
 * and then awaited through a bridge (task_transfer_sender.c has the two). The inner task f is connected as a sender,
 * and completes the algorithm's receiver at its final suspension point.
 *
 * then       co_await (f(i) | then(add_one))
 * let_value  co_await (f(i) | let_value(again)), which goes on as just(value)
 * when_all   co_await (when_all(just(1), f(i)) | then(sum)): f is the last to end
 *
 * final_suspend has to return noop_coroutine() after it has completed the receiver, so unlike the void await_suspend of
 * task-affine's f that call is not the last thing it does, and no optimiser makes it a jump: with bridge=p2300 the
 * stack grows in every cell.
 */
#include "bench/stack/tasks.h"
#include "sender/handshake_awaitable.h"
#include "sender/just.h"
#include "sender/let.h"
#include "sender/then.h"
#include "sender/when_all.h"

INNER_TASK(f, transfer_task, TRANSFER_TASK_RETURN)

struct add_one {
};

static inline ssize_t add_one_call(struct add_one *self, ssize_t value)
{
    (void)self;
    return value + 1;
}

/* An awaiter N, whose receiver and bridge have been declared around the stage N_stage, and N_make. f's frame is gone
 * when it has completed. */
#define CHAIN_OF(N, AWAIT)                                                                                             \
    static inline void N##_release(struct N *awaitable)                                                                \
    {                                                                                                                  \
        (void)awaitable;                                                                                               \
    }                                                                                                                  \
    OUTER_TASK(N, transfer_task, AWAIT, TRANSFER_TASK_RETURN, f, N##_make, N##_release)                                \
    static int N##_run(struct stack_job *job)                                                                          \
    {                                                                                                                  \
        return transfer_task_run(N##_create(job));                                                                     \
    }

/* The same where the stage's only child is f. */
#define CHAIN(N, AWAIT)                                                                                                \
    static inline struct N##_stage_sender N##_make(struct transfer_task *child)                                        \
    {                                                                                                                  \
        return (struct N##_stage_sender){.child = {child}};                                                            \
    }                                                                                                                  \
    CHAIN_OF(N, AWAIT)

/* f(i) | then */
SENDER_AWAITABLE_RECEIVER(then_resumed, transfer_task);
RECEIVER(then_resumed_stage, ssize_t);
SENDER_TRANSFER_TASK(then_resumed_f, then_resumed_stage)
SENDER_THEN(then_resumed_stage, then_resumed_f, add_one, then_resumed)
SENDER_AWAITABLE(then_resumed, then_resumed_stage)
CHAIN(then_resumed, CO_AWAIT_SENDER)

HANDSHAKE_AWAITABLE_RECEIVER(then_agreed, transfer_task, thread_id);
RECEIVER(then_agreed_stage, ssize_t);
SENDER_TRANSFER_TASK(then_agreed_f, then_agreed_stage)
SENDER_THEN(then_agreed_stage, then_agreed_f, add_one, then_agreed)
HANDSHAKE_AWAITABLE(then_agreed, then_agreed_stage, thread_id)
CHAIN(then_agreed, CO_AWAIT_SENDER_TRANSFER)

/* f(i) | let_value */
#define AGAIN(N)                                                                                                       \
    struct N##_again {                                                                                                 \
    };                                                                                                                 \
    static inline struct N##_just_sender N##_again_call(struct N##_again *self, ssize_t *value)                        \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        return (struct N##_just_sender){*value};                                                                       \
    }

SENDER_AWAITABLE_RECEIVER(let_resumed, transfer_task);
RECEIVER(let_resumed_stage, ssize_t);
RECEIVER(let_resumed_stage_inner, ssize_t);
SENDER_TRANSFER_TASK(let_resumed_f, let_resumed_stage)
SENDER_JUST(let_resumed_just, let_resumed_stage_inner)
AGAIN(let_resumed)
SENDER_LET_VALUE(let_resumed_stage, let_resumed_f, let_resumed_again, let_resumed_just, let_resumed)
SENDER_AWAITABLE(let_resumed, let_resumed_stage)
CHAIN(let_resumed, CO_AWAIT_SENDER)

HANDSHAKE_AWAITABLE_RECEIVER(let_agreed, transfer_task, thread_id);
RECEIVER(let_agreed_stage, ssize_t);
RECEIVER(let_agreed_stage_inner, ssize_t);
SENDER_TRANSFER_TASK(let_agreed_f, let_agreed_stage)
SENDER_JUST(let_agreed_just, let_agreed_stage_inner)
AGAIN(let_agreed)
SENDER_LET_VALUE(let_agreed_stage, let_agreed_f, let_agreed_again, let_agreed_just, let_agreed)
HANDSHAKE_AWAITABLE(let_agreed, let_agreed_stage, thread_id)
CHAIN(let_agreed, CO_AWAIT_SENDER_TRANSFER)

/* when_all(just(1), f(i)) | then */
#define SUM_OF_ALL(N)                                                                                                  \
    RECEIVER(N##_all_##N##_one, ssize_t);                                                                              \
    RECEIVER(N##_all_##N##_f, ssize_t);                                                                                \
    WHEN_ALL_VALUES(N##_all, (N##_one, N##_f));                                                                        \
    RECEIVER(N##_stage, struct N##_all_values);                                                                        \
    SENDER_JUST(N##_one, N##_all_##N##_one)                                                                            \
    SENDER_TRANSFER_TASK(N##_f, N##_all_##N##_f)                                                                       \
    SENDER_WHEN_ALL(N##_all, (N##_one, N##_f), N##_stage)                                                              \
    struct N##_sum {                                                                                                   \
    };                                                                                                                 \
    static inline ssize_t N##_sum_call(struct N##_sum *self, struct N##_all_values values)                             \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        return values.N##_one + values.N##_f;                                                                          \
    }                                                                                                                  \
    SENDER_THEN(N##_stage, N##_all, N##_sum, N)                                                                        \
    static inline struct N##_stage_sender N##_make(struct transfer_task *child)                                        \
    {                                                                                                                  \
        return (struct N##_stage_sender){.child = {.N##_one = {1}, .N##_f = {child}}};                                 \
    }

SENDER_AWAITABLE_RECEIVER(all_resumed, transfer_task);
SUM_OF_ALL(all_resumed)
SENDER_AWAITABLE(all_resumed, all_resumed_stage)
CHAIN_OF(all_resumed, CO_AWAIT_SENDER)

HANDSHAKE_AWAITABLE_RECEIVER(all_agreed, transfer_task, thread_id);
SUM_OF_ALL(all_agreed)
HANDSHAKE_AWAITABLE(all_agreed, all_agreed_stage, thread_id)
CHAIN_OF(all_agreed, CO_AWAIT_SENDER_TRANSFER)

const struct stack_variant STACK_VARIANTS(task_transfer_chain)[] = {
    {.name = "then=1,bridge=p2300", .added = 1, .run = then_resumed_run},
    {.name = "then=1,bridge=handshake", .added = 1, .run = then_agreed_run, .rests_on = TAIL_CALL},
    {.name = "with=let_value,bridge=p2300", .run = let_resumed_run},
    {.name = "with=let_value,bridge=handshake", .run = let_agreed_run, .rests_on = TAIL_CALL},
    {.name = "with=when_all,bridge=p2300", .added = 1, .run = all_resumed_run},
    {.name = "with=when_all,bridge=handshake", .added = 1, .run = all_agreed_run, .rests_on = TAIL_CALL},
    {.name = NULL},
};
