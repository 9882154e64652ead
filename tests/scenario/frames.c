/* Coroutine frames: where they come from, and that each goes back, resumed or not. */
#include "tests/scenario/world.h"

static bool swallowed(const struct world *world)
{
    return world->connections[0].swallow && world->connections[0].submitted > 0 &&
           reactor_in_flight(world->reactor) == 0;
}

/* Of a loop that is suspended in an operation. */
static unsigned frames_of(const struct world *world)
{
    return world->form->code->child_tasks ? 2 : 1;
}

static void destroy_suspended(struct world *world)
{
    CHECK_EQ(world_start(world), 0);
    world_run_until(world, swallowed);
    CHECK_EQ(world->allocator.allocated - world->allocator.freed, frames_of(world));
    world_abandon(world, &world->connections[0]);
    CHECK_EQ(world->allocator.allocated, world->allocator.freed);
    world_close(world);
}

static struct connection *swallowing;

static void swallow_from_here(struct process *process, unsigned char *data, size_t bytes)
{
    process_checksum(process, data, bytes);
    swallowing->swallow = true;
    swallowing->submitted = 0;
}

/* Suspended at its first read, and again after a first piece. The operation that it waits for is nowhere. */
void scenario_destroy_without_resume_frees_everything(struct world *world)
{
    world_open(world, (struct world_options){.silent = true, .waits = true});
    world->env.stop = (struct stop_token){0};
    world->connections[0].swallow = true;
    destroy_suspended(world);

    world_open(world, (struct world_options){.total = 10, .silent = true, .waits = true});
    world->env.stop = (struct stop_token){0};
    swallowing = &world->connections[0];
    world->connections[0].job.process.step = swallow_from_here;
    destroy_suspended(world);
}

/* An executor that keeps what it is given. */
struct holder {
    unsigned pass; /* how many to let through */
    unsigned held;
};

static struct coro *hold_dispatch(void *context, struct continuation *continuation)
{
    struct holder *holder = context;
    if (holder->pass > 0) {
        holder->pass--;
        return continuation->coro;
    }
    holder->held++;
    return noop_coroutine();
}

static void hold_post(void *context, struct continuation *continuation)
{
    (void)continuation;
    ((struct holder *)context)->held++;
}

static const struct executor_ops hold_ops = {.name = "hold", .dispatch = hold_dispatch, .post = hold_post};

static struct holder *holder;

static bool held(const struct world *world)
{
    (void)world;
    return holder->held > 0;
}

/* Launched and never begun, and with a completion that was delivered but never dispatched. */
void scenario_destroy_before_first_resume(struct world *world)
{
    for (unsigned pass = 0; pass < 2; pass++) {
        struct holder mine = {.pass = pass};
        holder = &mine;
        world_open(world, (struct world_options){.total = 10, .waits = true});
        world->env.executor = (struct executor_ref){.ops = &hold_ops, .context = holder};
        CHECK_EQ(world_start(world), 0);
        world_run_until(world, held);
        CHECK_EQ(world->allocator.allocated, pass == 0 ? 1 : frames_of(world));
        CHECK_EQ(world->connections[0].tried, pass);
        world_abandon(world, &world->connections[0]);
        CHECK_EQ(world->allocator.freed, world->allocator.allocated);
        world_close(world);
    }
}

static struct test_allocator *failing;

static void fail_from_here(struct process *process, unsigned char *data, size_t bytes)
{
    process_checksum(process, data, bytes);
    failing->failing = true;
}

/* The frame of a child task, in the middle of the loop. */
static void fail_child(struct world *world)
{
    world_open(world, (struct world_options){.total = 10});
    failing = &world->allocator;
    world->connections[0].job.process.step = fail_from_here;
    CHECK_EQ(world_start(world), 0);
    world_run_to_end(world);
    CHECK_EQ(world->connections[0].job.status, -ENOMEM);
    CHECK_EQ(world->connections[0].job.bytes, 0);
    CHECK_EQ(world->connections[0].tried, 1);
    world_close(world);
}

void scenario_allocation_failure_is_reported(struct world *world)
{
    if (world->form->code->child_tasks)
        fail_child(world);
    world_open(world, (struct world_options){.total = 10});
    world->allocator.failing = true;
    CHECK_EQ(world_start(world), -ENOMEM);
    CHECK_EQ(world->connections[0].done, 0);
    CHECK_EQ(world->connections[0].tried, 0);
    world->allocator.failing = false;
    CHECK_EQ(world_start(world), 0);
    world_run_to_end(world);
    check_echoed(world);
    world_close(world);
}

static struct frame_allocator *expected_channel;

/* Whatever ran on the thread before: a frame that the task made now would come from its environment's allocator. */
static void check_channel(struct process *process, unsigned char *data, size_t bytes)
{
    process_checksum(process, data, bytes);
    CHECK(get_current_frame_allocator() == expected_channel);
}

/* Whatever the channel holds where the loop is launched, its frame comes from the environment's allocator. */
static void run_beside_another_channel(struct world *world, void (*step)(struct process *, unsigned char *, size_t))
{
    world_open(world, (struct world_options){.total = 1000, .buffer = 50, .send_piece = 30});
    expected_channel = &world->allocator.base;
    if (step)
        world->connections[0].job.process.step = step;
    set_current_frame_allocator(malloc_frame_allocator());
    CHECK_EQ(world_start(world), 0);
    world_run_to_end(world);
    set_current_frame_allocator(NULL);
    check_echoed(world);
    CHECK_EQ(world->allocator.allocated, 1 + (world->form->code->child_tasks ? world->connections[0].tried : 0));
    world_close(world);
}

void scenario_frame_comes_from_the_environments_allocator(struct world *world)
{
    run_beside_another_channel(world, NULL);
}

/* P4003's channel leads the awaitable task's own children there too, after every suspension. */
void scenario_frame_allocator_channel_reaches_the_frames(struct world *world)
{
    run_beside_another_channel(world, check_channel);
}

static bool ended_with_channel(const struct world *world)
{
    CHECK(get_current_frame_allocator() == malloc_frame_allocator());
    return world->ended == world->started;
}

/* Outside the coroutines the channel is what it was, after every turn. */
void scenario_safe_resume_keeps_the_channel(struct world *world)
{
    world_open(world, (struct world_options){.total = 1000, .buffer = 50, .send_piece = 30});
    set_current_frame_allocator(malloc_frame_allocator());
    CHECK_EQ(world_start(world), 0);
    world_run_until(world, ended_with_channel);
    CHECK(get_current_frame_allocator() == malloc_frame_allocator());
    set_current_frame_allocator(NULL);
    world_run_to_end(world);
    world_close(world);
}
