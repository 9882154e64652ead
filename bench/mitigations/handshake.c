/* The handshakes that beman and stdexec ship, and stdexec's as cheap as it can be had. For a sender that states that it
 * completes inline stdexec takes inline_known.c's way instead; here the sender stands for one that does not state it.
 */
#include "bench/mitigations/awaiting_sender.h"
#include "sender/handshake_awaitable.h"

#define HANDSHAKE(N, operation_, by, form_)                                                                            \
    HANDSHAKE_AWAITABLE_RECEIVER(N, sender_task, by);                                                                  \
    operation_(N) HANDSHAKE_AWAITABLE(N, N##_operation, by);                                                           \
    AWAITING_SENDER(N, CO_AWAIT_SENDER_TRANSFER, N##_make, form_)

HANDSHAKE(exchange_inline, JUST, exchange, handshake_exchange_inline);
HANDSHAKE(exchange_later, POSTED, exchange, handshake_exchange_later);

HANDSHAKE(thread_id_inline, JUST, thread_id, handshake_thread_id_inline);
HANDSHAKE(thread_id_later, POSTED, thread_id, handshake_thread_id_later);

HANDSHAKE(look_first_inline, JUST, thread_id_look_first, handshake_look_first_inline);
HANDSHAKE(look_first_later, POSTED, thread_id_look_first, handshake_look_first_later);
