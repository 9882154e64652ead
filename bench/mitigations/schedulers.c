/* P2583R0 7.1's two mitigations, both as continues_on behind the operation and awaited through the bridge as P2300R10
 * writes it: a queue round trip for each completion, and a trampoline (16 deep, 4096 bytes). The operation need not
 * know of either, and pays for it whether it completes inline or not. */
#include "bench/mitigations/awaiting_sender.h"
#include "sender/continues_on.h"

#define HOPPING(N, operation_, context_, scheduler_, form_)                                                            \
    SENDER_AWAITABLE_RECEIVER(N, sender_task);                                                                         \
    RECEIVER(N##_hop, ssize_t);                                                                                        \
    operation_(N##_hop) SENDER_CONTINUES_ON(N##_hop, N##_hop_operation, context_, N) SENDER_AWAITABLE(N, N##_hop);     \
    static inline struct N##_hop_sender N##_make(struct mitigation_job *job)                                           \
    {                                                                                                                  \
        return (struct N##_hop_sender){.child = N##_hop_make(job), .scheduler = (scheduler_)};                         \
    }                                                                                                                  \
    AWAITING_SENDER(N, CO_AWAIT_SENDER, N##_make, form_)

HOPPING(scheduler_inline, JUST, run_loop, &job->loop, scheduler_inline);
HOPPING(scheduler_later, POSTED, run_loop, &job->loop, scheduler_later);

HOPPING(trampoline_inline, JUST, trampoline, &job->trampoline, trampoline_inline);
HOPPING(trampoline_later, POSTED, trampoline, &job->trampoline, trampoline_later);
