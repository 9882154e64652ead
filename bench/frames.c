/* frames: what the frames of a call chain cost: coroutines that each await the next, 1, 4 or 16 deep (P4003 3.5).
 * These are the cells that every toolchain compiles; those of bench/frames/ are in `abreast` alone.
 *
 * One operation is one frame: allocated, started, awaited, ended, freed. The allocator comes to it as to any frame,
 * from the io_env of the launch, through the channel. A root coroutine awaits one chain after the other; its own frame
 * lies in the cell's state and is not counted.
 *
 * The model cxx-awaitable is the same with coroutines made by a C++ compiler (bench/cxx/frames.h).
 */
#include "bench/cxx/frames.h"
#include "awaitable/run.h"
#include "bench/cell.h"
#include "bench/cxx/cells.h"
#include "bench/peers/cells.h"
#include "sender/sender_awaitable.h"
#include "sender/task_sender.h"
#if !defined ABREAST_EXPERIMENTS
#include "bench/frames/cells.h"
#include "bench/frames/delivery.h"
#endif

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Chains to a launch. The tasks of the sender model resume their awaiter by a plain call, so that, unless the optimiser
 * makes it a jump, each chain stays on the stack until the root has ended. */
enum { LAUNCH_CHAINS = 64 };

struct frames_parameters {
    unsigned depth;
    struct frame_allocator *(*allocator)(void);
};

/* ---- Tasks of the awaitable model ---- */

struct link {
    struct task task;
    struct task *child;
    ssize_t got;
    unsigned char local[LOCAL_BYTES];
};

static struct task *link_create(unsigned depth);

static void link_body(struct coro *handle)
{
    struct link *self = (struct link *)handle;

    CO_BEGIN(self);
    if (self->local[0] == 1)
        CO_RETURN(self, 1);
    self->child = link_create(self->local[0] - 1u);
    if (!self->child)
        CO_RETURN(self, -ENOMEM);
    CO_AWAIT(self->got, self, task, self->child);
    coro_destroy(&self->child->frame.coro);
    CO_RETURN(self, self->got < 0 ? self->got : self->got + self->local[0]);
    CO_END;
}

static struct task *link_create(unsigned depth)
{
    struct link *self = (struct link *)task_create(sizeof *self, link_body, NULL);
    if (!self)
        return NULL;
    self->local[0] = (unsigned char)depth;
    return &self->task;
}

struct root {
    struct task task;
    struct order *order;
    struct task *child;
    ssize_t got;
    struct run_async launch;
};

static void root_body(struct coro *handle)
{
    struct root *self = (struct root *)handle;

    CO_BEGIN(self);
    while (self->order->frames > 0) {
        self->child = link_create(next_depth(self->order));
        if (!self->child)
            CO_RETURN(self, -ENOMEM);
        CO_AWAIT(self->got, self, task, self->child);
        coro_destroy(&self->child->frame.coro);
        self->got = accept_chain(self->order, next_depth(self->order), self->got);
        if (self->got < 0)
            CO_RETURN(self, self->got);
    }
    CO_RETURN(self, 0);
    CO_END;
}

static void not_freed(struct coro *handle)
{
    (void)handle;
}

static void root_done(struct run_async *launch, ssize_t result)
{
    CONTAINER_OF(launch, struct root, launch)->order->result = result;
}

static void awaitable_launch(struct order *order, const struct io_env *env)
{
    struct root root = {.task.frame.coro = {.resume = root_body, .destroy = not_freed}, .order = order};
    run_async(&root.launch, &root.task, env, root_done);
}

/* ---- Tasks of the sender model ---- */

SENDER_AWAITABLE_RECEIVER(await_task, sender_task);
SENDER_TASK(task_sender, await_task)
SENDER_AWAITABLE(await_task, task_sender)

struct sender_link {
    struct sender_task task;
    struct await_task child;
    ssize_t got;
    unsigned char local[LOCAL_BYTES];
};

static struct sender_task *sender_link_create(const struct io_env *env, unsigned depth);

