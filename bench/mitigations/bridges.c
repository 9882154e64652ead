/* The bridges by which a coroutine awaits a sender: as P2300R10 writes it, unmitigated; the two handshakes that beman
 * and stdexec ship; and stdexec's for a sender that is statically known to complete inline, which for one that does not
 * cannot be compiled; and a member as_awaitable. */
#include "bench/mitigations/awaiting_sender.h"
#include "sender/handshake_awaitable.h"
#include "sender/inline_awaitable.h"
#include "sender/member_awaitable.h"

SENDER_AWAITABLE_RECEIVER(p2300_inline, sender_task);
JUST(p2300_inline)
SENDER_AWAITABLE(p2300_inline, p2300_inline_operation);
AWAITING_SENDER(p2300_inline, CO_AWAIT_SENDER, p2300_inline_make, p2300_inline);

SENDER_AWAITABLE_RECEIVER(p2300_later, sender_task);
POSTED(p2300_later)
SENDER_AWAITABLE(p2300_later, p2300_later_operation);
AWAITING_SENDER(p2300_later, CO_AWAIT_SENDER, p2300_later_make, p2300_later);

HANDSHAKE_AWAITABLE_RECEIVER(exchange_inline, sender_task, exchange);
JUST(exchange_inline)
HANDSHAKE_AWAITABLE(exchange_inline, exchange_inline_operation, exchange);
AWAITING_SENDER(exchange_inline, CO_AWAIT_SENDER_TRANSFER, exchange_inline_make, handshake_exchange_inline);

HANDSHAKE_AWAITABLE_RECEIVER(exchange_later, sender_task, exchange);
POSTED(exchange_later)
HANDSHAKE_AWAITABLE(exchange_later, exchange_later_operation, exchange);
AWAITING_SENDER(exchange_later, CO_AWAIT_SENDER_TRANSFER, exchange_later_make, handshake_exchange_later);

HANDSHAKE_AWAITABLE_RECEIVER(thread_id_inline, sender_task, thread_id);
JUST(thread_id_inline)
HANDSHAKE_AWAITABLE(thread_id_inline, thread_id_inline_operation, thread_id);
AWAITING_SENDER(thread_id_inline, CO_AWAIT_SENDER_TRANSFER, thread_id_inline_make, handshake_thread_id_inline);

HANDSHAKE_AWAITABLE_RECEIVER(thread_id_later, sender_task, thread_id);
POSTED(thread_id_later)
HANDSHAKE_AWAITABLE(thread_id_later, thread_id_later_operation, thread_id);
AWAITING_SENDER(thread_id_later, CO_AWAIT_SENDER_TRANSFER, thread_id_later_make, handshake_thread_id_later);

INLINE_AWAITABLE_RECEIVER(inline_known, sender_task);
JUST(inline_known)
INLINE_AWAITABLE(inline_known, inline_known_operation);
AWAITING_SENDER(inline_known, CO_AWAIT_SENDER_TRANSFER, inline_known_make, inline_known_inline);

/* A sender with a member as_awaitable. */
MEMBER_JUST(member_inline)

static inline struct member_inline_sender member_inline_make(struct mitigation_job *job)
{
    return (struct member_inline_sender){.value = (ssize_t)job->made};
}

AWAITING_SENDER(member_inline, CO_AWAIT_MEMBER, member_inline_make, member_inline);

/* schedule completes without a value: what `then` does for the others the coroutine does itself. */
MEMBER_SCHEDULE(member_later, run_loop, sender_task)

static inline struct member_later_sender member_later_make(struct mitigation_job *job)
{
    return (struct member_later_sender){.scheduler = &job->loop};
}

#define CO_AWAIT_MEMBER_AND_DELIVER(result, self, N, awaitable, sender)                                                \
    CO_AWAIT_MEMBER(result, self, N, awaitable, sender);                                                               \
    (result) = (ssize_t)job->made

AWAITING_SENDER(member_later, CO_AWAIT_MEMBER_AND_DELIVER, member_later_make, member_later);
