/* continues_on(operation, run_loop) through the bridge as P2300R10 writes it: a queue round trip for each completion
 * (P2583R0 7.1). The run_loop is the one that the job runs on. */
#include "bench/forms/sender_task_launch.h"
#include "sender/continues_on.h"
#include "sender/io.h"
#include "sender/sender_awaitable.h"

SENDER_AWAITABLE_RECEIVER(reading, sender_task);
RECEIVER(read_hop, ssize_t);
SENDER_READ_SOME(async_read, read_hop)
SENDER_CONTINUES_ON(read_hop, async_read, run_loop, reading)
SENDER_AWAITABLE(reading, read_hop)

SENDER_AWAITABLE_RECEIVER(writing, sender_task);
RECEIVER(write_hop, ssize_t);
SENDER_WRITE_SOME(async_write, write_hop)
SENDER_CONTINUES_ON(write_hop, async_write, run_loop, writing)
SENDER_AWAITABLE(writing, write_hop)

#define FORM scheduler
#define PROMISE sender_task
#define AWAIT CO_AWAIT_SENDER
#define RETURN SENDER_TASK_RETURN
#define READ(self) ((struct read_hop_sender){.child = TO_READ(self), .scheduler = (self)->job->env->executor.context})
#define WRITE(self)                                                                                                    \
    ((struct write_hop_sender){.child = TO_WRITE(self), .scheduler = (self)->job->env->executor.context})
#define SUPPORTS(job) ((job)->env->executor.ops == run_loop_executor(NULL).ops)
#include "bench/forms/sender_task_form.h"