static void sender_link_body(struct coro *handle)
{
    struct sender_link *self = (struct sender_link *)handle;
    struct task_sender_sender child;

    CO_BEGIN(self);
    if (self->local[0] == 1)
        SENDER_TASK_RETURN(self, 1);
    child.task = sender_link_create(self->task.state->env, self->local[0] - 1u);
    if (!child.task)
        SENDER_TASK_RETURN(self, -ENOMEM);
    CO_AWAIT_SENDER(self->got, self, await_task, &self->child, child);
    task_sender_destroy(&self->child.state);
    SENDER_TASK_RETURN(self, self->got < 0 ? self->got : self->got + self->local[0]);
    CO_END;
}

static void sender_link_destroy(struct coro *handle)
{
    task_sender_destroy(&((struct sender_link *)handle)->child.state);
    frame_destroy(handle);
}

static struct sender_task *sender_link_create(const struct io_env *env, unsigned depth)
{
    struct sender_link *self =
        (struct sender_link *)sender_task_create(env->allocator, sizeof *self, sender_link_body, sender_link_destroy);
    if (!self)
        return NULL;
    self->child.state.task = NULL;
    self->local[0] = (unsigned char)depth;
    return &self->task;
}

struct sender_root {
    struct sender_task task;
    struct order *order;
    struct await_task child;
    ssize_t got;
    struct sender_task_state state;
};

static void sender_root_body(struct coro *handle)
{
    struct sender_root *self = (struct sender_root *)handle;
    struct task_sender_sender child;

    CO_BEGIN(self);
    while (self->order->frames > 0) {
        child.task = sender_link_create(self->task.state->env, next_depth(self->order));
        if (!child.task)
            SENDER_TASK_RETURN(self, -ENOMEM);
        CO_AWAIT_SENDER(self->got, self, await_task, &self->child, child);
        task_sender_destroy(&self->child.state);
        self->got = accept_chain(self->order, next_depth(self->order), self->got);
        if (self->got < 0)
            SENDER_TASK_RETURN(self, self->got);
    }
    SENDER_TASK_RETURN(self, 0);
    CO_END;
}

static void sender_root_value(struct sender_task_state *state, ssize_t result)
{
    CONTAINER_OF(state, struct sender_root, state)->order->result = result;
}

static void sender_root_stopped(struct sender_task_state *state)
{
    CONTAINER_OF(state, struct sender_root, state)->order->result = -ECANCELED;
}

static void sender_launch(struct order *order, const struct io_env *env)
{
    struct sender_root root = {
        .task.frame.coro = {.resume = sender_root_body, .destroy = not_freed},
        .order = order,
        .state = {.env = env, .set_value = sender_root_value, .set_stopped = sender_root_stopped},
    };
    sender_task_start(&root.task, &root.state);
}

/* ---- The cells ---- */

struct frames {
    struct io_env env;
    unsigned depth;
};

static int run_frames(struct frames *frames, uint64_t operations, struct outcome *outcome,
                      void (*launch)(struct order *, const struct io_env *))
{
    struct frame_allocator_counts before = frame_allocator_counts;
    struct order order = {.depth = frames->depth};
    for (uint64_t left = operations; left > 0;) {
        uint64_t most = (uint64_t)LAUNCH_CHAINS * frames->depth;
        order.frames = left < most ? left : most;
        left -= order.frames;
        launch(&order, &frames->env);
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

static int awaitable_run(void *state, uint64_t operations, struct outcome *outcome)
{
    return run_frames(state, operations, outcome, awaitable_launch);
}

static int sender_run(void *state, uint64_t operations, struct outcome *outcome)
{
    return run_frames(state, operations, outcome, sender_launch);
}

#if !defined ABREAST_CXX_UNAVAILABLE
static void cxx_sender_launch_in(struct order *order, const struct io_env *env)
{
    cxx_sender_launch(order, env->allocator);
}

#define CXX_RUN(name, launch)                                                                                          \
    static int cxx_##name##_run(void *state, uint64_t operations, struct outcome *outcome)                             \
    {                                                                                                                  \
        return run_frames(state, operations, outcome, launch);                                                         \
    }
CXX_RUN(channel, cxx_channel_launch)
CXX_RUN(default, cxx_default_launch)
CXX_RUN(pmr, cxx_pmr_launch)
CXX_RUN(visible, cxx_visible_launch)
CXX_RUN(sender, cxx_sender_launch_in)
CXX_RUN(resumed, cxx_resumed_launch)
#else
#define cxx_pmr_release() ((void)0)
#endif

static void frames_close(void *state)
{
    recycling_frame_allocator_release();
    cxx_pmr_release();
    free(state);
}

static int frames_open(const struct cell *cell, const struct run_options *options, void **state)
{
    (void)options;
    const struct frames_parameters *parameters = cell->parameters;
    struct frames *frames = malloc(sizeof *frames);
    if (!frames)
        return -ENOMEM;
    *frames = (struct frames){
        .env = {.executor = inline_executor(), .allocator = parameters->allocator()},
        .depth = parameters->depth,
    };
    *state = frames;

    /* What is measured is the steady state: one chain fills the free lists. */
    struct outcome warm;
    int status = cell->run(frames, frames->depth, &warm);
    if (status < 0)
        frames_close(frames);
    return status;
}

static void describe(const struct row *blank, struct results *results, size_t frame_bytes)
{
    struct row row = *blank;
    row.metric = "frame_bytes";
    row.unit = "B";
    results_add_exact(results, row, (double)frame_bytes);
}

static void awaitable_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    (void)cell;
    describe(blank, results, sizeof(struct link));
}

static void sender_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    (void)cell;
    describe(blank, results, sizeof(struct sender_link));
}

