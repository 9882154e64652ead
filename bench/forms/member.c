/* co_await of senders that have a member as_awaitable: neither receiver nor operation state
 * (sender/member_awaitable.h).
 */
#include "bench/forms/sender_task_launch.h"
#include "sender/member_awaitable.h"

MEMBER_READ_SOME(reading, sender_task)
MEMBER_WRITE_SOME(writing, sender_task)

#define FORM member
#define PROMISE sender_task
#define AWAIT CO_AWAIT_MEMBER
#define RETURN SENDER_TASK_RETURN
#define READ(self) ((struct reading_sender)TO_READ(self))
#define WRITE(self) ((struct writing_sender)TO_WRITE(self))
#include "bench/forms/sender_task_form.h"
