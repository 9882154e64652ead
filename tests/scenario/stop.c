/* A stop request before, during and after: the loop ends once, with -ECANCELED, and leaves nothing in flight. */
#include "common/thread_pool.h"
#include "tests/scenario/world.h"

static void check_stopped(struct world *world)
{
    CHECK_EQ(world->connections[0].job.status, -ECANCELED);
    CHECK_EQ(world->connections[0].done, 1);
}

void scenario_stop_before_start(struct world *world)
{
    world_open(world, (struct world_options){.total = 100});
    CHECK(stop_source_request_stop(&world->stop));
    CHECK_EQ(world_start(world), 0);
    world_run(world);
    check_stopped(world);
    CHECK_EQ(world->connections[0].tried, 0);
    CHECK_EQ(world->connections[0].job.bytes, 0);
    world_close(world);
}

static bool reading(const struct world *world)
{
    const struct connection *connection = &world->connections[0];
    return reactor_in_flight(world->reactor) == 1 && connection->last == IO_READ &&
           (world->backend == REACTOR_SIM || connection->got == world->options.total);
}

void scenario_stop_while_reading(struct world *world)
{
    world_open(world, (struct world_options){.total = 100, .silent = true, .waits = true});
    CHECK_EQ(world_start(world), 0);
    world_run_until(world, reading);
    CHECK(stop_source_request_stop(&world->stop));
    CHECK_EQ(world->connections[0].done, 0);
    world_run(world);
    check_stopped(world);
    CHECK_EQ(world->connections[0].job.bytes, world->backend == REACTOR_SIM ? 0 : 100);
    world_close(world);
}

static struct stop_source *stop_in_step;

static void stopping_step(struct process *process, unsigned char *data, size_t bytes)
{
    process_checksum(process, data, bytes);
    CHECK(stop_source_request_stop(stop_in_step));
}

/* Between the read and the write: a write that would have to wait does not begin, one that is done at once is. Where a
 * schedule operation follows it, that is stopped, and nobody is told of the bytes (P3941). */
void scenario_stop_while_processing(struct world *world)
{
    world_open(world, (struct world_options){.total = 10, .silent = true, .waits = world->mode == 0});
    stop_in_step = &world->stop;
    world->connections[0].job.process.step = stopping_step;
    CHECK_EQ(world_start(world), 0);
    world_run_to_end(world);
    check_stopped(world);
    if (world->mode == 0)
        CHECK_EQ(world->connections[0].job.bytes, 0);
    if (world->mode == 1 && world->form->kind != LOOP_HOPPING_TASK)
        CHECK_EQ(world->connections[0].job.bytes, world->connections[0].job.process.position);
    world_close(world);
}

void scenario_stop_while_writing(struct world *world)
{
    enum { BYTES = 64 << 10 };
    world_open(world,
               (struct world_options){
                   .total = BYTES, .buffer = BYTES, .silent = true, .deaf = true, .narrow = true, .waits = true});
    CHECK_EQ(world_start(world), 0);
    world_run_until_writing(world);
    CHECK(stop_source_request_stop(&world->stop));
    world_run(world);
    check_stopped(world);
    CHECK_EQ(world->connections[0].job.bytes, 0);
    world_close(world);
}

void scenario_stop_after_end(struct world *world)
{
    world_open(world, (struct world_options){.total = 100});
    CHECK_EQ(world_start(world), 0);
    world_run_to_end(world);
    CHECK(stop_source_request_stop(&world->stop));
    CHECK(!stop_source_request_stop(&world->stop));
    world_run_to_end(world);
    check_echoed(world);
    world_close(world);
}

struct stopper {
    struct work on_pool, on_loop;
    struct world *world;
};

static void stop_on_loop(struct work *work)
{
    CHECK(stop_source_request_stop(&CONTAINER_OF(work, struct stopper, on_loop)->world->stop));
}

static void ask_loop(struct work *work)
{
    struct stopper *stopper = CONTAINER_OF(work, struct stopper, on_pool);
    run_loop_post_work(&stopper->world->run_loop, &stopper->on_loop);
}

/* Stop has to be requested on the reactor's thread: another thread posts it there, and that ends the wait. */
void scenario_stop_from_a_pool_thread(struct world *world)
{
    for (unsigned i = 0; i < 30; i++) {
        struct thread_pool pool;
        struct stopper stopper = {.on_pool.execute = ask_loop, .on_loop.execute = stop_on_loop, .world = world};
        CHECK_EQ(thread_pool_init(&pool, 1), 0);
        world_open(world, (struct world_options){.silent = true});
        CHECK_EQ(world_start(world), 0);
        thread_pool_post_work(&pool, &stopper.on_pool);
        world_run(world);
        thread_pool_destroy(&pool);
        check_stopped(world);
        world_close(world);
    }
}
