/* The loop as a coroutine that awaits any_senders: the reads' operation states do not fit the buffer and have a block
 * each, the writes' do. */
#include "bench/forms/sender_task_launch.h"
#include "sender/any_sender.h"
#include "sender/io.h"
#include "sender/sender_awaitable.h"

ANY_SENDER(any_size, ssize_t)
SENDER_READ_SOME(stream_read, any_size)
SENDER_WRITE_SOME(stream_write, any_size)
ANY_SENDER_OF(stream_read, any_size)
ANY_SENDER_OF(stream_write, any_size)
_Static_assert(sizeof(struct stream_read_op) > ANY_SENDER_BYTES, "reads need a block");

SENDER_AWAITABLE_RECEIVER(reading, sender_task)
SENDER_ANY(any_read, any_size, ANY_SENDER_BYTES, reading)
SENDER_AWAITABLE(reading, any_read)

SENDER_AWAITABLE_RECEIVER(writing, sender_task)
SENDER_ANY(any_write, any_size, sizeof(struct stream_write_op), writing)
SENDER_AWAITABLE(writing, any_write)

#define FORM erased_any_sender
#define PROMISE sender_task
#define AWAIT CO_AWAIT_SENDER
#define RETURN SENDER_TASK_RETURN
#define READ(self) ((struct any_read_sender){stream_read_erase((struct stream_read_sender)TO_READ(self), NULL)})
#define WRITE(self) ((struct any_write_sender){stream_write_erase((struct stream_write_sender)TO_WRITE(self), NULL)})
#define PREPARE(self) ((self)->reading.state.child = (self)->writing.state.child = NULL)
#define DESTROY(self) (any_read_destroy(&(self)->reading.state), any_write_destroy(&(self)->writing.state))
extern const struct loop_code loop_erased_any_sender;
#include "bench/forms/sender_task_form.h"
