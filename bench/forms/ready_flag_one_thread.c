/* co_await of a sender that is started before the coroutine suspends, which it does not when it finds the flag set: the
 * plain flag, for everything here is on one thread (sender/ready_flag_awaitable.h). */
#include "bench/forms/sender_task_launch.h"
#include "sender/io.h"
#include "sender/ready_flag_awaitable.h"

READY_FLAG_AWAITABLE_RECEIVER(reading, sender_task, one_thread);
SENDER_READ_SOME(async_read, reading)
READY_FLAG_AWAITABLE(reading, async_read, one_thread)

READY_FLAG_AWAITABLE_RECEIVER(writing, sender_task, one_thread);
SENDER_WRITE_SOME(async_write, writing)
READY_FLAG_AWAITABLE(writing, async_write, one_thread)

#define FORM ready_flag_one_thread
#define PROMISE sender_task
#define AWAIT CO_AWAIT_SENDER_READY
#define RETURN SENDER_TASK_RETURN
#define READ(self) ((struct async_read_sender)TO_READ(self))
#define WRITE(self) ((struct async_write_sender)TO_WRITE(self))
#include "bench/forms/sender_task_form.h"
