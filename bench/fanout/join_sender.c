/* join, by senders: one static operation state, in which every child's lies.
 *
 *   when-all                 children that have names, 2 to 8 of them, as in stdexec: no stop source where no child can
 *                            fail or be stopped (sender/when_all.h)
 *   when-all-as-written      the same as P2300R10's text has it: always with a stop source. A form of its own where
 *                            children complete at once; those of a scheduler can be stopped, and need one anyway
 *   when-all-inline-known    the same for children of which it is statically known that they complete inline: the
 *                            count need not be atomic. No library does that
 *   when-all-array           children in an array, of one type
 */
#include "bench/fanout/consumer.h"
#include "bench/fanout/widths.h"
#include "sender/just.h"
#include "sender/schedule.h"
#include "sender/then.h"
#include "sender/when_all.h"

/* What a scheduled child completes with. */
struct give {
    ssize_t value;
};

static inline ssize_t give_call(struct give *self, struct unit value)
{
    (void)value;
    return self->value;
}

/* The stages of a child `C`, completing into R, and its sender with a value: of each kind. */
#define GIVEN_STAGES(C, R) SENDER_JUST(C, R)
#define GIVEN_SENDER(job, C, value_) ((struct C##_sender){.value = value_})

#define SCHEDULED_STAGES(C, R, context)                                                                                \
    RECEIVER(C, struct unit);                                                                                          \
    SENDER_SCHEDULE(C##_turn, context, C)                                                                              \
    SENDER_THEN(C, C##_turn, give, R)
#define SCHEDULED_SENDER(C, scheduler_, value_)                                                                        \
    ((struct C##_sender){.child = {.scheduler = scheduler_}, .function = {value_}})

#define POSTED_STAGES(C, R) SCHEDULED_STAGES(C, R, run_loop)
#define POSTED_SENDER(job, C, value) SCHEDULED_SENDER(C, &(job)->loop, value)
#define POOLED_STAGES(C, R) SCHEDULED_STAGES(C, R, thread_pool)
#define POOLED_SENDER(job, C, value) SCHEDULED_SENDER(C, (job)->pool, value)

/* ---- Named children ---- */

#define NAMED_RECEIVER(N, KIND, C) RECEIVER(N##_##C, ssize_t);
#define NAMED_STAGES(N, KIND, C) KIND##_STAGES(C, N##_##C)
#define NAMED_SENDER(N, KIND, C) sender.C = KIND##_SENDER(job, C, fanout_value(join, child++));
#define NAMED_SUM(N, KIND, C) sum += (uint64_t)values->C;

#define NAMED(width, N, KIND, WHEN_ALL, turn)                                                                          \
    NAMED_OF(N##_##width, FANOUT_NAMES_##width(N##_##width), KIND, WHEN_ALL, turn)
#define NAMED_OF(N, list, KIND, WHEN_ALL, turn)                                                                        \
    SENDER_EACH(NAMED_RECEIVER, N, KIND, list)                                                                         \
    WHEN_ALL_VALUES(N, list);                                                                                          \
    FANOUT_CONSUMER_RECEIVER(N##_end, struct N##_values *)                                                             \
    SENDER_EACH(NAMED_STAGES, N, KIND, list)                                                                           \
    WHEN_ALL(N, list, N##_end)                                                                                         \
    static inline void N##_make(struct N##_op *op, struct fanout_job *job, struct N##_end_receiver receiver)           \
    {                                                                                                                  \
        struct N##_sender sender;                                                                                      \
        uint64_t join = job->made;                                                                                     \
        unsigned child = 0;                                                                                            \
        SENDER_EACH(NAMED_SENDER, N, KIND, list)                                                                       \
        N##_connect(op, sender, receiver);                                                                             \
    }                                                                                                                  \
    static inline void N##_end_record(struct fanout_job *job, struct N##_values *values)                               \
    {                                                                                                                  \
        uint64_t sum = 0;                                                                                              \
        SENDER_EACH(NAMED_SUM, N, KIND, list)                                                                          \
        fanout_record(job, sum);                                                                                       \
    }                                                                                                                  \
    FANOUT_CONSUMER(N, N##_end, turn)                                                                                  \
    FANOUT_SENDER_FORM(N)

FANOUT_NAMED_WIDTHS(NAMED, named_given, GIVEN, SENDER_WHEN_ALL, turn_on_one_thread)
FANOUT_NAMED_WIDTHS(NAMED, named_posted, POSTED, SENDER_WHEN_ALL, turn_on_one_thread)
NAMED(2, written_given, GIVEN, SENDER_WHEN_ALL_AS_WRITTEN, turn_on_one_thread)
NAMED(8, written_given, GIVEN, SENDER_WHEN_ALL_AS_WRITTEN, turn_on_one_thread)
NAMED(2, known_given, GIVEN, SENDER_WHEN_ALL_INLINE, turn_on_one_thread)
NAMED(8, known_given, GIVEN, SENDER_WHEN_ALL_INLINE, turn_on_one_thread)
NAMED(2, named_pooled, POOLED, SENDER_WHEN_ALL, turn_on_any_thread)
NAMED(8, named_pooled, POOLED, SENDER_WHEN_ALL, turn_on_any_thread)

/* ---- An array of them ---- */

#define ARRAY(width, N, KIND, WHEN_ALL, turn) ARRAY_OF(N##_##width, width, KIND, WHEN_ALL, turn)
#define ARRAY_OF(N, width, KIND, WHEN_ALL, turn)                                                                       \
    RECEIVER_IN_ARRAY(N##_each, ssize_t);                                                                              \
    WHEN_ALL_ARRAY_VALUES(N, width);                                                                                   \
    FANOUT_CONSUMER_RECEIVER(N##_end, struct N##_values *)                                                             \
    KIND##_STAGES(N##_child, N##_each) WHEN_ALL(N, N##_child, width, N##_end) static inline void N##_make(             \
        struct N##_op *op, struct fanout_job *job, struct N##_end_receiver receiver)                                   \
    {                                                                                                                  \
        struct N##_sender sender;                                                                                      \
        uint64_t join = job->made;                                                                                     \
        for (unsigned i = 0; i < (width); i++)                                                                         \
            sender.each[i] = KIND##_SENDER(job, N##_child, fanout_value(join, i));                                     \
        N##_connect_from(op, &sender, receiver);                                                                       \
    }                                                                                                                  \
    static inline void N##_end_record(struct fanout_job *job, struct N##_values *values)                               \
    {                                                                                                                  \
        uint64_t sum = 0;                                                                                              \
        for (unsigned i = 0; i < (width); i++)                                                                         \
            sum += (uint64_t)values->each[i];                                                                          \
        fanout_record(job, sum);                                                                                       \
    }                                                                                                                  \
    FANOUT_CONSUMER(N, N##_end, turn)                                                                                  \
    FANOUT_SENDER_FORM(N)

FANOUT_ARRAY_WIDTHS(ARRAY, array_given, GIVEN, SENDER_WHEN_ALL_ARRAY, turn_on_one_thread)
ARRAY(64, array_written_given, GIVEN, SENDER_WHEN_ALL_ARRAY_AS_WRITTEN, turn_on_one_thread)
ARRAY(64, array_known_given, GIVEN, SENDER_WHEN_ALL_ARRAY_INLINE, turn_on_one_thread)
FANOUT_ARRAY_WIDTHS(ARRAY, array_posted, POSTED, SENDER_WHEN_ALL_ARRAY, turn_on_one_thread)
ARRAY(64, array_pooled, POOLED, SENDER_WHEN_ALL_ARRAY, turn_on_any_thread)
