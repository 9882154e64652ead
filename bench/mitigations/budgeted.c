/* An inline budget in the sender model, as sender/io.h has it on a stream: start asks it, and when it is used up
 * completes from the executor instead. The bridge is P2300R10's, whose stack the budget so bounds. */
#include "bench/mitigations/awaiting_sender.h"

#define SENDER_BUDGETED(N, completes_inline, R)                                                                        \
    struct N##_sender {                                                                                                \
        struct mitigation_job *job;                                                                                    \
        R##_in value;                                                                                                  \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct mitigation_job *job;                                                                                    \
        R##_in value;                                                                                                  \
        struct work turn;                                                                                              \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE };                                                                   \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        op->receiver = receiver;                                                                                       \
        op->job = sender.job;                                                                                          \
        op->value = sender.value;                                                                                      \
    }                                                                                                                  \
    static void N##_turn(struct work *work)                                                                            \
    {                                                                                                                  \
        struct N##_op *op = CONTAINER_OF(work, struct N##_op, turn);                                                   \
        R##_set_value(&op->receiver, op->value);                                                                       \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        if (completes_inline && inline_budget_take(op->job->budget)) {                                                 \
            R##_set_value(&op->receiver, op->value);                                                                   \
        } else {                                                                                                       \
            if (!completes_inline)                                                                                     \
                inline_budget_refill(op->job->budget);                                                                 \
            op->turn.execute = N##_turn;                                                                               \
            executor_post_work(R##_get_env(&op->receiver)->executor, &op->turn);                                       \
        }                                                                                                              \
    }

#define BUDGETED(N, completes_inline, form_)                                                                           \
    SENDER_AWAITABLE_RECEIVER(N, sender_task);                                                                         \
    SENDER_BUDGETED(N##_operation, completes_inline, N)                                                                \
    SENDER_AWAITABLE(N, N##_operation);                                                                                \
    static inline struct N##_operation_sender N##_make(struct mitigation_job *job)                                     \
    {                                                                                                                  \
        return (struct N##_operation_sender){.job = job, .value = (ssize_t)job->made};                                 \
    }                                                                                                                  \
    AWAITING_SENDER(N, CO_AWAIT_SENDER, N##_make, form_)

BUDGETED(budgeted_inline, true, sender_budgeted_inline);
BUDGETED(budgeted_later, false, sender_budgeted_later);
