/* stdexec's bridge for a sender that is statically known to complete inline; for one that is not it cannot be
 * compiled. */
#include "bench/mitigations/awaiting_sender.h"
#include "sender/inline_awaitable.h"

INLINE_AWAITABLE_RECEIVER(inline_known, sender_task);
JUST(inline_known)
INLINE_AWAITABLE(inline_known, inline_known_operation);
AWAITING_SENDER(inline_known, CO_AWAIT_SENDER_TRANSFER, inline_known_make, inline_known_inline);
