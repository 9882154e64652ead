/* Senders that repeat, with no coroutine anywhere: repeat(just() | then(record)), until `record` says that it was the
 * last. What each completion finds on the stack is the repeat algorithm's affair:
 *
 *   by=nesting      the completion connects and starts the next turn inside itself (libunifex,
 *                   repeat_effect_until.hpp, _rcvr::set_value). start and set_value are noexcept on both sides of
 *                   every call, so that no boundary stands in the way of a sibling call, and nothing guarantees one
 *   by=trampoline   the same, over starts_on(trampoline, child): stdexec's repeat_until (exec/repeat_until.hpp),
 *                   with the limits of its trampoline_scheduler, 16 deep and 4096 bytes
 *   by=loop         the turn leaves its outcome, and the loop that started it goes on (sender/repeat_until.h)
 */
#include "bench/stack/mechanism.h"
#include "sender/just.h"
#include "sender/repeat_until.h"
#include "sender/starts_on.h"
#include "sender/then.h"

#include <errno.h>

/* repeat_effect_until(child), where child completes with whether it was the last. */
#define SENDER_REPEAT_NESTING(N, child_, R)                                                                            \
    struct N##_sender {                                                                                                \
        struct child_##_sender child;                                                                                  \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct child_##_sender again;                                                                                  \
        struct child_##_op child;                                                                                      \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        op->receiver = receiver;                                                                                       \
        op->again = sender.child;                                                                                      \
        child_##_connect(&op->child, op->again, (struct N##_receiver){});                                              \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        child_##_start(&op->child);                                                                                    \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *self, bool end)                                            \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child, self);                                                     \
        if (end) {                                                                                                     \
            R##_set_value(&op->receiver, (struct unit){});                                                             \
        } else {                                                                                                       \
            child_##_connect(&op->child, op->again, (struct N##_receiver){});                                          \
            child_##_start(&op->child);                                                                                \
        }                                                                                                              \
    }                                                                                                                  \
    SENDER_FORWARD_ERROR(N, N, child_, child, R)                                                                       \
    SENDER_FORWARD_STOPPED(N, N, child_, child, R)                                                                     \
    SENDER_FORWARD_ENV(N, N, child_, child, R)

typedef struct unit end_in;

struct end_receiver {
    int *status;
};

SENDER_FUNCTION void end_set_value(struct end_receiver *self, struct unit value)
{
    (void)value;
    *self->status = 0;
}

SENDER_FUNCTION void end_set_error(struct end_receiver *self, int error)
{
    *self->status = -error;
}

SENDER_FUNCTION void end_set_stopped(struct end_receiver *self)
{
    *self->status = -ECANCELED;
}

SENDER_FUNCTION const struct io_env *end_get_env(const struct end_receiver *self)
{
    static const struct io_env none;
    (void)self;
    return &none;
}

/* Completes with whether that was the last. */
struct record {
    struct stack_job *job;
};

static inline bool record_call(struct record *self, struct unit value)
{
    (void)value;
    stack_job_completed(self->job, self->job->made);
    return self->job->made >= self->job->completions;
}

/* just() | then(record), completing into N. */
#define TURN(N)                                                                                                        \
    RECEIVER(N##_recorded, struct unit);                                                                               \
    SENDER_JUST(N##_just, N##_recorded)                                                                                \
    SENDER_THEN(N##_recorded, N##_just, record, N)

/* Runs the stage N, which repeats `sender`. A run of no completions has no turn. */
#define RUN(N, ...)                                                                                                    \
    static int N##_run(struct stack_job *job)                                                                          \
    {                                                                                                                  \
        int status = -EPROTO;                                                                                          \
        struct N##_op op;                                                                                              \
        if (job->completions == 0)                                                                                     \
            return 0;                                                                                                  \
        N##_connect(&op, (struct N##_sender){__VA_ARGS__}, (struct end_receiver){&status});                            \
        N##_start(&op);                                                                                                \
        return status;                                                                                                 \
    }

RECEIVER(nesting, bool);
TURN(nesting)
SENDER_REPEAT_NESTING(nesting, nesting_recorded, end)
RUN(nesting, {.function = {job}})

RECEIVER(bouncing, bool);
RECEIVER(bouncing_started, bool);
TURN(bouncing_started)
SENDER_STARTS_ON(bouncing_started, trampoline, bouncing_started_recorded, bouncing)
SENDER_REPEAT_NESTING(bouncing, bouncing_started, end)
RUN(bouncing, {&(struct trampoline)TRAMPOLINE_DEFAULTS, {.function = {job}}})

RECEIVER(looping, bool);
TURN(looping)
SENDER_REPEAT_UNTIL_ON_ONE_THREAD(looping, looping_recorded, end)
RUN(looping, {.function = {job}})

const struct stack_variant repeat_variants[] = {
    {.name = "by=nesting", .run = nesting_run},
    {.name = "by=trampoline", .run = bouncing_run, .rests_on = BOUND},
    {.name = "by=loop", .run = looping_run, .rests_on = LOOP},
    {.name = NULL},
};
