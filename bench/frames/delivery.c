#include "bench/frames/delivery.h"

#include "awaitable/run.h"
#include "bench/cxx/delivery.h"
#include "sender/sender_awaitable.h"
#include "sender/task_sender.h"

#include <stdlib.h>
#include <string.h>

/* Chains to a launch: bench/frames.c says why. */
enum { LAUNCH_CHAINS = 64, SPOILAGE_OPERATIONS = 64 };

void delivery_not_freed(struct coro *handle)
{
    (void)handle;
}

/* What a frame keeps of its allocator for the frames below, beside what it is freed by. */
#define KEPT struct frame_allocator *kept;
#define NOTHING_KEPT
#define KEEP(frame, allocator) ((frame)->kept = (allocator))
#define KEEP_NOTHING(frame, allocator) ((void)(allocator))

/* Where a coroutine has the allocator from that it gives to the next. */
#define FROM_CHANNEL(self) get_current_frame_allocator()
#define FROM_FRAME(self) ((self)->kept)
#define FROM_ENVIRONMENT(self) ((self)->task.env->allocator)
#define FROM_STATE(self) ((self)->task.state->env->allocator)

/* ---- Tasks of the awaitable model ---- */

struct launched {
    struct run_async launch;
    struct order *order;
};

static void root_done(struct run_async *launch, ssize_t result)
{
    CONTAINER_OF(launch, struct launched, launch)->order->result = result;
}

void delivery_launch_root(struct task *root, struct order *order, const struct io_env *env)
{
    struct launched launched = {.order = order};
    run_async(&launched.launch, root, env, root_done);
}

/* The links of a chain, N, whose members in front are those of the awaitable T. */
#define LINKS(N, T, kept_, KEEP_, FROM, AWAIT)                                                                         \
    struct N {                                                                                                         \
        struct task task;                                                                                              \
        kept_ struct T *child;                                                                                         \
        ssize_t got;                                                                                                   \
        unsigned char local[LOCAL_BYTES];                                                                              \
    };                                                                                                                 \
    static void N##_body(struct coro *handle);                                                                         \
    static struct T *N##_create(struct frame_allocator *allocator, unsigned depth)                                     \
    {                                                                                                                  \
        struct N *self = frame_create(allocator, sizeof *self, N##_body, NULL);                                        \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        KEEP_(self, allocator);                                                                                        \
        self->local[0] = (unsigned char)depth;                                                                         \
        return (struct T *)self;                                                                                       \
    }                                                                                                                  \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N *self = (struct N *)handle;                                                                           \
                                                                                                                       \
        CO_BEGIN(self);                                                                                                \
        if (self->local[0] == 1)                                                                                       \
            CO_RETURN(self, 1);                                                                                        \
        self->child = N##_create(FROM(self), self->local[0] - 1u);                                                     \
        if (!self->child)                                                                                              \
            CO_RETURN(self, -ENOMEM);                                                                                  \
        AWAIT(self->got, self, T, self->child);                                                                        \
        coro_destroy((struct coro *)self->child);                                                                      \
        CO_RETURN(self, self->got < 0 ? self->got : self->got + self->local[0]);                                       \
        CO_END;                                                                                                        \
    }

