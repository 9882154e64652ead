#include "tests/scenario/world.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 16, DEADLINE_SECONDS = 20 };

_Noreturn void skip(const char *reason)
{
    printf("skipped: %s\n", reason);
    exit(77);
}

/* ---- The allocator ---- */

static void *test_allocate(struct frame_allocator *allocator, size_t bytes)
{
    struct test_allocator *self = (struct test_allocator *)allocator;
    if (self->failing)
        return NULL;
    self->allocated++;
    return malloc(bytes);
}

static void test_deallocate(struct frame_allocator *allocator, void *memory, size_t bytes)
{
    (void)bytes;
    ((struct test_allocator *)allocator)->freed++;
    free(memory);
}

/* ---- The loop's operations, as they pass by ---- */

static struct world *current;

static struct connection *connection_of(const struct stream *stream)
{
    for (unsigned i = 0; i < current->options.connections; i++)
        if (current->connections[i].job.stream == stream)
            return &current->connections[i];
    abort();
}

static bool watch_try(struct io_op *op, enum io_kind kind)
{
    struct connection *connection = connection_of(op->stream);
    connection->tried++;
    return connection->ops->try_op[kind](op);
}

static bool watch_try_read(struct io_op *op)
{
    return watch_try(op, IO_READ);
}

static bool watch_try_write(struct io_op *op)
{
    return watch_try(op, IO_WRITE);
}

static void watch_submit(struct io_op *op)
{
    struct connection *connection = connection_of(op->stream);
    connection->submitted++;
    connection->last = op->kind;
    if (!connection->swallow)
        connection->ops->submit(op);
}

static void watch_cancel(struct io_op *op)
{
    connection_of(op->stream)->ops->cancel(op);
}

static const struct stream_ops watch_ops = {
    .try_op = {[IO_READ] = watch_try_read, [IO_WRITE] = watch_try_write},
    .submit = watch_submit,
    .cancel = watch_cancel,
};

/* ---- Opening ---- */

static size_t rounded(size_t total)
{
    return total / PIECE * PIECE + PIECE;
}

static void loop_done(struct loop_job *job)
{
    CONTAINER_OF(job, struct connection, job)->done++;
    current->ended++;
    if (current->finish_when_ended && current->ended == current->started)
        run_loop_finish(&current->run_loop);
}

