/* schedule(scheduler): completes on the scheduler's context, after a round trip through its queue ([exec.schedule]).
 *
 *     SENDER_SCHEDULE(N, context, R);      R_in is struct unit
 *
 * `context` is a type with context_post_work(struct context *, struct work *) and a constant
 * context_schedule_completions: run_loop or thread_pool. As in C++ the scheduler's type is known, so no executor table
 * is called.
 */
#ifndef ABREAST_SENDER_SCHEDULE_H
#define ABREAST_SENDER_SCHEDULE_H

#include "common/run_loop.h"
#include "common/thread_pool.h"
#include "sender/sender.h"

enum {
    run_loop_schedule_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_STOPPED,
    thread_pool_schedule_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_STOPPED,
};

#define SENDER_SCHEDULE(N, context_, R)                                                                                \
    struct N##_sender {                                                                                                \
        struct context_ *scheduler;                                                                                    \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct context_ *scheduler;                                                                                    \
        struct work work;                                                                                              \
    };                                                                                                                 \
    enum { N##_completions = context_##_schedule_completions };                                                        \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->scheduler = sender.scheduler;                                                                              \
    }                                                                                                                  \
    static void N##_execute(struct work *work)                                                                         \
    {                                                                                                                  \
        struct N##_op *op = CONTAINER_OF(work, struct N##_op, work);                                                   \
        if (stop_requested(R##_get_env(&op->receiver)->stop)) {                                                        \
            PROBE(SET_STOPPED);                                                                                        \
            R##_set_stopped(&op->receiver);                                                                            \
        } else {                                                                                                       \
            PROBE(SET_VALUE);                                                                                          \
            R##_set_value(&op->receiver, (struct unit){});                                                             \
        }                                                                                                              \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        op->work.execute = N##_execute;                                                                                \
        context_##_post_work(op->scheduler, &op->work);                                                                \
    }

#endif
