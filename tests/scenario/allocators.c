/* Every frame that cannot be had: -ENOMEM, wherever it is, and no frame left behind. */
#include "awaitable/run.h"
#include "common/counting_allocator.h"
#include "common/failing_allocator.h"
#include "common/pool_frame_allocator.h"
#include "sender/sender_awaitable.h"
#include "sender/task_sender.h"
#include "tests/scenario/world.h"

struct scarce {
    struct failing_allocator failing; /* what the frames come from */
    struct counting_allocator counting;
};

static struct frame_allocator *scarce_init(struct scarce *scarce, uint64_t fails)
{
    counting_allocator_init(&scarce->counting, NULL);
    failing_allocator_init(&scarce->failing, &scarce->counting.base, fails);
    return &scarce->failing.base;
}

static void check_all_freed(const struct scarce *scarce)
{
    CHECK_EQ(scarce->counting.live, 0);
    CHECK_EQ(scarce->counting.calls, scarce->counting.frees);
}

/* The first frame of a loop, the second ..., until one fails that is never asked for. */
void scenario_every_frame_of_a_loop_may_be_missing(struct world *world)
{
    struct scarce scarce;
    uint64_t n = 0;
    do {
        world_open(world, (struct world_options){.total = 40, .buffer = 16, .send_piece = 16});
        world->env.allocator = scarce_init(&scarce, ++n);
        struct loop_job *job = &world->connections[0].job;
        int status = world_start(world);
        if (!status) {
            world_run_to_end(world);
            status = job->status;
        }
        if (failing_allocator_failed(&scarce.failing))
            CHECK_EQ(status, -ENOMEM);
        else
            check_echoed(world);
        check_all_freed(&scarce);
        world_close(world);
    } while (failing_allocator_failed(&scarce.failing));
    CHECK(n >= 2);
    CHECK_EQ(scarce.counting.calls, n - 1);
}

/* A pool of one block, which the first loop's frame takes: the second loop is not launched. A loop that has a frame for
 * each operation ends at the first of them, and its block may serve the other loop then. */
void scenario_pool_that_is_used_up(struct world *world)
{
    world_open(world, (struct world_options){.connections = 2, .total = 10, .waits = true});
    struct frame_allocator *pool = pool_frame_allocator_create(2048, 1);
    CHECK(pool != NULL);
    world->env.allocator = pool;
    bool child_tasks = world->form->code->child_tasks;
    uint64_t fresh = frame_allocator_counts.fresh;
    int status = world_start(world);
    CHECK(status == -ENOMEM || (child_tasks && status == 0));
    CHECK(world->started >= 1);
    world_run_to_end(world);
    for (unsigned i = 0; i < world->started; i++) {
        CHECK_EQ(world->connections[i].job.status, child_tasks ? -ENOMEM : 0);
        CHECK_EQ(world->connections[i].job.bytes, child_tasks ? 0 : 10);
    }
    CHECK_EQ(world->connections[1].tried, 0);
    CHECK_EQ(frame_allocator_counts.fresh, fresh);
    world_close(world);
    pool_frame_allocator_destroy(pool);
}

/* ---- A chain of tasks, each of which awaits the next ---- */

enum { DEPTH = 5 };

struct link {
    struct task task;
    struct task *child;
    unsigned depth;
    ssize_t got;
};

static struct task *link_create(unsigned depth);

static void link_body(struct coro *handle)
{
    struct link *self = (struct link *)handle;

    CO_BEGIN(self);
    if (self->depth == 1)
        CO_RETURN(self, 1);
    self->child = link_create(self->depth - 1);
    if (!self->child)
        CO_RETURN(self, -ENOMEM);
    CO_AWAIT(self->got, self, task, self->child);
    coro_destroy(&self->child->frame.coro);
    CO_RETURN(self, self->got < 0 ? self->got : self->got + 1);
    CO_END;
}

static struct task *link_create(unsigned depth)
{
    struct link *self = (struct link *)task_create(sizeof *self, link_body, NULL);
    if (self)
        self->depth = depth;
    return self ? &self->task : NULL;
}

struct chain {
    struct run_async launch;
    ssize_t result;
};