static void open_streams(struct world *world, struct connection *connection)
{
    const struct world_options *options = &world->options;
    if (world->backend == REACTOR_SIM) {
        size_t size = rounded(options->total);
        CHECK_EQ(sim_stream_init(&connection->sim, world->reactor, connection->source, size, options->total, PIECE,
                                 connection->received, size),
                 0);
        connection->job.stream = &connection->sim.stream;
    } else {
        bool speculative = world->mode == 1;
        CHECK_EQ((options->tcp ? stream_open_tcp_pair : stream_open_socketpair)(connection->ends, world->reactor,
                                                                                speculative),
                 0);
        if (options->narrow) {
            const int least = 1; /* the kernel's least: a few KiB */
            CHECK_EQ(setsockopt(connection->ends[0].fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
            CHECK_EQ(setsockopt(connection->ends[1].fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least), 0);
        }
        connection->job.stream = &connection->ends[0];
    }
    connection->ops = connection->job.stream->ops;
    connection->job.stream->ops = &watch_ops;
}

static void open_connection(struct world *world, struct connection *connection, unsigned index)
{
    const struct world_options *options = &world->options;
    size_t size = rounded(options->total);
    connection->source = malloc(size);
    connection->received = calloc(1, size);
    connection->job = (struct loop_job){
        .env = &world->env,
        .buffer = malloc(options->buffer),
        .size = options->buffer,
        .process = {.step = process_checksum},
        .done = loop_done,
    };
    connection->loop = malloc(world->form ? *world->form->code->bytes : 1);
    CHECK(connection->source && connection->received && connection->job.buffer && connection->loop);
    for (size_t i = 0; i < size; i++)
        connection->source[i] = (unsigned char)(index + i * 131 + i / 251 + i / 65521);
    open_streams(world, connection);
}

static struct sim_script script_of(const struct world *world)
{
    static const unsigned sync_shares[WORLD_MODES_SIM] = {0, 1000, 400};
    if (world->options.script.seed)
        return world->options.script;
    return (struct sim_script){
        .seed = 20 + world->mode,
        .sync_share = world->options.waits ? 0 : sync_shares[world->mode],
        .short_share = 300,
        .delay_max = world->options.waits ? 1000 : 5,
    };
}

void world_open(struct world *world, struct world_options options)
{
    static const struct frame_allocator_ops allocator_ops = {
        .name = "test", .allocate = test_allocate, .deallocate = test_deallocate};
    if (!options.connections)
        options.connections = 1;
    if (!options.buffer)
        options.buffer = 4096;
    world->options = options;

    struct reactor_options reactor_options = {
        .backend = world->backend, .queue_entries = options.queue_entries, .script = script_of(world)};
    const char *reason;
    int status = reactor_create(&world->reactor, &reactor_options, &reason);
    if (world->backend == REACTOR_IO_URING && (status == -EPERM || status == -EACCES || status == -ENOSYS))
        skip(reason);
    if (status < 0)
        fprintf(stderr, "%s\n", reason);
    CHECK_EQ(status, 0);
    CHECK_EQ(run_loop_init(&world->run_loop, world->reactor), 0);
    stop_source_init(&world->stop);
    world->allocator = (struct test_allocator){.base.ops = &allocator_ops};
    world->env = (struct io_env){
        .executor = run_loop_executor(&world->run_loop),
        .stop = stop_source_token(&world->stop),
        .allocator = &world->allocator.base,
    };
    world->connections = calloc(options.connections, sizeof *world->connections);
    CHECK(world->connections != NULL);
    world->started = world->ended = 0;
    world->finish_when_ended = false;
    current = world;
    for (unsigned i = 0; i < options.connections; i++)
        open_connection(world, &world->connections[i], i);
    probe_reset();
}

int world_start(struct world *world)
{
    for (unsigned i = 0; i < world->options.connections; i++) {
        world->started++;
        int status = world->form->code->start(world->connections[i].loop, &world->connections[i].job);
        if (status < 0) {
            world->started--;
            return status;
        }
    }
    return 0;
}

/* ---- The peers ---- */

static size_t at_most(size_t left, size_t piece)
{
    return piece && piece < left ? piece : left;
}

/* A peer that met an error of its own has nothing more to do: what the loop makes of it is the test. */
static void pump(struct world *world, struct connection *connection)
{
    const struct world_options *options = &world->options;
    int fd = connection->ends[1].fd;
    if (world->backend == REACTOR_SIM || fd < 0)
        return;
    size_t left = options->total - connection->sent;
    if (left > 0) {
        ssize_t n = send(fd, connection->source + connection->sent, at_most(left, options->send_piece),
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        connection->sent += n > 0 ? (size_t)n : 0;
    } else if (!options->silent && !connection->closed) {
        connection->closed = true;
        CHECK_EQ(shutdown(fd, SHUT_WR), 0);
    }
    size_t room = rounded(options->total) - connection->got;
    if (!options->deaf && room > 0) {
        ssize_t n =
            recv(fd, connection->received + connection->got, at_most(room, options->receive_piece), MSG_DONTWAIT);
        connection->got += n > 0 ? (size_t)n : 0;
    }
}

void peer_close(struct connection *connection, bool reset)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    if (reset)
        CHECK_EQ(setsockopt(connection->ends[1].fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
    stream_close(&connection->ends[1]);
}

void check_echoed(const struct world *world)
{
    size_t total = world->options.total;
    for (unsigned i = 0; i < world->options.connections; i++) {
        const struct connection *connection = &world->connections[i];
        struct process expected = {0};
        process_checksum(&expected, connection->source, total);
        CHECK_EQ(connection->job.status, 0);
        CHECK_EQ(connection->job.bytes, total);
        CHECK_EQ(connection->job.process.checksum, expected.checksum);
        CHECK_EQ(world->backend == REACTOR_SIM ? connection->sim.written : connection->got, total);
        CHECK(memcmp(connection->received, connection->source, total) == 0);
    }
}

/* ---- Running ---- */

struct spin {
    struct work work;
    struct world *world;
    bool (*condition)(const struct world *);
    time_t deadline;
};

static time_t seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void spin_once(struct work *work)
{
    struct spin *spin = CONTAINER_OF(work, struct spin, work);
    struct world *world = spin->world;
    for (unsigned i = 0; i < world->options.connections; i++)
        pump(world, &world->connections[i]);
    CHECK(seconds() < spin->deadline);
    if (spin->condition(world))
        run_loop_finish(&world->run_loop);
    else
        run_loop_post_work(&world->run_loop, work);
}

void world_run_until(struct world *world, bool (*condition)(const struct world *))
{
    struct spin spin = {
        .work.execute = spin_once, .world = world, .condition = condition, .deadline = seconds() + DEADLINE_SECONDS};
    run_loop_post_work(&world->run_loop, &spin.work);
    CHECK_EQ(run_loop_run(&world->run_loop), 0);
}

/* The peers, too, have everything that was sent to them. */
static bool all_ended(const struct world *world)
{
    if (world->ended < world->started)
        return false;
    for (unsigned i = 0; i < world->options.connections && world->backend != REACTOR_SIM; i++) {
        const struct connection *connection = &world->connections[i];
        if (connection->job.status == 0 && !world->options.deaf && connection->got < connection->job.bytes)
            return false;
    }
    return true;
}

void world_run_to_end(struct world *world)
{
    world_run_until(world, all_ended);
}

/* Long enough for a write that will not wait to be over; in sim the clock stands still between two turns. */
static bool writing(const struct world *world)
{
    static unsigned turns;
    const struct connection *connection = &world->connections[0];
    bool now = reactor_in_flight(world->reactor) == 1 && connection->last == IO_WRITE;
    turns = now ? turns + 1 : 0;
    return turns > (world->backend == REACTOR_SIM ? 0 : 200);
}

void world_run_until_writing(struct world *world)
{
    world_run_until(world, writing);
}

void world_abandon(struct world *world, struct connection *connection)
{
    CHECK_EQ(connection->done, 0);
    world->form->code->abandon(connection->loop);
    connection->abandoned = true;
    world->started--;
}

void world_run(struct world *world)
{
    world->finish_when_ended = true;
    if (world->ended < world->started)
        CHECK_EQ(run_loop_run(&world->run_loop), 0);
    CHECK_EQ(world->ended, world->started);
}

void world_close(struct world *world)
{
    struct reactor_counts counts = reactor_counts(world->reactor);
    CHECK_EQ(reactor_in_flight(world->reactor), 0);
    CHECK_EQ(counts.submitted, counts.completed);
    CHECK_EQ(probe_counters[PROBE_SUBMIT], probe_counters[PROBE_COMPLETE]);
    CHECK_EQ(world->allocator.allocated, world->allocator.freed);
    CHECK_EQ(world->ended, world->started);
    for (unsigned i = 0; i < world->options.connections; i++) {
        struct connection *connection = &world->connections[i];
        CHECK_EQ(connection->done, i < world->started && !connection->abandoned);
        if (world->backend != REACTOR_SIM) {
            stream_close(&connection->ends[0]);
            stream_close(&connection->ends[1]);
        }
        free(connection->loop);
        free(connection->job.buffer);
        free(connection->source);
        free(connection->received);
    }
    free(world->connections);
    world->connections = NULL;
    run_loop_destroy(&world->run_loop);
    reactor_destroy(world->reactor);
    current = NULL;
}
