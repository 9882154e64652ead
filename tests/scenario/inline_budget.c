/* The inline budget of a stream: who completes inline over and over gives others their turn, and loses nothing. */
#include "tests/scenario/world.h"

enum { EVERYTHING_AT_ONCE = 1000 /* per mille */, PIECE = 16 };

static const struct sim_script at_once = {.seed = 11, .sync_share = EVERYTHING_AT_ONCE};

/* A budget for each connection, or, with `shared`, one for all. */
static void give_budgets(struct world *world, struct inline_budget *budgets, struct inline_budget budget, bool shared)
{
    for (unsigned i = 0; i < world->options.connections; i++) {
        budgets[i] = budget;
        world->connections[i].job.stream->budget = &budgets[shared ? 0 : i];
    }
}

/* One connection of which all completes at once: how many posts that takes, and of how many operations. */
static uint64_t count_posts(struct world *world, struct inline_budget *budget, uint64_t *operations)
{
    world_open(world, (struct world_options){.total = 300 * PIECE, .script = at_once});
    world->connections[0].job.stream->budget = budget;
    CHECK_EQ(world_start(world), 0);
    world_run(world);
    uint64_t posts = probe_counters[PROBE_POST];
    *operations = world->connections[0].tried;
    CHECK_EQ(probe_counters[PROBE_SUBMIT], 0);
    check_echoed(world);
    world_close(world);
    return posts;
}

void scenario_fixed_inline_budget_posts_once_per_k_inline_completions(struct world *world)
{
    static const unsigned fixed[] = {0, 1, 2, 3, 16, 64, 10000};
    uint64_t operations, with_budget;
    uint64_t without = count_posts(world, NULL, &operations);
    CHECK(operations >= 600);
    for (unsigned i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        struct inline_budget budget = inline_budget_fixed(fixed[i]);
        uint64_t posts = count_posts(world, &budget, &with_budget);
        CHECK_EQ(with_budget, operations);
        CHECK_EQ(posts - without, operations / (fixed[i] + 1));
    }
}

void scenario_adaptive_inline_budget_posts_ever_more_rarely(struct world *world)
{
    struct inline_budget budget = inline_budget_adaptive();
    uint64_t operations;
    uint64_t without = count_posts(world, NULL, &operations);
    uint64_t posts = count_posts(world, &budget, &operations) - without;
    /* 2 and a posted one, 4 and one, 8 and one, 16 and one, 16 and one, ... */
    CHECK_EQ(posts, 3 + (operations - 3 - 5 - 9) / 17);
    CHECK_EQ(budget.limit, 16);
}

/* The same where some operations wait; `at_once_done` of them do not. */
static uint64_t count_posts_among_waits(struct world *world, struct inline_budget *budget, uint64_t *at_once_done)
{
    struct sim_script script = {.seed = 12, .sync_share = 600, .short_share = 300, .delay_max = 3};
    world_open(world, (struct world_options){.total = 300 * PIECE, .script = script});
    world->connections[0].job.stream->budget = budget;
    CHECK_EQ(world_start(world), 0);
    world_run(world);
    uint64_t posts = probe_counters[PROBE_POST];
    *at_once_done = world->connections[0].tried - world->connections[0].submitted;
    check_echoed(world);
    world_close(world);
    return posts;
}

void scenario_adaptive_inline_budget_falls_back(struct world *world)
{
    struct inline_budget budget = inline_budget_adaptive();
    uint64_t at_once_done;
    uint64_t without = count_posts_among_waits(world, NULL, &at_once_done);
    uint64_t posts = count_posts_among_waits(world, &budget, &at_once_done) - without;
    CHECK(posts > 10);
    CHECK(posts <= at_once_done / 3);
    CHECK(posts > 3 + at_once_done / 17); /* more than if nothing had waited */
}

/* ---- Starvation ---- */

static struct {
    const struct world *world;
    uint64_t first_tried_before; /* of the first connection, when the second was served last */
    uint64_t gap;                /* the most that the first has done between two turns of the second */
    unsigned turns;              /* of the second while the first had work left */
} watched;

static void watch_second(struct process *process, unsigned char *data, size_t bytes)
{
    const struct connection *first = &watched.world->connections[0];
    process_checksum(process, data, bytes);
    if (first->done)
        return;
    uint64_t gap = first->tried - watched.first_tried_before;
    watched.first_tried_before = first->tried;
    watched.gap = gap > watched.gap ? gap : watched.gap;
    watched.turns++;
}

static void run_two(struct world *world, const struct inline_budget *budget, bool shared)
{
    struct inline_budget budgets[2];
    world_open(world, (struct world_options){.total = 300 * PIECE, .connections = 2, .script = at_once});
    if (budget)
        give_budgets(world, budgets, *budget, shared);
    memset(&watched, 0, sizeof watched);
    watched.world = world;
    world->connections[1].job.process.step = watch_second;
    CHECK_EQ(world_start(world), 0);
    world_run(world);
    check_echoed(world);
    world_close(world);
}

void scenario_inline_budget_lets_the_other_connection_in(struct world *world)
{
    static const unsigned fixed[] = {1, 2, 3, 8, 64};
    run_two(world, NULL, false);
    CHECK_EQ(watched.turns, 0); /* not before the first had ended */
    for (unsigned i = 0; i < 2 * sizeof fixed / sizeof *fixed; i++) {
        struct inline_budget budget = inline_budget_fixed(fixed[i / 2]);
        run_two(world, &budget, i % 2);
        CHECK(watched.turns > 200);
        CHECK(watched.gap <= fixed[i / 2] + 1); /* so many inline, and the one that was posted */
    }
    struct inline_budget adaptive = inline_budget_adaptive();
    run_two(world, &adaptive, false);
    CHECK(watched.turns > 200);
    CHECK(watched.gap <= 16 + 1);
}

