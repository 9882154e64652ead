/* P3552R3's task as written: every sender that it awaits goes through affine_on, on the environment's scheduler, and
 * the bridge as P2300R10 writes it (sender/task_awaitable.h). */
#include "bench/forms/sender_task_launch.h"
#include "sender/io.h"
#include "sender/task_awaitable.h"

TASK_AWAITABLE_RECEIVER(reading, sender_task);
SENDER_READ_SOME(async_read, reading_affine)
TASK_AWAITABLE(reading, async_read)

TASK_AWAITABLE_RECEIVER(writing, sender_task);
SENDER_WRITE_SOME(async_write, writing_affine)
TASK_AWAITABLE(writing, async_write)

#define FORM task_affine
#define PROMISE sender_task
#define AWAIT CO_AWAIT_AFFINE
#define RETURN SENDER_TASK_RETURN
#define READ(self) ((struct async_read_sender)TO_READ(self))
#define WRITE(self) ((struct async_write_sender)TO_WRITE(self))
#include "bench/forms/sender_task_form.h"
