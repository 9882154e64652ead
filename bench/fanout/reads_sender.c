/* race and cancel, by senders.
 *
 *   when-any     stdexec's exec::when_any of the read and the timeout (sender/when_any.h)
 *   stop-when    libunifex's: the read, stopped when the timeout completes (sender/stop_when.h)
 *   when-all     named reads, 2 to 8 of them (sender/when_all.h); when-all-array: an array of them
 */
#include "bench/fanout/consumer.h"
#include "bench/fanout/widths.h"
#include "sender/io.h"
#include "sender/stop_when.h"
#include "sender/then.h"
#include "sender/when_all.h"
#include "sender/when_any.h"

#define READING(N, job, stream_)                                                                                       \
    ((struct N##_sender){                                                                                              \
        .stream = &(job)->streams[stream_].stream, .buffer = (job)->buffers[stream_], .size = FANOUT_BUFFER_BYTES})

/* ---- race ---- */

/* The timeout's value, in place of the read's. */
struct expired {
};

static inline ssize_t expired_call(struct expired *self, ssize_t expirations)
{
    (void)self;
    (void)expirations;
    return -ECANCELED;
}

FANOUT_CONSUMER_RECEIVER(any_end, ssize_t)
RECEIVER(any_read, ssize_t);
RECEIVER(any_timeout, ssize_t);
RECEIVER(timeout, ssize_t);
SENDER_READ_SOME(read, any_read)
SENDER_READ_SOME(timer, timeout)
SENDER_THEN(timeout, timer, expired, any_timeout)
SENDER_WHEN_ANY(any, (read, timeout), any_end)

static inline void any_make(struct any_op *op, struct fanout_job *job, struct any_end_receiver receiver)
{
    any_connect(op, (struct any_sender){.read = READING(read, job, 0), .timeout = {.child = READING(timer, job, 1)}},
                receiver);
}

static inline void any_end_record(struct fanout_job *job, ssize_t result)
{
    fanout_record_race(job, result);
}

FANOUT_CONSUMER(any, any_end, turn_on_one_thread)
FANOUT_SENDER_FORM(any)

FANOUT_CONSUMER_RECEIVER(until_end, ssize_t)
RECEIVER(until_source, ssize_t);
RECEIVER(until_trigger, ssize_t);
SENDER_READ_SOME(source, until_source)
SENDER_READ_SOME(trigger, until_trigger)
SENDER_STOP_WHEN(until, source, trigger, until_end)

static inline void until_make(struct until_op *op, struct fanout_job *job, struct until_end_receiver receiver)
{
    until_connect(op, (struct until_sender){.source = READING(source, job, 0), .trigger = READING(trigger, job, 1)},
                  receiver);
}

static inline void until_end_record(struct fanout_job *job, ssize_t result)
{
    fanout_record_race(job, result);
}

FANOUT_CONSUMER(until, until_end, turn_on_one_thread)
FANOUT_SENDER_FORM(until)

/* ---- cancel ---- */

#define NAMED_RECEIVER(N, R, C) RECEIVER(N##_##C, ssize_t);
#define NAMED_STAGE(N, R, C) SENDER_READ_SOME(C, N##_##C)
#define NAMED_SENDER(N, R, C) sender.C = READING(C, job, stream), stream++;

/* Values are never delivered: one of the reads always fails. */
#define NEVER_RECORDED(N)                                                                                              \
    static inline void N##_end_record(struct fanout_job *job, struct N##_values *values)                               \
    {                                                                                                                  \
        (void)values;                                                                                                  \
        job->status = -EPROTO;                                                                                         \
        job->made++;                                                                                                   \
    }

#define NAMED(width, N) NAMED_OF(N##_##width, FANOUT_NAMES_##width(N##_##width))
#define NAMED_OF(N, list)                                                                                              \
    SENDER_EACH(NAMED_RECEIVER, N, , list)                                                                             \
    WHEN_ALL_VALUES(N, list);                                                                                          \
    FANOUT_CONSUMER_RECEIVER(N##_end, struct N##_values *)                                                             \
    SENDER_EACH(NAMED_STAGE, N, , list)                                                                                \
    SENDER_WHEN_ALL(N, list, N##_end)                                                                                  \
    static inline void N##_make(struct N##_op *op, struct fanout_job *job, struct N##_end_receiver receiver)           \
    {                                                                                                                  \
        struct N##_sender sender;                                                                                      \
        unsigned stream = 0;                                                                                           \
        SENDER_EACH(NAMED_SENDER, N, , list)                                                                           \
        N##_connect(op, sender, receiver);                                                                             \
    }                                                                                                                  \
    NEVER_RECORDED(N)                                                                                                  \
    FANOUT_CONSUMER(N, N##_end, turn_on_one_thread)                                                                    \
    FANOUT_SENDER_FORM(N)

NAMED(2, cancel)
NAMED(8, cancel)

#define ARRAY(width, N) ARRAY_OF(N##_##width, width)
#define ARRAY_OF(N, width)                                                                                             \
    RECEIVER_IN_ARRAY(N##_each, ssize_t);                                                                              \
    WHEN_ALL_ARRAY_VALUES(N, width);                                                                                   \
    FANOUT_CONSUMER_RECEIVER(N##_end, struct N##_values *)                                                             \
    SENDER_READ_SOME(N##_child, N##_each)                                                                              \
    SENDER_WHEN_ALL_ARRAY(N, N##_child, width, N##_end)                                                                \
    static inline void N##_make(struct N##_op *op, struct fanout_job *job, struct N##_end_receiver receiver)           \
    {                                                                                                                  \
        struct N##_sender sender;                                                                                      \
        for (unsigned i = 0; i < (width); i++)                                                                         \
            sender.each[i] = READING(N##_child, job, i);                                                               \
        N##_connect_from(op, &sender, receiver);                                                                       \
    }                                                                                                                  \
    NEVER_RECORDED(N)                                                                                                  \
    FANOUT_CONSUMER(N, N##_end, turn_on_one_thread)                                                                    \
    FANOUT_SENDER_FORM(N)

FANOUT_ARRAY_WIDTHS(ARRAY, cancel_array)