#if !defined ABREAST_CXX_UNAVAILABLE
/* How large a frame is its compiler says only to operator new. Where it has left the allocation out there is no row. */
static void cxx_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    struct frame_allocator_counts before;
    struct outcome outcome;
    void *state;
    int status = frames_open(cell, NULL, &state);
    if (!status) {
        before = frame_allocator_counts;
        status = cell->run(state, ((const struct frames_parameters *)cell->parameters)->depth, &outcome);
        frames_close(state);
    }
    if (status) {
        struct row row = *blank;
        row.metric = "frame_bytes";
        row.unit = "B";
        results_add_missing(results, &row, strerror(-status));
    } else if (outcome.allocations) {
        describe(blank, results, (frame_allocator_counts.bytes - before.bytes) / outcome.allocations);
    }
}
#endif

/* What the groups' tasks are: P4003's, and those of the bridge as P2300R10 writes it. */
#define TASK_awaitable "task=awaitable"
#define TASK_sender "task=p2300"

#define FRAMES_CELL(model_, mechanism_, variant_, baseline_, allocator_, depth_, run_, describe_)                      \
    {                                                                                                                  \
        .model = (model_),                                                                                             \
        .mechanism = (mechanism_),                                                                                     \
        .variant = variant_,                                                                                           \
        .modes = CELL_BOTH,                                                                                            \
        .baseline = (baseline_),                                                                                       \
        .counted = true,                                                                                               \
        .parameters = &(const struct frames_parameters){.depth = (depth_), .allocator = (allocator_)},                 \
        .open = frames_open,                                                                                           \
        .run = (run_),                                                                                                 \
        .close = frames_close,                                                                                         \
        .describe = (describe_),                                                                                       \
    },

