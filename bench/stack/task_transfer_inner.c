/* The second case that P2583R0 7 finds left over by task-transfer: a task awaits a task, by symmetric transfer, whose
 * body awaits just(value) through a bridge (task_transfer_sender.c has the two).
 *
 * loop=inner   one inner task awaits again and again: "stack frames accumulate inside the inner task"
 * loop=outer   the outer task awaits again and again an inner task that awaits once, and passes the value up
 */
#include "bench/stack/tasks.h"
#include "sender/handshake_awaitable.h"
#include "sender/just.h"

/* What the inner tasks await. */
SENDER_AWAITABLE_RECEIVER(resumed, transfer_task);
SENDER_JUST(resumed_just, resumed)
SENDER_AWAITABLE(resumed, resumed_just)

HANDSHAKE_AWAITABLE_RECEIVER(agreed, transfer_task, thread_id);
SENDER_JUST(agreed_just, agreed)
HANDSHAKE_AWAITABLE(agreed, agreed_just, thread_id)

/* What the outer tasks await. */
TRANSFER_TASK_AWAITABLE(inner, transfer_task)

static inline struct inner_sender inner_make(struct transfer_task *child)
{
    return (struct inner_sender){child};
}

/* ---- loop=inner ---- */

/* A sender that needs nothing but the value. */
struct nothing {
};

static inline struct resumed_just_sender resumed_make(struct nothing context, ssize_t value)
{
    (void)context;
    return (struct resumed_just_sender){value};
}

static inline struct agreed_just_sender agreed_make(struct nothing context, ssize_t value)
{
    (void)context;
    return (struct agreed_just_sender){value};
}

AWAITING_SENDER_BY(resumed, transfer_task, CO_AWAIT_SENDER, TRANSFER_TASK_RETURN, struct nothing, resumed_make)
AWAITING_SENDER_BY(agreed, transfer_task, CO_AWAIT_SENDER_TRANSFER, TRANSFER_TASK_RETURN, struct nothing, agreed_make)

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
    CO_AWAIT_SENDER_TRANSFER(self->result, self, inner, &self->awaitable, inner_make(self->child));
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

static int run_resumed_inside(struct stack_job *job)
{
    return run_once(resumed_create(job, (struct nothing){}));
}

static int run_agreed_inside(struct stack_job *job)
{
    return run_once(agreed_create(job, (struct nothing){}));
}

/* ---- loop=outer ---- */

#define PASSING_TASK(N, AWAIT, bridge)                                                                                 \
    struct N##_task {                                                                                                  \
        struct transfer_task task;                                                                                     \
        ssize_t value;                                                                                                 \
        struct bridge awaitable;                                                                                       \
    };                                                                                                                 \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N##_task *self = (struct N##_task *)handle;                                                             \
        CO_BEGIN(self);                                                                                                \
        AWAIT(self->value, self, bridge, &self->awaitable, ((struct bridge##_just_sender){self->value}));              \
        TRANSFER_TASK_RETURN(self, self->value);                                                                       \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct transfer_task *N##_create(ssize_t value)                                                             \
    {                                                                                                                  \
        struct N##_task *self = (struct N##_task *)transfer_task_create(NULL, sizeof *self, N##_body, NULL);           \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        self->value = value;                                                                                           \
        return &self->task;                                                                                            \
    }

PASSING_TASK(f_resumed, CO_AWAIT_SENDER, resumed)
PASSING_TASK(f_agreed, CO_AWAIT_SENDER_TRANSFER, agreed)

TRANSFER_TASK_AWAITABLE(g_resumed, transfer_task)

static inline struct g_resumed_sender g_resumed_make(struct transfer_task *child)
{
    return (struct g_resumed_sender){child};
}

OUTER_TASK(g_resumed, transfer_task, CO_AWAIT_SENDER_TRANSFER, TRANSFER_TASK_RETURN, f_resumed, g_resumed_make,
           g_resumed_destroy)

static int run_resumed_outside(struct stack_job *job)
{
    return transfer_task_run(g_resumed_create(job));
}

TRANSFER_TASK_AWAITABLE(g_agreed, transfer_task)

static inline struct g_agreed_sender g_agreed_make(struct transfer_task *child)
{
    return (struct g_agreed_sender){child};
}

OUTER_TASK(g_agreed, transfer_task, CO_AWAIT_SENDER_TRANSFER, TRANSFER_TASK_RETURN, f_agreed, g_agreed_make,
           g_agreed_destroy)

static int run_agreed_outside(struct stack_job *job)
{
    return transfer_task_run(g_agreed_create(job));
}

const struct stack_variant STACK_VARIANTS(task_transfer_inner)[] = {
    {.name = "loop=inner,bridge=p2300", .run = run_resumed_inside},
    {.name = "loop=inner,bridge=handshake", .run = run_agreed_inside, .rests_on = TAIL_CALL},
    {.name = "loop=outer,bridge=p2300", .run = run_resumed_outside},
    {.name = "loop=outer,bridge=handshake", .run = run_agreed_outside, .rests_on = TAIL_CALL},
    {.name = NULL},
};
