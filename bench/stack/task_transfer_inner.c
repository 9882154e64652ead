/* The second case that P2583R0 7 finds left over by task-transfer: a task awaits a task, by symmetric transfer, whose
 * body awaits just(value) through a bridge (task_transfer_sender.c has the three).
 *
 * loop=inner   one inner task awaits again and again: "stack frames accumulate inside the inner task"
 * loop=outer   the outer task awaits again and again an inner task that awaits once, and passes the value up
 */
#include "bench/stack/pipelines.h"
#include "bench/stack/tasks.h"
#include "sender/handshake_awaitable.h"
#include "sender/inline_awaitable.h"
#include "sender/just.h"

/* What the outer task of loop=inner awaits. */
TRANSFER_TASK_AWAITABLE(inner, transfer_task)

struct once_task {
    struct transfer_task task;
    struct transfer_task *child;
    struct inner awaitable;
    ssize_t result;
};

static void once_body(struct coro *handle)
{
    struct once_task *self = (struct once_task *)handle;
    CO_BEGIN(self);
    CO_AWAIT_SENDER_TRANSFER(self->result, self, inner, &self->awaitable, ((struct inner_sender){self->child}));
    TRANSFER_TASK_RETURN(self, self->result);
    CO_END;
}

/* Takes over the task that does the work. */
static int run_once(struct transfer_task *child)
{
    if (!child)
        return -ENOMEM;
    struct once_task *self = (struct once_task *)transfer_task_create(NULL, sizeof *self, once_body, NULL);
    if (!self) {
        coro_destroy(&child->frame.coro);
        return -ENOMEM;
    }
    self->child = child;
    return transfer_task_run(&self->task);
}

#define LOOP_INNER(N, AWAIT) PIPELINE_ROW(N, transfer_task, AWAIT, TRANSFER_TASK_RETURN, run_once)

/* N_once, the inner task, awaits N; N_outer is the awaiter of the task that awaits it. */
#define LOOP_OUTER(N, AWAIT)                                                                                           \
    struct N##_once_task {                                                                                             \
        struct transfer_task task;                                                                                     \
        ssize_t value;                                                                                                 \
        struct N awaitable;                                                                                            \
    };                                                                                                                 \
    static void N##_once_body(struct coro *handle)                                                                     \
    {                                                                                                                  \
        struct N##_once_task *self = (struct N##_once_task *)handle;                                                   \
        CO_BEGIN(self);                                                                                                \
        AWAIT(self->value, self, N, &self->awaitable, ((struct N##_just_sender){self->value}));                        \
        TRANSFER_TASK_RETURN(self, self->value);                                                                       \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct transfer_task *N##_once_create(ssize_t value)                                                        \
    {                                                                                                                  \
        struct N##_once_task *self =                                                                                   \
            (struct N##_once_task *)transfer_task_create(NULL, sizeof *self, N##_once_body, NULL);                     \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        self->value = value;                                                                                           \
        return &self->task;                                                                                            \
    }                                                                                                                  \
    TRANSFER_TASK_AWAITABLE(N##_outer, transfer_task)                                                                  \
    static inline struct N##_outer_sender N##_outer_make(struct transfer_task *child)                                  \
    {                                                                                                                  \
        return (struct N##_outer_sender){child};                                                                       \
    }                                                                                                                  \
    OUTER_TASK(N##_outer, transfer_task, CO_AWAIT_SENDER_TRANSFER, TRANSFER_TASK_RETURN, N##_once, N##_outer_make,     \
               N##_outer_destroy)                                                                                      \
    static int N##_outer_run(struct stack_job *job)                                                                    \
    {                                                                                                                  \
        return transfer_task_run(N##_outer_create(job));                                                               \
    }

PIPELINE_ALONE(SENDER, SENDER, resumed, transfer_task)
PIPELINE_ALONE(SENDER, HANDSHAKE, agreed, transfer_task, thread_id)
PIPELINE_ALONE(SENDER, INLINE, known, transfer_task)

LOOP_INNER(resumed, CO_AWAIT_SENDER)
LOOP_INNER(agreed, CO_AWAIT_SENDER_TRANSFER)
LOOP_INNER(known, CO_AWAIT_SENDER_TRANSFER)

LOOP_OUTER(resumed, CO_AWAIT_SENDER)
LOOP_OUTER(agreed, CO_AWAIT_SENDER_TRANSFER)
LOOP_OUTER(known, CO_AWAIT_SENDER_TRANSFER)

const struct stack_variant STACK_VARIANTS(task_transfer_inner)[] = {
    {.name = "loop=inner,bridge=p2300", .run = resumed_run},
    {.name = "loop=inner,bridge=handshake", .run = agreed_run, .rests_on = TAIL_CALL},
    {.name = "loop=inner,bridge=inline-known", .run = known_run, .rests_on = TAIL_CALL},
    {.name = "loop=outer,bridge=p2300", .run = resumed_outer_run},
    {.name = "loop=outer,bridge=handshake", .run = agreed_outer_run, .rests_on = TAIL_CALL},
    {.name = "loop=outer,bridge=inline-known", .run = known_outer_run, .rests_on = TAIL_CALL},
    {.name = NULL},
};
