/* What goes wrong ends the loop, once, with the errno that the system gave. */
#include "tests/scenario/world.h"

static bool waiting(const struct world *world)
{
    return reactor_in_flight(world->reactor) == 1;
}

void scenario_connection_reset(struct world *world)
{
    world_open(world, (struct world_options){.tcp = true, .silent = true});
    CHECK_EQ(world_start(world), 0);
    world_run_until(world, waiting);
    peer_close(&world->connections[0], true);
    world_run(world);
    CHECK_EQ(world->connections[0].job.status, -ECONNRESET);
    CHECK_EQ(world->connections[0].job.bytes, 0);
    world_close(world);
}

static void close_while_writing(struct world *world, bool tcp)
{
    enum { BYTES = 1 << 20 }; /* more than sockets hold */
    world_open(world, (struct world_options){
                          .total = BYTES, .buffer = BYTES, .silent = true, .deaf = true, .narrow = true, .tcp = tcp});
    CHECK_EQ(world_start(world), 0);
    world_run_until_writing(world);
    peer_close(&world->connections[0], false);
    world_run(world);
    int status = world->connections[0].job.status;
    CHECK(status == -EPIPE || status == -ECONNRESET);
    world_close(world);
}

void scenario_peer_closed_while_writing(struct world *world)
{
    close_while_writing(world, false);
    close_while_writing(world, true);
}

/* The operation with the given number fails: 1 is the first read, 2 the first write. */
static void fail_at(struct world *world, int error, unsigned number)
{
    struct sim_script script = {
        .seed = 9, .sync_share = 500 * world->mode, .delay_max = 3, .error = error, .error_at = number};
    world_open(world, (struct world_options){.total = 16, .script = script});
    CHECK_EQ(world_start(world), 0);
    world_run(world);
    CHECK_EQ(world->connections[0].job.status, -error);
    CHECK_EQ(world->connections[0].job.bytes, 0);
    CHECK_EQ(world->connections[0].job.process.position, number == 1 ? 0 : 16);
    CHECK_EQ(world->connections[0].sim.written, 0);
    world_close(world);
}

static const int errors[] = {ENOBUFS, ECONNRESET, EIO, ETIMEDOUT, EINTR, EAGAIN};

void scenario_read_error_is_reported(struct world *world)
{
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        fail_at(world, errors[i], 1);
}

void scenario_write_error_is_reported(struct world *world)
{
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        fail_at(world, errors[i], 2);
}
