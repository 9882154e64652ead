/* The bridge as P2300R10 writes it, unmitigated: the receiver resumes the coroutine inside set_value. */
#include "bench/mitigations/awaiting_sender.h"

SENDER_AWAITABLE_RECEIVER(p2300_inline, sender_task);
JUST(p2300_inline)
SENDER_AWAITABLE(p2300_inline, p2300_inline_operation);
AWAITING_SENDER(p2300_inline, CO_AWAIT_SENDER, p2300_inline_make, p2300_inline);

SENDER_AWAITABLE_RECEIVER(p2300_later, sender_task);
POSTED(p2300_later)
SENDER_AWAITABLE(p2300_later, p2300_later_operation);
AWAITING_SENDER(p2300_later, CO_AWAIT_SENDER, p2300_later_make, p2300_later);
