/* co_await by the handshake of await_suspend and receiver: stdexec's, by the thread's identity
 * (sender/handshake_awaitable.h). */
#include "bench/forms/sender_task_launch.h"
#include "sender/handshake_awaitable.h"
#include "sender/io.h"

HANDSHAKE_AWAITABLE_RECEIVER(reading, sender_task, thread_id);
SENDER_READ_SOME(async_read, reading)
HANDSHAKE_AWAITABLE(reading, async_read, thread_id)

HANDSHAKE_AWAITABLE_RECEIVER(writing, sender_task, thread_id);
SENDER_WRITE_SOME(async_write, writing)
HANDSHAKE_AWAITABLE(writing, async_write, thread_id)

#define FORM handshake_thread_id
#define PROMISE sender_task
#define AWAIT CO_AWAIT_SENDER_TRANSFER
#define RETURN SENDER_TASK_RETURN
#define READ(self) ((struct async_read_sender)TO_READ(self))
#define WRITE(self) ((struct async_write_sender)TO_WRITE(self))
#include "bench/forms/sender_task_form.h"
