/* continues_on(operation, trampoline) through the bridge as P2300R10 writes it: each completion nests up to the limits
 * of the trampoline, and is then queued for the outermost (common/trampoline.h; P2583R0 7.1). */
#include "bench/forms/sender_task_launch.h"
#include "sender/continues_on.h"
#include "sender/io.h"
#include "sender/sender_awaitable.h"

SENDER_AWAITABLE_RECEIVER(reading, sender_task);
RECEIVER(read_hop, ssize_t);
SENDER_READ_SOME(async_read, read_hop)
SENDER_CONTINUES_ON(read_hop, async_read, trampoline, reading)
SENDER_AWAITABLE(reading, read_hop)

SENDER_AWAITABLE_RECEIVER(writing, sender_task);
RECEIVER(write_hop, ssize_t);
SENDER_WRITE_SOME(async_write, write_hop)
SENDER_CONTINUES_ON(write_hop, async_write, trampoline, writing)
SENDER_AWAITABLE(writing, write_hop)

#define FORM trampoline
#define PROMISE sender_task
#define AWAIT CO_AWAIT_SENDER
#define RETURN SENDER_TASK_RETURN
#define READ(self) ((struct read_hop_sender){.child = TO_READ(self), .scheduler = &(self)->trampoline})
#define WRITE(self) ((struct write_hop_sender){.child = TO_WRITE(self), .scheduler = &(self)->trampoline})
#define MEMBERS struct trampoline trampoline;
#define PREPARE(self) (self)->trampoline = (struct trampoline)TRAMPOLINE_DEFAULTS
#include "bench/forms/sender_task_form.h"
