/* The bridge that starts the operation before the coroutine suspends, and lets await_ready say that it is complete. */
#include "bench/mitigations/awaiting_sender.h"
#include "sender/ready_flag_awaitable.h"

#define READY_FLAG(N, operation_, by, form_)                                                                           \
    READY_FLAG_AWAITABLE_RECEIVER(N, sender_task, by);                                                                 \
    operation_(N) READY_FLAG_AWAITABLE(N, N##_operation, by);                                                          \
    AWAITING_SENDER(N, CO_AWAIT_SENDER_READY, N##_make, form_)

READY_FLAG(one_thread_inline, JUST, one_thread, ready_flag_one_thread_inline);
READY_FLAG(one_thread_later, POSTED, one_thread, ready_flag_one_thread_later);

READY_FLAG(exchange_inline, JUST, exchange, ready_flag_exchange_inline);
READY_FLAG(exchange_later, POSTED, exchange, ready_flag_exchange_later);

READY_FLAG(thread_id_inline, JUST, thread_id, ready_flag_thread_id_inline);
READY_FLAG(thread_id_later, POSTED, thread_id, ready_flag_thread_id_later);
