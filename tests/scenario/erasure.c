/* The loop over erased streams and senders lives through the same as any other form of the loop does. */
#include "tests/scenario/world.h"

#define SCENARIO(name, forms, backends) void scenario_##name(struct world *);
#include "tests/scenario/scenarios.def"
#undef SCENARIO

#define FORM(name, model_)                                                                                             \
    extern const struct loop_code loop_##name;                                                                         \
    static const struct loop_form name = {.model = model_, .mechanism = #name, .kind = LOOP_TASK, .code = &loop_##name};
FORM(erased_any_stream, "awaitable")
FORM(erased_any_sender, "sender")
FORM(erased_table_sender, "sender")

enum { ANYWHERE, REAL, SIM };

static const struct {
    void (*run)(struct world *);
    int where;
} rules[] = {
    {scenario_end_of_stream, ANYWHERE},
    {scenario_echo_of_many_pieces, ANYWHERE},
    {scenario_short_reads, ANYWHERE},
    {scenario_short_writes, ANYWHERE},
    {scenario_exactly_one_completion, ANYWHERE},
    {scenario_never_resumed_twice, ANYWHERE},
    {scenario_same_bytes_for_same_script, SIM},
    {scenario_same_bytes_with_an_inline_budget, ANYWHERE},
    {scenario_connection_reset, REAL},
    {scenario_peer_closed_while_writing, REAL},
    {scenario_read_error_is_reported, SIM},
    {scenario_write_error_is_reported, SIM},
    {scenario_stop_before_start, ANYWHERE},
    {scenario_stop_while_reading, ANYWHERE},
    {scenario_stop_while_processing, ANYWHERE},
    {scenario_stop_while_writing, ANYWHERE},
    {scenario_stop_after_end, ANYWHERE},
    {scenario_allocation_failure_is_reported, ANYWHERE},
};

static void keep_the_rules(const struct world *world, const struct loop_form *form)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct world fresh = {.form = form, .backend = world->backend, .mode = world->mode};
        if (rules[i].where == ANYWHERE || (rules[i].where == SIM) == (world->backend == REACTOR_SIM))
            rules[i].run(&fresh);
    }
}

void scenario_any_stream_keeps_the_rules_of_the_loop(struct world *world)
{
    keep_the_rules(world, &erased_any_stream);
}

void scenario_any_sender_keeps_the_rules_of_the_loop(struct world *world)
{
    keep_the_rules(world, &erased_any_sender);
}

void scenario_table_sender_keeps_the_rules_of_the_loop(struct world *world)
{
    keep_the_rules(world, &erased_table_sender);
}

static struct connection *swallowing;

static void swallow_from_here(struct process *process, unsigned char *data, size_t bytes)
{
    process_checksum(process, data, bytes);
    swallowing->swallow = true;
    swallowing->submitted = 0;
}

static bool swallowed(const struct world *world)
{
    return world->connections[0].swallow && world->connections[0].submitted > 0 &&
           reactor_in_flight(world->reactor) == 0;
}

/* Suspended in its first read, and then in the first operation after it that waits; it is in flight nowhere. */
static void destroy_suspended(struct world *world, const struct loop_form *form, unsigned reading, unsigned writing)
{
    world->form = form;
    for (unsigned total = 0; total <= 10; total += 10) {
        world_open(world, (struct world_options){.total = total, .silent = true, .waits = true});
        world->env.stop = (struct stop_token){0};
        swallowing = &world->connections[0];
        swallowing->swallow = total == 0;
        swallowing->job.process.step = swallow_from_here;
        CHECK_EQ(world_start(world), 0);
        world_run_until(world, swallowed);
        CHECK_EQ(world->allocator.allocated - world->allocator.freed, swallowing->last == IO_READ ? reading : writing);
        world_abandon(world, &world->connections[0]);
        CHECK_EQ(world->allocator.allocated, world->allocator.freed);
        world_close(world);
    }
}

/* A frame and the memory of two awaitables. */
void scenario_any_stream_destroyed_while_suspended_frees_everything(struct world *world)
{
    destroy_suspended(world, &erased_any_stream, 3, 3);
}

/* A frame, and while it reads a block. */
void scenario_any_sender_destroyed_while_suspended_frees_everything(struct world *world)
{
    destroy_suspended(world, &erased_any_sender, 2, 1);
}

static uint64_t turns;

static void count_turn(struct process *process, unsigned char *data, size_t bytes)
{
    process_checksum(process, data, bytes);
    turns++;
}

/* The frame, and a block for each read: one a turn, and one more finds the end of the stream. */
void scenario_any_sender_allocates_once_per_operation_that_does_not_fit(struct world *world)
{
    world->form = &erased_any_sender;
    turns = 0;
    world_open(world, (struct world_options){.total = 1000, .buffer = 10, .send_piece = 100});
    world->connections[0].job.process.step = count_turn;
    CHECK_EQ(world_start(world), 0);
    world_run_to_end(world);
    check_echoed(world);
    CHECK(turns >= 100);
    CHECK_EQ(world->allocator.allocated, 1 + turns + 1);
    world_close(world);
}

static struct test_allocator *failing;

static void fail_from_here(struct process *process, unsigned char *data, size_t bytes)
{
    process_checksum(process, data, bytes);
    failing->failing = true;
}

/* The write after it needs no memory; the read after that has none, and ends the loop. */
void scenario_any_sender_without_memory_completes_with_enomem(struct world *world)
{
    world->form = &erased_any_sender;
    world_open(world, (struct world_options){.total = 1000, .buffer = 10});
    failing = &world->allocator;
    world->connections[0].job.process.step = fail_from_here;
    CHECK_EQ(world_start(world), 0);
    world_run_to_end(world);
    CHECK_EQ(world->connections[0].job.status, -ENOMEM);
    CHECK(world->connections[0].job.bytes > 0);
    CHECK(world->connections[0].job.bytes <= 10);
    world_close(world);
}

/* Whatever is behind it, the loop over any_stream and table_sender allocates when it starts, and never again. */
static void allocate_at_the_start_only(struct world *world, const struct loop_form *form, unsigned allocations)
{
    world->form = form;
    world_open(world, (struct world_options){.total = 1000, .buffer = 10, .send_piece = 100});
    CHECK_EQ(world_start(world), 0);
    world_run_to_end(world);
    check_echoed(world);
    CHECK(world->connections[0].tried >= 200);
    CHECK_EQ(world->allocator.allocated, allocations);
    world_close(world);
}

void scenario_any_stream_allocates_when_it_is_wrapped(struct world *world)
{
    allocate_at_the_start_only(world, &erased_any_stream, 3);
}

void scenario_table_sender_allocates_nothing(struct world *world)
{
    allocate_at_the_start_only(world, &erased_table_sender, 1);
}
