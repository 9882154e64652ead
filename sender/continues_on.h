/* continues_on(child, scheduler): starts child where it is started, and completes on the scheduler's context
 * ([exec.continues.on], which P2300R10 lowers to schedule_from(scheduler, child), [exec.schedule.from]).
 *
 *     RECEIVER(N, in);
 *     ...the stage `child`, completing into N...
 *     SENDER_CONTINUES_ON(N, child, context, R);      R_in is N_in; `context` as in sender/schedule.h
 *
 * The child's completion, be it value, error or stopped, is kept in the operation state while the schedule operation
 * runs, and then delivered. Where the schedule operation is stopped, that is what is delivered. The schedule operation
 * is connected with the child, as the standard has it, and so lies beside it in the operation state.
 */
#ifndef ABREAST_SENDER_CONTINUES_ON_H
#define ABREAST_SENDER_CONTINUES_ON_H

#include "sender/schedule.h"

/* The index of the kept completion. */
enum { CONTINUES_WITH_VALUE, CONTINUES_WITH_ERROR, CONTINUES_WITH_STOPPED };

#define SENDER_CONTINUES_ON(N, child_, context_, R)                                                                    \
    RECEIVER(N##_scheduled, struct unit);                                                                              \
    SENDER_SCHEDULE(N##_schedule, context_, N##_scheduled)                                                             \
    struct N##_sender {                                                                                                \
        struct child_##_sender child;                                                                                  \
        struct context_ *scheduler;                                                                                    \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        unsigned index;                                                                                                \
        union {                                                                                                        \
            N##_in value;                                                                                              \
            int error;                                                                                                 \
        };                                                                                                             \
        struct N##_schedule_op schedule;                                                                               \
        struct child_##_op child;                                                                                      \
    };                                                                                                                 \
    enum {                                                                                                             \
        N##_completions = (child_##_completions & ~COMPLETES_INLINE) |                                                 \
                          (N##_schedule_completions & (COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED)) |               \
                          (child_##_completions & N##_schedule_completions & COMPLETES_INLINE)                         \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        PROBE(RECEIVER_BUILT);                                                                                         \
        N##_schedule_connect(&op->schedule, (struct N##_schedule_sender){sender.scheduler},                            \
                             (struct N##_scheduled_receiver){});                                                       \
        PROBE(RECEIVER_BUILT);                                                                                         \
        child_##_connect(&op->child, sender.child, (struct N##_receiver){});                                           \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        child_##_start(&op->child);                                                                                    \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *self, N##_in value)                                        \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child, self);                                                     \
        SENDER_VALUE_TYPE(R, value);                                                                                   \
        PROBE(VARIANT_EMPLACED);                                                                                       \
        op->index = CONTINUES_WITH_VALUE;                                                                              \
        op->value = value;                                                                                             \
        N##_schedule_start(&op->schedule);                                                                             \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_error(struct N##_receiver *self, int error)                                           \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child, self);                                                     \
        PROBE(VARIANT_EMPLACED);                                                                                       \
        op->index = CONTINUES_WITH_ERROR;                                                                              \
        op->error = error;                                                                                             \
        N##_schedule_start(&op->schedule);                                                                             \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_stopped(struct N##_receiver *self)                                                    \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child, self);                                                     \
        PROBE(VARIANT_EMPLACED);                                                                                       \
        op->index = CONTINUES_WITH_STOPPED;                                                                            \
        N##_schedule_start(&op->schedule);                                                                             \
    }                                                                                                                  \
    SENDER_FORWARD_ENV(N, N, child_, child, R)                                                                         \
    SENDER_FUNCTION void N##_scheduled_set_value(struct N##_scheduled_receiver *self, struct unit value)               \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, N##_schedule, schedule, self);                                            \
        (void)value;                                                                                                   \
        if (op->index == CONTINUES_WITH_VALUE) {                                                                       \
            PROBE(SET_VALUE);                                                                                          \
            R##_set_value(&op->receiver, op->value);                                                                   \
        } else if (op->index == CONTINUES_WITH_ERROR) {                                                                \
            PROBE(SET_ERROR);                                                                                          \
            R##_set_error(&op->receiver, op->error);                                                                   \
        } else {                                                                                                       \
            PROBE(SET_STOPPED);                                                                                        \
            R##_set_stopped(&op->receiver);                                                                            \
        }                                                                                                              \
    }                                                                                                                  \
    SENDER_FORWARD_ERROR(N##_scheduled, N, N##_schedule, schedule, R)                                                  \
    SENDER_FORWARD_STOPPED(N##_scheduled, N, N##_schedule, schedule, R)                                                \
    SENDER_FORWARD_ENV(N##_scheduled, N, N##_schedule, schedule, R)

#endif
