/* schedule(scheduler): completes on the scheduler's context ([exec.schedule]).
 *
 *     SENDER_SCHEDULE(N, context, R);      R_in is struct unit; the sender is {scheduler}, a struct context *
 *
 * `context` is one of
 *
 *     run_loop, thread_pool   after a round trip through the queue
 *     strand                  the same, and never beside another of its operations
 *     trampoline              at once, or through the queue of the outermost call where the stack has become too deep
 *     inline_scheduler        inside start, and never with stopped (P3552R3 [exec.inline.scheduler])
 *     task_scheduler          any scheduler, type-erased: what P3552R3's task runs on ([exec.task.scheduler])
 *
 * As in C++ a scheduler's type is known and no table is called, but for task_scheduler's. A further context is a type
 * with context_post_work(struct context *, struct work *), context_executor(struct context *), a constant
 * context_schedule_completions, and a line SENDER_SCHEDULE_ON_context below.
 *
 * The operation looks at its receiver's stop token when its turn comes. It does so behind a task_scheduler too, be it
 * an inline one.
 */
#ifndef ABREAST_SENDER_SCHEDULE_H
#define ABREAST_SENDER_SCHEDULE_H

#include "common/run_loop.h"
#include "common/strand.h"
#include "common/thread_pool.h"
#include "common/trampoline.h"
#include "sender/sender.h"

/* The scheduler of no context. It has no state: a null pointer will do. */
struct inline_scheduler {
};

static inline struct executor_ref inline_scheduler_executor(struct inline_scheduler *scheduler)
{
    (void)scheduler;
    return inline_executor();
}

struct task_scheduler {
    struct executor_ref executor;
};

static inline void task_scheduler_post_work(struct task_scheduler *scheduler, struct work *work)
{
    executor_post_work(scheduler->executor, work);
}

static inline struct executor_ref task_scheduler_executor(struct task_scheduler *scheduler)
{
    return scheduler->executor;
}

/* get_scheduler of an environment, which has it as its executor. */
static inline struct task_scheduler *task_scheduler_of(const struct io_env *env)
{
    return CONTAINER_OF((struct executor_ref *)&env->executor, struct task_scheduler, executor);
}

enum {
    run_loop_schedule_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_STOPPED,
    thread_pool_schedule_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_STOPPED,
    strand_schedule_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_STOPPED,
    trampoline_schedule_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_STOPPED,
    task_scheduler_schedule_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_STOPPED,
    inline_scheduler_schedule_completions = COMPLETES_WITH_VALUE | COMPLETES_INLINE,
};

#define SENDER_SCHEDULE(N, context, R) SENDER_SCHEDULE_ON_##context(N, R)

#define SENDER_SCHEDULE_ON_run_loop(N, R) SENDER_SCHEDULE_BY_WORK(N, run_loop, R)
#define SENDER_SCHEDULE_ON_thread_pool(N, R) SENDER_SCHEDULE_BY_WORK(N, thread_pool, R)
#define SENDER_SCHEDULE_ON_strand(N, R) SENDER_SCHEDULE_BY_WORK(N, strand, R)
#define SENDER_SCHEDULE_ON_trampoline(N, R) SENDER_SCHEDULE_BY_WORK(N, trampoline, R)
#define SENDER_SCHEDULE_ON_task_scheduler(N, R) SENDER_SCHEDULE_BY_WORK(N, task_scheduler, R)

#define SENDER_SCHEDULE_BY_WORK(N, context_, R)                                                                        \
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

#define SENDER_SCHEDULE_ON_inline_scheduler(N, R)                                                                      \
    struct N##_sender {                                                                                                \
        struct inline_scheduler *scheduler;                                                                            \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
    };                                                                                                                 \
    enum { N##_completions = inline_scheduler_schedule_completions };                                                  \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        (void)sender;                                                                                                  \
        op->receiver = receiver;                                                                                       \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(SET_VALUE);                                                                                              \
        R##_set_value(&op->receiver, (struct unit){});                                                                 \
    }

#endif
