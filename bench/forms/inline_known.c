/* The bridge that each sender's completion behaviour asks for, as stdexec picks it (__as_awaitable.hpp:379): the step
 * between read and write is a sender that is known to complete inline, just(got) | then(process), and is awaited as
 * such (sender/inline_awaitable.h); read and write, which may have to wait, by the handshake by thread identity. */
#include "bench/forms/sender_task_launch.h"
#include "common/loop_job.h"
#include "sender/handshake_awaitable.h"
#include "sender/inline_awaitable.h"
#include "sender/io.h"
#include "sender/just.h"
#include "sender/then.h"

HANDSHAKE_AWAITABLE_RECEIVER(reading, sender_task, thread_id);
SENDER_READ_SOME(async_read, reading)
HANDSHAKE_AWAITABLE(reading, async_read, thread_id)

HANDSHAKE_AWAITABLE_RECEIVER(writing, sender_task, thread_id);
SENDER_WRITE_SOME(async_write, writing)
HANDSHAKE_AWAITABLE(writing, async_write, thread_id)

struct process_got {
    struct loop_job *job;
};

static inline ssize_t process_got_call(struct process_got *self, ssize_t got)
{
    process(&self->job->process, self->job->buffer, (size_t)got);
    return got;
}

INLINE_AWAITABLE_RECEIVER(processing, sender_task);
RECEIVER(processed, ssize_t);
SENDER_JUST(piece, processed)
SENDER_THEN(processed, piece, process_got, processing)
INLINE_AWAITABLE(processing, processed)

#define FORM inline_known
#define PROMISE sender_task
#define AWAIT CO_AWAIT_SENDER_TRANSFER
#define RETURN SENDER_TASK_RETURN
#define READ(self) ((struct async_read_sender)TO_READ(self))
#define WRITE(self) ((struct async_write_sender)TO_WRITE(self))
#define MEMBERS struct processing processing;
#define PROCESS(self)                                                                                                  \
    AWAIT(self->got, self, processing, &self->processing,                                                              \
          ((struct processed_sender){.child = {self->got}, .function = {self->job}}))
#include "bench/forms/sender_task_form.h"
