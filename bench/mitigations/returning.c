/* The first future: completion functions that return the handle to resume next (sender/returning/protocol.h). */
#include "bench/mitigations/awaiting_sender.h"
#include "sender/returning/algorithms.h"
#include "sender/returning/awaitable.h"
#include "sender/returning/contexts.h"

RETURNING_AWAITABLE_RECEIVER(returning_inline, sender_task);
RETURNING_JUST(returning_inline_operation, returning_inline)
RETURNING_AWAITABLE(returning_inline, returning_inline_operation)

static inline struct returning_inline_operation_sender returning_inline_make(struct mitigation_job *job)
{
    return (struct returning_inline_operation_sender){.value = (ssize_t)job->made};
}

AWAITING_SENDER(returning_inline, CO_AWAIT_RETURNING, returning_inline_make, returning_inline);

RETURNING_AWAITABLE_RECEIVER(returning_later, sender_task);
RETURNING_RECEIVER(returning_later_operation, struct unit);
RETURNING_SCHEDULE(returning_later_schedule, run_loop, returning_later_operation)
RETURNING_THEN(returning_later_operation, returning_later_schedule, deliver, returning_later)
RETURNING_AWAITABLE(returning_later, returning_later_operation)

static inline struct returning_later_operation_sender returning_later_make(struct mitigation_job *job)
{
    return (struct returning_later_operation_sender){.child = {&job->loop}, .function = {(ssize_t)job->made}};
}

AWAITING_SENDER(returning_later, CO_AWAIT_RETURNING, returning_later_make, returning_later);
