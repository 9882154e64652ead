/* An inline budget in the sender model, as sender/io.h has it on a stream: start asks it, and when it is used up
 * completes from the executor instead. Awaited through P2300R10's bridge, whose stack the budget so bounds where
 * set_value cannot leave by a jump, and through stdexec's handshake. An operation that completes later is the one that
 * all bridges here await, and begins a run. */
#include "bench/mitigations/awaiting_sender.h"
#include "sender/handshake_awaitable.h"

#define SENDER_BUDGETED(N, R)                                                                                          \
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
        if (inline_budget_take(op->job->budget)) {                                                                     \
            R##_set_value(&op->receiver, op->value);                                                                   \
        } else {                                                                                                       \
            op->turn.execute = N##_turn;                                                                               \
            executor_post_work(R##_get_env(&op->receiver)->executor, &op->turn);                                       \
        }                                                                                                              \
    }

#define AT_ONCE(N)                                                                                                     \
    SENDER_BUDGETED(N##_operation, N)                                                                                  \
    SENDER_FUNCTION struct N##_operation_sender N##_make(struct mitigation_job *job)                                   \
    {                                                                                                                  \
        return (struct N##_operation_sender){.job = job, .value = (ssize_t)job->made};                                 \
    }

/* The function of the `then` behind schedule. */
struct deliver_and_refill {
    struct mitigation_job *job;
};

static inline ssize_t deliver_and_refill_call(struct deliver_and_refill *self, struct unit value)
{
    (void)value;
    inline_budget_refill(self->job->budget);
    return (ssize_t)self->job->made;
}

#define FROM_THE_LOOP(N) POSTED_BY(N, deliver_and_refill, job)

#define BUDGETED_P2300(N, operation_)                                                                                  \
    SENDER_AWAITABLE_RECEIVER(N, sender_task);                                                                         \
    operation_(N) SENDER_AWAITABLE(N, N##_operation);                                                                  \
    AWAITING_SENDER(N, CO_AWAIT_SENDER, N##_make, N)

#define BUDGETED_HANDSHAKE(N, operation_)                                                                              \
    HANDSHAKE_AWAITABLE_RECEIVER(N, sender_task, thread_id);                                                           \
    operation_(N) HANDSHAKE_AWAITABLE(N, N##_operation, thread_id);                                                    \
    AWAITING_SENDER(N, CO_AWAIT_SENDER_TRANSFER, N##_make, N)

BUDGETED_P2300(p2300_budgeted_inline, AT_ONCE);
BUDGETED_P2300(p2300_budgeted_later, FROM_THE_LOOP);

BUDGETED_HANDSHAKE(handshake_budgeted_inline, AT_ONCE);
BUDGETED_HANDSHAKE(handshake_budgeted_later, FROM_THE_LOOP);
