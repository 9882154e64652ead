/* A trampoline under the coroutine: co_await continues_on(just(value), trampoline) through the bridge as P2300R10
 * writes it. It is what a task does whose scheduler is a trampoline (P3796R1 3.2.3's mitigation; P2583R0 7.1): each
 * completion goes through the scheduler, which nests up to its limits and then queues for the outermost frame to go on
 * (libunifex trampoline_scheduler, stdexec exec::trampoline_scheduler, whose limits are 16 deep and 4096 bytes).
 * stdexec's repeat_until bounds its own recursion by the same scheduler. */
#include "common/trampoline.h"
#include "bench/stack/awaiting_sender.h"
#include "sender/continues_on.h"
#include "sender/just.h"

SENDER_AWAITABLE_RECEIVER(bounced, sender_task);
RECEIVER(on_trampoline, ssize_t);
SENDER_JUST(number, on_trampoline);
SENDER_CONTINUES_ON(on_trampoline, number, trampoline, bounced);
SENDER_AWAITABLE(bounced, on_trampoline);

static inline struct on_trampoline_sender make(struct trampoline *trampoline, ssize_t value)
{
    return (struct on_trampoline_sender){.child = {value}, .scheduler = trampoline};
}

AWAITING_SENDER(bounced, struct trampoline *, make)

static int run_by_default(struct stack_job *job)
{
    struct trampoline trampoline = TRAMPOLINE_DEFAULTS;
    return awaiting_sender_run(bounced_create(job, &trampoline));
}

static int run_deeper(struct stack_job *job)
{
    struct trampoline trampoline = {.max_depth = 64, .max_bytes = 65536};
    return awaiting_sender_run(bounced_create(job, &trampoline));
}

const struct stack_variant STACK_VARIANTS(trampoline)[] = {
    {.name = "depth=16,bytes=4096", .run = run_by_default},
    {.name = "depth=64,bytes=65536", .run = run_deeper},
    {.name = NULL},
};