/* The root that awaits one chain after the other, and the way as a whole. */
#define CHAIN(N, T, kept_, KEEP_, FROM, AWAIT)                                                                         \
    struct N##_root {                                                                                                  \
        struct task task;                                                                                              \
        kept_ struct order *order;                                                                                     \
        struct T *child;                                                                                               \
        ssize_t got;                                                                                                   \
    };                                                                                                                 \
    static void N##_root_body(struct coro *handle)                                                                     \
    {                                                                                                                  \
        struct N##_root *self = (struct N##_root *)handle;                                                             \
                                                                                                                       \
        CO_BEGIN(self);                                                                                                \
        while (self->order->frames > 0) {                                                                              \
            self->child = N##_create(FROM(self), next_depth(self->order));                                             \
            if (!self->child)                                                                                          \
                CO_RETURN(self, -ENOMEM);                                                                              \
            AWAIT(self->got, self, T, self->child);                                                                    \
            coro_destroy((struct coro *)self->child);                                                                  \
            self->got = accept_chain(self->order, next_depth(self->order), self->got);                                 \
            if (self->got < 0)                                                                                         \
                CO_RETURN(self, self->got);                                                                            \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static void N##_launch(struct order *order, const struct io_env *env)                                              \
    {                                                                                                                  \
        struct N##_root root = {                                                                                       \
            .task.frame.coro = {.resume = N##_root_body, .destroy = delivery_not_freed},                               \
            .order = order,                                                                                            \
        };                                                                                                             \
        KEEP_(&root, env->allocator);                                                                                  \
        delivery_launch_root(&root.task, order, env);                                                                  \
    }                                                                                                                  \
    const struct delivery_chain delivery_##N = {N##_launch, sizeof(struct N)};

LINKS(channel, task, NOTHING_KEPT, KEEP_NOTHING, FROM_CHANNEL, CO_AWAIT)
CHAIN(channel, task, NOTHING_KEPT, KEEP_NOTHING, FROM_CHANNEL, CO_AWAIT)

LINKS(argument, task, KEPT, KEEP, FROM_FRAME, CO_AWAIT_TOLD)
CHAIN(argument, task, KEPT, KEEP, FROM_FRAME, CO_AWAIT_TOLD)

LINKS(environment, task, NOTHING_KEPT, KEEP_NOTHING, FROM_ENVIRONMENT, CO_AWAIT_TOLD)
CHAIN(environment, task, NOTHING_KEPT, KEEP_NOTHING, FROM_ENVIRONMENT, CO_AWAIT_TOLD)

/* The promise that keeps its allocator, as an awaitable. */
struct keeping_task {
    struct task task;
    KEPT
};

static bool keeping_task_await_ready(struct keeping_task *self)
{
    return task_await_ready(&self->task);
}

static struct coro *keeping_task_await_suspend(struct keeping_task *self, struct coro *caller, const struct io_env *env)
{
    self->kept = ((struct keeping_task *)caller)->kept;
    return task_await_suspend(&self->task, caller, env);
}

static ssize_t keeping_task_await_resume(struct keeping_task *self)
{
    return task_await_resume(&self->task);
}

LINKS(per_frame, keeping_task, KEPT, KEEP_NOTHING, FROM_FRAME, CO_AWAIT_TOLD)
CHAIN(per_frame, keeping_task, KEPT, KEEP, FROM_FRAME, CO_AWAIT_TOLD)
_Static_assert(offsetof(struct per_frame, kept) == offsetof(struct keeping_task, kept), "a promise in front");
_Static_assert(offsetof(struct per_frame_root, kept) == offsetof(struct keeping_task, kept), "a promise in front");

/* ---- Tasks of the sender model ---- */

SENDER_AWAITABLE_RECEIVER(await_task, sender_task);
SENDER_TASK(task_sender, await_task)
SENDER_AWAITABLE(await_task, task_sender)

struct sender_launched {
    struct sender_task_state state;
    struct order *order;
};

static void sender_root_value(struct sender_task_state *state, ssize_t result)
{
    CONTAINER_OF(state, struct sender_launched, state)->order->result = result;
}

static void sender_root_stopped(struct sender_task_state *state)
{
    CONTAINER_OF(state, struct sender_launched, state)->order->result = -ECANCELED;
}

void delivery_launch_sender_root(struct sender_task *root, struct order *order, const struct io_env *env)
{
    struct sender_launched launched = {
        .state = {.env = env, .set_value = sender_root_value, .set_stopped = sender_root_stopped},
        .order = order,
    };
    sender_task_start(root, &launched.state);
}

#define SENDER_LINKS(N, kept_, KEEP_, FROM)                                                                            \
    struct N {                                                                                                         \
        struct sender_task task;                                                                                       \
        kept_ struct await_task child;                                                                                 \
        ssize_t got;                                                                                                   \
        unsigned char local[LOCAL_BYTES];                                                                              \
    };                                                                                                                 \
    static void N##_body(struct coro *handle);                                                                         \
    static void N##_destroy(struct coro *handle)                                                                       \
    {                                                                                                                  \
        task_sender_destroy(&((struct N *)handle)->child.state);                                                       \
        frame_destroy(handle);                                                                                         \
    }                                                                                                                  \
    static struct sender_task *N##_create(struct frame_allocator *allocator, unsigned depth)                           \
    {                                                                                                                  \
        struct N *self = (struct N *)sender_task_create(allocator, sizeof *self, N##_body, N##_destroy);               \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        KEEP_(self, allocator);                                                                                        \
        self->child.state.task = NULL;                                                                                 \
        self->local[0] = (unsigned char)depth;                                                                         \
        return &self->task;                                                                                            \
    }                                                                                                                  \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N *self = (struct N *)handle;                                                                           \
        struct task_sender_sender child;                                                                               \
                                                                                                                       \
        CO_BEGIN(self);                                                                                                \
        if (self->local[0] == 1)                                                                                       \
            SENDER_TASK_RETURN(self, 1);                                                                               \
        child.task = N##_create(FROM(self), self->local[0] - 1u);                                                      \
        if (!child.task)                                                                                               \
            SENDER_TASK_RETURN(self, -ENOMEM);                                                                         \
        CO_AWAIT_SENDER(self->got, self, await_task, &self->child, child);                                             \
        task_sender_destroy(&self->child.state);                                                                       \
        SENDER_TASK_RETURN(self, self->got < 0 ? self->got : self->got + self->local[0]);                              \
        CO_END;                                                                                                        \
    }

#define SENDER_CHAIN(N, kept_, KEEP_, FROM)                                                                            \
    struct N##_root {                                                                                                  \
        struct sender_task task;                                                                                       \
        kept_ struct order *order;                                                                                     \
        struct await_task child;                                                                                       \
        ssize_t got;                                                                                                   \
    };                                                                                                                 \
    static void N##_root_body(struct coro *handle)                                                                     \
    {                                                                                                                  \
        struct N##_root *self = (struct N##_root *)handle;                                                             \
        struct task_sender_sender child;                                                                               \
                                                                                                                       \
        CO_BEGIN(self);                                                                                                \
        while (self->order->frames > 0) {                                                                              \
            child.task = N##_create(FROM(self), next_depth(self->order));                                              \
            if (!child.task)                                                                                           \
                SENDER_TASK_RETURN(self, -ENOMEM);                                                                     \
            CO_AWAIT_SENDER(self->got, self, await_task, &self->child, child);                                         \
            task_sender_destroy(&self->child.state);                                                                   \
            self->got = accept_chain(self->order, next_depth(self->order), self->got);                                 \
            if (self->got < 0)                                                                                         \
                SENDER_TASK_RETURN(self, self->got);                                                                   \
        }                                                                                                              \
        SENDER_TASK_RETURN(self, 0);                                                                                   \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static void N##_launch(struct order *order, const struct io_env *env)                                              \
    {                                                                                                                  \
        struct N##_root root = {                                                                                       \
            .task.frame.coro = {.resume = N##_root_body, .destroy = delivery_not_freed},                               \
            .order = order,                                                                                            \
        };                                                                                                             \
        KEEP_(&root, env->allocator);                                                                                  \
        delivery_launch_sender_root(&root.task, order, env);                                                           \
    }                                                                                                                  \
    const struct delivery_chain delivery_##N = {N##_launch, sizeof(struct N)};

SENDER_LINKS(sender_argument, KEPT, KEEP, FROM_FRAME)
SENDER_CHAIN(sender_argument, KEPT, KEEP, FROM_FRAME)

SENDER_LINKS(sender_environment, NOTHING_KEPT, KEEP_NOTHING, FROM_STATE)
SENDER_CHAIN(sender_environment, NOTHING_KEPT, KEEP_NOTHING, FROM_STATE)

/* ---- In C++ ---- */

#if !defined ABREAST_CXX_UNAVAILABLE
const struct delivery_chain delivery_cxx_channel = {cxx_delivery_by_channel, 0};
const struct delivery_chain delivery_cxx_argument = {cxx_delivery_by_argument, 0};
#endif

/* ---- The cells ---- */

struct delivery {
    struct io_env env;
    const struct delivery_parameters *parameters;
};

int delivery_run(void *state, uint64_t operations, struct outcome *outcome)
{
    const struct delivery *delivery = state;
    struct frame_allocator_counts before = frame_allocator_counts;
    struct order order = {.depth = delivery->parameters->depth};
    for (uint64_t left = operations; left > 0;) {
        uint64_t most = (uint64_t)LAUNCH_CHAINS * order.depth;
        order.frames = left < most ? left : most;
        left -= order.frames;
        delivery->parameters->chain->launch(&order, &delivery->env);
        if (order.result < 0)
            return (int)order.result;
    }
    *outcome = (struct outcome){
        .operations = operations,
        .checksum = order.sum,
        .allocations = frame_allocator_counts.calls - before.calls,
        .allocations_fresh = frame_allocator_counts.fresh - before.fresh,
    };
    return frame_allocator_counts.frees - before.frees == outcome->allocations ? 0 : -ENOTRECOVERABLE;
}

void delivery_close(void *state)
{
    recycling_frame_allocator_release();
    free(state);
}

int delivery_open(const struct cell *cell, const struct run_options *options, void **state)
{
    (void)options;
    const struct delivery_parameters *parameters = cell->parameters;
    struct delivery *delivery = malloc(sizeof *delivery);
    if (!delivery)
        return -ENOMEM;
    *delivery = (struct delivery){
        .env = {.executor = inline_executor(), .allocator = parameters->allocator()},
        .parameters = parameters,
    };
    *state = delivery;

    /* What is measured is the steady state: one chain fills the free lists. */
    struct outcome warm;
    int status = delivery_run(delivery, parameters->depth, &warm);
    if (status < 0)
        delivery_close(delivery);
    return status;
}

/* What the allocator is asked for, a frame; of a chain that asks for nothing what its frames are. */
static int frame_bytes(const struct cell *cell, double *bytes)
{
    const struct delivery_parameters *parameters = cell->parameters;
    *bytes = (double)parameters->chain->frame_bytes;
    if (parameters->chain->frame_bytes)
        return 0;
    void *state;
    int status = delivery_open(cell, NULL, &state);
    if (status)
        return status;
    struct frame_allocator_counts before = frame_allocator_counts;
    struct outcome outcome;
    status = delivery_run(state, parameters->depth, &outcome);
    *bytes = (double)(frame_allocator_counts.bytes - before.bytes) / parameters->depth;
    delivery_close(state);
    return status;
}

void delivery_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    struct row row = *blank;
    row.metric = "frame_bytes";
    row.unit = "B";
    double bytes;
    int status = frame_bytes(cell, &bytes);
    if (status)
        results_add_missing(results, &row, strerror(-status));
    else
        results_add_exact(results, row, bytes);
}

void delivery_spoiled_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    const struct delivery_spoiled *spoiled = cell->parameters;
    struct row row = *blank;
    row.metric = "frames_from_wrong_allocator_per_op";
    row.unit = "count";
    struct spoilage_count count;
    int status = spoilage_run(spoiled->kind, spoiled->protection, SPOILAGE_OPERATIONS, &count);
    if (status)
        results_add_missing(results, &row, strerror(-status));
    else
        results_add_exact(results, row, (double)count.wrong / (double)count.frames);
}