#define CELL(model, mechanism, baseline, allocator, depth)                                                             \
    FRAMES_CELL(#model, mechanism, "depth=" #depth "," TASK_##model, baseline, allocator, depth, model##_run,          \
                model##_describe)

/* One line an allocator. */
#define ALLOCATORS(model, depth)                                                                                       \
    CELL(model, "malloc", true, malloc_frame_allocator, depth)                                                         \
    CELL(model, "recycling", false, recycling_frame_allocator, depth)

#if defined ABREAST_CXX_UNAVAILABLE
#define CXX_CELL(model, mechanism, run, baseline, allocator, depth, variant)                                           \
    CXX_UNAVAILABLE(model, mechanism, variant, "allocs_per_op", "count")
#else
#define CXX_CELL(model, mechanism, run, baseline, allocator, depth, variant)                                           \
    FRAMES_CELL(model, mechanism, variant, baseline, allocator, depth, run, cxx_describe)
#endif

#define CXX_ALLOCATORS(depth) CXX_ALLOCATORS_(depth, "depth=" #depth ",task=cxx-awaitable")
#define CXX_ALLOCATORS_(depth, variant)                                                                                \
    CXX_CELL("cxx-awaitable", "malloc", cxx_channel_run, true, malloc_frame_allocator, depth, variant)                 \
    CXX_CELL("cxx-awaitable", "recycling", cxx_channel_run, false, recycling_frame_allocator, depth, variant)          \
    CXX_CELL("cxx-awaitable", "operator-new", cxx_default_run, false, malloc_frame_allocator, depth, variant)          \
    CXX_CELL("cxx-awaitable", "pmr-pool", cxx_pmr_run, false, cxx_pmr_pool, depth, variant)                            \
    CXX_CELL("cxx-awaitable", "pmr-monotonic", cxx_pmr_run, false, cxx_pmr_monotonic, depth, variant)

/* Another library's coroutines, with the allocator that it has. */
#define LIBRARY_CELL(adapter_, model_, mechanism_, depth_)                                                             \
    {                                                                                                                  \
        .model = (model_),                                                                                             \
        .mechanism = (mechanism_),                                                                                     \
        .variant = "depth=" #depth_ "," TASK_awaitable,                                                                \
        .toolchain = ABREAST_LIBRARIES,                                                                                \
        .modes = CELL_BOTH,                                                                                            \
        .counted = true,                                                                                               \
        .parameters = &(const struct library_chains_parameters){.depth = (depth_), .library = &(adapter_)},            \
        .open = library_chains_open,                                                                                   \
        .run = library_chains_run,                                                                                     \
        .close = library_chains_close,                                                                                 \
    },

#define CXX_SENDERS(depth)                                                                                             \
    CXX_CELL("cxx-sender", "malloc", cxx_sender_run, true, malloc_frame_allocator, depth,                              \
             "depth=" #depth ",task=cxx-p2300")                                                                        \
    CXX_CELL("cxx-sender", "recycling", cxx_sender_run, false, recycling_frame_allocator, depth,                       \
             "depth=" #depth ",task=cxx-p2300")

/* What only `abreast` has: the executables of other toolchains have the chains above. */
#if defined ABREAST_EXPERIMENTS
#define FRAMES_CHAIN_CELLS
#define FRAMES_DELIVERY_CELLS
#endif

#define CXX_VISIBLE "depth=1,task=cxx-awaitable,callee=visible"
#define CXX_VISIBLE_4 "depth=4,task=cxx-awaitable,callee=visible"

/* clang-format off */
static const struct cell cells[] = {
    ALLOCATORS(awaitable, 1)
    LIBRARY_CHAINS(LIBRARY_CELL, 1)
    ALLOCATORS(awaitable, 4)
    LIBRARY_CHAINS(LIBRARY_CELL, 4)
    ALLOCATORS(awaitable, 16)
    LIBRARY_CHAINS(LIBRARY_CELL, 16)
    ALLOCATORS(sender, 1)
    ALLOCATORS(sender, 4)
    ALLOCATORS(sender, 16)
    CXX_ALLOCATORS(1)
    CXX_ALLOCATORS(4)
    CXX_ALLOCATORS(16)
    CXX_SENDERS(1)
    CXX_SENDERS(4)
    CXX_SENDERS(16)
    CXX_CELL("cxx-awaitable", "operator-new", cxx_visible_run, false, malloc_frame_allocator, 1, CXX_VISIBLE)
    CXX_CELL("cxx-awaitable", "operator-new", cxx_visible_run, false, malloc_frame_allocator, 4, CXX_VISIBLE_4)
    CXX_CELL("cxx-awaitable", "operator-new-resumed", cxx_resumed_run, false, malloc_frame_allocator, 1, CXX_VISIBLE)
    FRAMES_CHAIN_CELLS
    FRAMES_DELIVERY_CELLS
};
/* clang-format on */

const struct experiment experiment_frames = {
    .name = "frames",
    .title = "allocating coroutine frames: malloc and other allocators by depth of chains, size of frames and threads",
    .published = "P4003R4 3.5: recycling 3.10x (MSVC) and 1.55x (Apple clang)",
    .operation = "frame",
    .ratio_metric = "ratio_to_malloc",
    .quick_sample_us = 500,
    .cells = cells,
    .cell_count = sizeof cells / sizeof cells[0],
};
