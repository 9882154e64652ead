/* starts_on(scheduler, child): starts child on the scheduler's context; it completes wherever it does
 * ([exec.starts.on], which lowers it to let_value(schedule(scheduler), a function that returns child)).
 *
 *     RECEIVER(N, in);
 *     ...the stage `child`, completing into N...
 *     SENDER_STARTS_ON(N, context, child, R);      R_in is N_in; `context` as in sender/schedule.h
 *
 * In the child's environment the scheduler is the executor: an environment of its own, so its bytes are here in the
 * operation state, where C++ joins two environments and keeps the scheduler. Where the schedule operation is stopped,
 * child is never connected. The two operation states share their storage.
 */
#ifndef ABREAST_SENDER_STARTS_ON_H
#define ABREAST_SENDER_STARTS_ON_H

#include "sender/schedule.h"

#define SENDER_STARTS_ON(N, context_, child_, R)                                                                       \
    RECEIVER(N##_scheduled, struct unit);                                                                              \
    SENDER_SCHEDULE(N##_schedule, context_, N##_scheduled)                                                             \
    struct N##_sender {                                                                                                \
        struct context_ *scheduler;                                                                                    \
        struct child_##_sender child;                                                                                  \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct child_##_sender sender;                                                                                 \
        struct io_env env;                                                                                             \
        union {                                                                                                        \
            struct N##_schedule_op schedule;                                                                           \
            struct child_##_op child;                                                                                  \
        };                                                                                                             \
    };                                                                                                                 \
    enum {                                                                                                             \
        N##_completions = SENDER_COMPLETIONS_LET(N##_schedule_completions, COMPLETES_WITH_VALUE, child_##_completions) \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->sender = sender.child;                                                                                     \
        op->env.executor = context_##_executor(sender.scheduler);                                                      \
        PROBE(RECEIVER_BUILT);                                                                                         \
        N##_schedule_connect(&op->schedule, (struct N##_schedule_sender){sender.scheduler},                            \
                             (struct N##_scheduled_receiver){});                                                       \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        N##_schedule_start(&op->schedule);                                                                             \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_scheduled_set_value(struct N##_scheduled_receiver *self, struct unit value)               \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, N##_schedule, schedule, self);                                            \
        const struct io_env *env = R##_get_env(&op->receiver);                                                         \
        (void)value;                                                                                                   \
        op->env.stop = env->stop;                                                                                      \
        op->env.allocator = env->allocator;                                                                            \
        PROBE(RECEIVER_BUILT);                                                                                         \
        child_##_connect(&op->child, op->sender, (struct N##_receiver){});                                             \
        child_##_start(&op->child);                                                                                    \
    }                                                                                                                  \
    SENDER_FORWARD_ERROR(N##_scheduled, N, N##_schedule, schedule, R)                                                  \
    SENDER_FORWARD_STOPPED(N##_scheduled, N, N##_schedule, schedule, R)                                                \
    SENDER_FORWARD_ENV(N##_scheduled, N, N##_schedule, schedule, R)                                                    \
    SENDER_FORWARD_VALUE(N, N, child_, child, R)                                                                       \
    SENDER_FORWARD_ERROR(N, N, child_, child, R)                                                                       \
    SENDER_FORWARD_STOPPED(N, N, child_, child, R)                                                                     \
    SENDER_FUNCTION const struct io_env *N##_get_env(const struct N##_receiver *self)                                  \
    {                                                                                                                  \
        return &SENDER_PARENT(N, child_, child, self)->env;                                                            \
    }

#endif
