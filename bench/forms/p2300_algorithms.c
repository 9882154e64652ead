/* The bridge as P2300R10 writes it, under algorithms: each read is
 *
 *     when_all(read_some, just(0)) | then(sum) | let_value(just)
 */
#include "bench/forms/sender_task_launch.h"
#include "sender/io.h"
#include "sender/just.h"
#include "sender/let.h"
#include "sender/sender_awaitable.h"
#include "sender/then.h"
#include "sender/when_all.h"

SENDER_AWAITABLE_RECEIVER(reading, sender_task);
RECEIVER(both_async_read, ssize_t);
RECEIVER(both_zero, ssize_t);
WHEN_ALL_VALUES(both, (async_read, zero));
RECEIVER(summed, struct both_values);
RECEIVER(again, ssize_t);
RECEIVER(again_inner, ssize_t);

SENDER_READ_SOME(async_read, both_async_read)
SENDER_JUST(zero, both_zero)
SENDER_WHEN_ALL(both, (async_read, zero), summed)

struct sum {
};

static inline ssize_t sum_call(struct sum *self, struct both_values values)
{
    (void)self;
    return values.async_read + values.zero;
}

SENDER_THEN(summed, both, sum, again)
SENDER_JUST(same, again_inner)

struct go_on {
};

static inline struct same_sender go_on_call(struct go_on *self, ssize_t *value)
{
    (void)self;
    return (struct same_sender){*value};
}

SENDER_LET_VALUE(again, summed, go_on, same, reading)
SENDER_AWAITABLE(reading, again)

SENDER_AWAITABLE_RECEIVER(writing, sender_task);
SENDER_WRITE_SOME(async_write, writing)
SENDER_AWAITABLE(writing, async_write)

#define FORM p2300_algorithms
#define PROMISE sender_task
#define AWAIT CO_AWAIT_SENDER
#define RETURN SENDER_TASK_RETURN
#define READ(self) ((struct again_sender){.child = {.child = {.async_read = TO_READ(self)}}})
#define WRITE(self) ((struct async_write_sender)TO_WRITE(self))
#include "bench/forms/sender_task_form.h"
