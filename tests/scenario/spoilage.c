/* The frame allocator channel, where another coroutine is resumed between an await and the frame of the next child. */
#include "common/counting_allocator.h"
#include "tests/scenario/world.h"

/* What the neighbour's frames come from, and no others. */
static struct counting_allocator neighbours;

/* As a coroutine leaves it whose own await has just ended. */
static void set_the_channel(struct coro *coro)
{
    (void)coro;
    set_current_frame_allocator(&neighbours.base);
}

static void resume_a_neighbour(struct process *process, unsigned char *data, size_t bytes)
{
    struct coro neighbour = {.resume = set_the_channel};
    process_checksum(process, data, bytes);
    safe_resume(&neighbour);
}

/* Whoever resumes inline does it by safe_resume: the loop's children come from its own allocator all the same. */
void scenario_nested_resume_leaves_the_channel_alone(struct world *world)
{
    counting_allocator_init(&neighbours, NULL);
    world_open(world, (struct world_options){.total = 1000, .buffer = 50, .send_piece = 30});
    world->connections[0].job.process.step = resume_a_neighbour;
    CHECK_EQ(world_start(world), 0);
    world_run_to_end(world);
    check_echoed(world);
    CHECK_EQ(neighbours.calls, 0);
    CHECK_EQ(world->allocator.allocated, 1 + (world->form->code->child_tasks ? world->connections[0].tried : 0));
    world_close(world);
}

static bool ended_beside_a_neighbour(const struct world *world)
{
    set_current_frame_allocator(&neighbours.base);
    return world->ended == world->started;
}

/* Whatever the loop's thread ran in between: each await brings the loop's own allocator back. */
void scenario_await_brings_the_channel_back(struct world *world)
{
    counting_allocator_init(&neighbours, NULL);
    world_open(world, (struct world_options){.total = 1000, .buffer = 50, .send_piece = 30});
    CHECK_EQ(world_start(world), 0);
    world_run_until(world, ended_beside_a_neighbour);
    set_current_frame_allocator(NULL);
    check_echoed(world);
    CHECK_EQ(neighbours.calls, 0);
    CHECK_EQ(world->allocator.allocated, 1 + (world->form->code->child_tasks ? world->connections[0].tried : 0));
    world_close(world);
}