static void chain_done(struct run_async *launch, ssize_t result)
{
    CONTAINER_OF(launch, struct chain, launch)->result = result;
}

static ssize_t run_chain(const struct io_env *env)
{
    struct chain chain = {.result = -ENOMEM};
    struct frame_allocator *saved = get_current_frame_allocator();
    set_current_frame_allocator(env->allocator);
    struct task *task = link_create(DEPTH);
    set_current_frame_allocator(saved);
    if (task)
        run_async(&chain.launch, task, env, chain_done);
    return chain.result;
}

SENDER_AWAITABLE_RECEIVER(await_task, sender_task);
SENDER_TASK(task_sender, await_task)
SENDER_AWAITABLE(await_task, task_sender)

struct sender_link {
    struct sender_task task;
    struct await_task child;
    unsigned depth;
    ssize_t got;
};

static struct sender_task *sender_link_create(const struct io_env *env, unsigned depth);

static void sender_link_body(struct coro *handle)
{
    struct sender_link *self = (struct sender_link *)handle;
    struct task_sender_sender child;

    CO_BEGIN(self);
    if (self->depth == 1)
        SENDER_TASK_RETURN(self, 1);
    child.task = sender_link_create(self->task.state->env, self->depth - 1);
    if (!child.task)
        SENDER_TASK_RETURN(self, -ENOMEM);
    CO_AWAIT_SENDER(self->got, self, await_task, &self->child, child);
    task_sender_destroy(&self->child.state);
    SENDER_TASK_RETURN(self, self->got < 0 ? self->got : self->got + 1);
    CO_END;
}

static struct sender_task *sender_link_create(const struct io_env *env, unsigned depth)
{
    struct sender_link *self =
        (struct sender_link *)sender_task_create(env->allocator, sizeof *self, sender_link_body, NULL);
    if (self)
        self->depth = depth;
    return self ? &self->task : NULL;
}

struct sender_chain {
    struct sender_task_state state;
    ssize_t result;
};

static void sender_chain_value(struct sender_task_state *state, ssize_t result)
{
    CONTAINER_OF(state, struct sender_chain, state)->result = result;
}

static void sender_chain_stopped(struct sender_task_state *state)
{
    CONTAINER_OF(state, struct sender_chain, state)->result = -ECANCELED;
}

static ssize_t run_sender_chain(const struct io_env *env)
{
    struct sender_chain chain = {
        .state = {.env = env, .set_value = sender_chain_value, .set_stopped = sender_chain_stopped},
        .result = -ENOMEM,
    };
    struct sender_task *task = sender_link_create(env, DEPTH);
    if (!task)
        return -ENOMEM;
    sender_task_start(task, &chain.state);
    coro_destroy(&task->frame.coro);
    return chain.result;
}

static void check_chain(ssize_t (*run)(const struct io_env *))
{
    struct scarce scarce;
    for (uint64_t n = 1; n <= DEPTH + 1; n++) {
        struct io_env env = {.executor = inline_executor(), .allocator = scarce_init(&scarce, n)};
        CHECK_EQ(run(&env), n <= DEPTH ? -ENOMEM : DEPTH);
        CHECK_EQ(failing_allocator_failed(&scarce.failing), n <= DEPTH);
        CHECK_EQ(scarce.counting.calls, n - 1);
        check_all_freed(&scarce);
    }
    for (size_t blocks = 0; blocks <= DEPTH; blocks++) {
        struct frame_allocator *pool = pool_frame_allocator_create(sizeof(struct sender_link), blocks);
        CHECK(pool != NULL);
        struct io_env env = {.executor = inline_executor(), .allocator = pool};
        CHECK_EQ(run(&env), blocks < DEPTH ? -ENOMEM : DEPTH);
        CHECK_EQ(run(&env), blocks < DEPTH ? -ENOMEM : DEPTH);
        pool_frame_allocator_destroy(pool);
    }
}

void scenario_every_task_of_a_chain_may_be_missing(struct world *world)
{
    (void)world;
    check_chain(run_chain);
}

void scenario_every_sender_task_of_a_chain_may_be_missing(struct world *world)
{
    (void)world;
    check_chain(run_sender_chain);
}