static bool both_ended(const struct world *world)
{
    return world->ended == 2;
}

static uint64_t first_had_done;
static void (*connection_done)(struct loop_job *);

static void second_done(struct loop_job *job)
{
    first_had_done = (CONTAINER_OF(job, struct connection, job) - 1)->job.bytes;
    connection_done(job);
}

/* The second connection is a socket, and waits for the kernel; the first always completes inline. */
static void run_beside_a_socket(struct world *world, struct inline_budget *budget, size_t bytes)
{
    unsigned char source[PIECE] = "fifteen letters", sink[PIECE];
    struct memory_stream memory;
    world_open(world, (struct world_options){.total = 5, .connections = 2});
    memory_stream_init(&memory, source, PIECE, bytes, PIECE, sink, PIECE);
    memory.stream.budget = budget;
    struct loop_job *first = &world->connections[0].job, *second = &world->connections[1].job;
    first->stream = &memory.stream;
    connection_done = second->done;
    second->done = second_done;
    CHECK_EQ(world_start(world), 0);
    world_run_until(world, both_ended);
    CHECK_EQ(first->status, 0);
    CHECK_EQ(first->bytes, bytes);
    CHECK_EQ(second->status, 0);
    CHECK_EQ(second->bytes, 5);
    world_close(world);
}

/* Without a budget every completion may take stack, as the p2300-task's do; with one no more than the budget's do. */
void scenario_inline_budget_lets_a_waiting_connection_in(struct world *world)
{
    enum { FEW = 1000 * PIECE, MANY = 5000 * PIECE };
    run_beside_a_socket(world, NULL, FEW);
    CHECK_EQ(first_had_done, FEW);
    struct inline_budget budgets[] = {inline_budget_fixed(0), inline_budget_fixed(8), inline_budget_adaptive()};
    for (unsigned i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        run_beside_a_socket(world, &budgets[i], MANY);
        CHECK(first_had_done < MANY);
    }
}

/* ---- Nothing is lost ---- */

void scenario_same_bytes_with_an_inline_budget(struct world *world)
{
    enum { CONNECTIONS = 3 };
    size_t total = world->backend == REACTOR_SIM ? 100 * PIECE : 10 << 10;
    struct inline_budget budgets[CONNECTIONS];
    const struct inline_budget kinds[] = {inline_budget_fixed(0), inline_budget_fixed(1), inline_budget_fixed(5),
                                          inline_budget_adaptive()};
    for (unsigned i = 0; i < 2 * sizeof kinds / sizeof *kinds; i++) {
        world_open(world, (struct world_options){
                              .total = total, .connections = CONNECTIONS, .buffer = 700, .send_piece = 1000});
        give_budgets(world, budgets, kinds[i / 2], i % 2);
        CHECK_EQ(world_start(world), 0);
        world_run_to_end(world);
        check_echoed(world);
        world_close(world);
    }
}

static struct stop_source *stop_in_step;

static void stopping_step(struct process *process, unsigned char *data, size_t bytes)
{
    process_checksum(process, data, bytes);
    CHECK(stop_source_request_stop(stop_in_step));
}

/* The read was there before the request; the write is then done at once, but with K = 0 or 1 posted. */
static void stop_before_the_write(struct world *world, unsigned k)
{
    struct inline_budget budget = inline_budget_fixed(k);
    world_open(world, (struct world_options){.total = 10 * PIECE, .script = at_once});
    world->connections[0].job.stream->budget = &budget;
    world->connections[0].job.process.step = stopping_step;
    stop_in_step = &world->stop;
    CHECK_EQ(world_start(world), 0);
    world_run(world);
    CHECK_EQ(world->connections[0].job.status, -ECANCELED);
    CHECK_EQ(world->connections[0].job.bytes, PIECE);
    CHECK_EQ(world->connections[0].sim.written, PIECE);
    world_close(world);
}

struct stopper {
    struct work work;
    struct world *world;
};

/* As soon as the first read has been tried: it is done, and has been posted. */
static void stop_behind_the_read(struct work *work)
{
    struct world *world = CONTAINER_OF(work, struct stopper, work)->world;
    if (world->connections[0].tried == 0) {
        run_loop_post_work(&world->run_loop, work);
        return;
    }
    CHECK_EQ(world->connections[0].tried, 1);
    CHECK_EQ(world->connections[0].job.process.position, 0);
    CHECK(stop_source_request_stop(&world->stop));
}

static void stop_before_the_read_is_delivered(struct world *world)
{
    struct inline_budget budget = inline_budget_fixed(0);
    struct stopper stopper = {.work.execute = stop_behind_the_read, .world = world};
    world_open(world, (struct world_options){.total = 10 * PIECE, .script = at_once});
    world->connections[0].job.stream->budget = &budget;
    run_loop_post_work(&world->run_loop, &stopper.work);
    CHECK_EQ(world_start(world), 0);
    world_run(world);
    CHECK_EQ(world->connections[0].job.status, -ECANCELED);
    CHECK_EQ(world->connections[0].job.bytes, PIECE);
    CHECK_EQ(world->connections[0].job.process.position, PIECE);
    CHECK_EQ(world->connections[0].sim.written, PIECE);
    world_close(world);
}

void scenario_stop_request_loses_no_bytes_of_a_posted_operation(struct world *world)
{
    for (unsigned k = 0; k < 3; k++)
        stop_before_the_write(world, k);
    stop_before_the_read_is_delivered(world);
}
