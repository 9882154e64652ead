/* when_all: on gates that the scenario opens, on reads, and on a pool's threads. */
#include "sender/io.h"
#include "sender/just.h"
#include "sender/schedule.h"
#include "sender/sync_wait.h"
#include "sender/then.h"
#include "sender/when_all.h"
#include "tests/scenario/sender_gate.h"

#include <sched.h>
#include <sys/socket.h>

/* ---- when_all of two gates ---- */

RECEIVER(all_first, ssize_t);
RECEIVER(all_second, ssize_t);
WHEN_ALL_VALUES(all, (first, second));
RECEIVER_OUTCOME(all_end, struct all_values, value.first * 100 + value.second)
SENDER_GATE(first, all_first)
SENDER_GATE(second, all_second)
SENDER_WHEN_ALL(all, (first, second), all_end)

/* Two pointers a gate and its stop callback, no pointer back, no table. */
_Static_assert(sizeof(struct all_op) == sizeof(struct all_end_receiver) + sizeof(struct sender_children) +
                                            sizeof(struct sender_children_stop) + 2 * sizeof(ssize_t) +
                                            2 * sizeof(struct first_op),
               "children are found by their places");
_Static_assert(sizeof(struct first_op) == sizeof(struct gate *) + sizeof(struct stop_callback), "receivers are empty");

static void start_all(struct world *world, struct outcome *outcome, struct gate gates[2])
{
    START_GATES(all, all_end, first, second, outcome, &world->env, gates);
}

void scenario_sender_when_all_delivers_after_all_ended(struct world *world)
{
    struct outcome outcome;
    world_open(world, (struct world_options){0});
    for (unsigned last = 0; last < 2; last++) {
        struct gate gates[2] = {0};
        start_all(world, &outcome, gates);
        gate_open(&gates[1 - last], 3 + last);
        CHECK_EQ(outcome.completions, 0);
        CHECK(!gates[last].asked);
        gate_open(&gates[last], 4 - last);
        CHECK_EQ(outcome.completions, 1);
        CHECK_EQ(outcome.result, 403);
    }
    world_close(world);
}

void scenario_sender_when_all_stops_the_others_on_the_first_error(struct world *world)
{
    struct outcome outcome;
    world_open(world, (struct world_options){0});
    for (unsigned failing = 0; failing < 2; failing++) {
        struct gate gates[2] = {{.deaf = failing == 1}, {.deaf = failing == 0}};
        start_all(world, &outcome, gates);
        gate_open(&gates[failing], -EPIPE);
        CHECK(gates[1 - failing].asked);
        CHECK_EQ(outcome.completions, 0);
        gate_open(&gates[1 - failing], 1);
        CHECK_EQ(outcome.completions, 1);
        CHECK_EQ(outcome.result, -EPIPE);

        /* The other one ends while it is being asked. */
        gates[1 - failing] = (struct gate){0};
        start_all(world, &outcome, gates);
        gate_open(&gates[failing], -EPIPE);
        CHECK_EQ(outcome.completions, 1);
        CHECK_EQ(outcome.result, -EPIPE);
    }
    world_close(world);
}

void scenario_sender_when_all_error_wins_over_stopped(struct world *world)
{
    static const struct {
        ssize_t first, second, result;
    } cases[] = {
        {-ECANCELED, -EPIPE, -EPIPE}, {-EPIPE, -ECANCELED, -EPIPE}, {-EPIPE, -ECONNRESET, -EPIPE},
        {-ECANCELED, 1, -ECANCELED},  {1, -ECANCELED, -ECANCELED},  {1, -EPIPE, -EPIPE},
    };
    struct outcome outcome;
    world_open(world, (struct world_options){0});
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gate gates[2] = {{.deaf = true}, {.deaf = true}};
        start_all(world, &outcome, gates);
        gate_open(&gates[0], cases[i].first);
        CHECK_EQ(gates[1].asked, cases[i].first < 0);
        gate_open(&gates[1], cases[i].second);
        CHECK_EQ(outcome.completions, 1);
        CHECK_EQ(outcome.result, cases[i].result);
    }
    world_close(world);
}

void scenario_sender_when_all_started_after_stop_starts_nothing(struct world *world)
{
    struct outcome outcome;
    struct gate gates[2] = {0};
    world_open(world, (struct world_options){0});
    CHECK(stop_source_request_stop(&world->stop));
    start_all(world, &outcome, gates);
    CHECK(!gates[0].end && !gates[1].end);
    CHECK_EQ(outcome.completions, 1);
    CHECK_EQ(outcome.result, -ECANCELED);
    world_close(world);
}

/* Every child ends inside the request, and the receiver frees the operation that the request still is in. */
void scenario_sender_when_all_ends_inside_a_stop_request(struct world *world)
{
    struct outcome outcome;
    struct gate gates[2] = {0};
    world_open(world, (struct world_options){0});
    start_all(world, &outcome, gates);
    CHECK(stop_source_request_stop(&world->stop));
    CHECK(gates[0].asked && gates[1].asked);
    CHECK_EQ(outcome.completions, 1);
    CHECK_EQ(outcome.result, -ECANCELED);
    world_close(world);

    /* A stop request does not change what children that pay no heed to it give (P2300R10; stdexec's is then stopped).
     */
    struct gate deaf[2] = {{.deaf = true}, {.deaf = true}};
    world_open(world, (struct world_options){0});
    start_all(world, &outcome, deaf);
    CHECK(stop_source_request_stop(&world->stop));
    CHECK(deaf[0].asked && deaf[1].asked);
    gate_open(&deaf[0], 1);
    gate_open(&deaf[1], 2);
    CHECK_EQ(outcome.result, 102);
    world_close(world);
}

/* ---- when_all of children of different types ---- */

struct is_unit {
};

static bool is_unit_call(struct is_unit *self, struct unit value)
{
    (void)self;
    (void)value;
    return true;
}

RECEIVER(mixed_got, ssize_t);
RECEIVER(mixed_hopped, bool);
RECEIVER(mixed_number, double);
WHEN_ALL_VALUES(mixed, (got, hopped, number));
RECEIVER_SYNC_WAIT(wait_mixed, struct mixed_values);
SENDER_READ_SOME(got, mixed_got)
RECEIVER(hopped, struct unit);
SENDER_SCHEDULE(hop, run_loop, hopped)
SENDER_THEN(hopped, hop, is_unit, mixed_hopped)
SENDER_JUST(number, mixed_number)
SENDER_WHEN_ALL(mixed, (got, hopped, number), wait_mixed)
SENDER_SYNC_WAIT(wait_mixed, mixed)

static int run_mixed(struct world *world, struct mixed_values *values)
{
    return wait_mixed(&world->run_loop, &world->env,
                      (struct mixed_sender){.got = READING(world, 0, got_sender),
                                            .hopped = {.child = {&world->run_loop}},
                                            .number = {2.5}},
                      values);
}

void scenario_sender_when_all_delivers_every_value(struct world *world)
{
    struct mixed_values values = {0};
    world_open(world, (struct world_options){.waits = world->mode == 0});
    CHECK_EQ(send(world->connections[0].ends[1].fd, "hello", 5, 0), 5);
    CHECK_EQ(run_mixed(world, &values), 0);
    CHECK_EQ(values.got, 5);
    CHECK(values.hopped);
    CHECK(values.number == 2.5);
    world_close(world);

    values = (struct mixed_values){0};
    world_open(world, (struct world_options){.tcp = true});
    peer_close(&world->connections[0], true);
    CHECK_EQ(run_mixed(world, &values), -ECONNRESET);
    CHECK_EQ(values.got, 0);
    world_close(world);
}

/* Eight that complete inline, none of which can fail. */
#define NUMBER(name)                                                                                                   \
    RECEIVER(eight_##name, unsigned);                                                                                  \
    SENDER_JUST(name, eight_##name)
NUMBER(n0)
NUMBER(n1)
NUMBER(n2)
NUMBER(n3)
NUMBER(n4)
NUMBER(n5)
NUMBER(n6)
NUMBER(n7)
WHEN_ALL_VALUES(eight, (n0, n1, n2, n3, n4, n5, n6, n7));
RECEIVER_SYNC_WAIT(wait_eight, struct eight_values);
SENDER_WHEN_ALL(eight, (n0, n1, n2, n3, n4, n5, n6, n7), wait_eight)
SENDER_SYNC_WAIT(wait_eight, eight)

_Static_assert((int)eight_completions == (COMPLETES_WITH_VALUE | COMPLETES_INLINE), "");
_Static_assert((int)mixed_completions == (COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED), "");

void scenario_sender_when_all_of_eight_inline(struct world *world)
{
    struct eight_values values;
    world_open(world, (struct world_options){0});
    CHECK_EQ(wait_eight(&world->run_loop, &world->env, (struct eight_sender){{1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}},
                        &values),
             0);
    CHECK(values.n0 == 1 && values.n1 == 2 && values.n2 == 3 && values.n3 == 4 && values.n4 == 5 && values.n5 == 6 &&
          values.n6 == 7 && values.n7 == 8);
    CHECK_EQ(probe_counters[PROBE_SET_VALUE], 9);
    world_close(world);
}

/* Two that cannot fail, with and without the stop source that the standard's text has in every when_all. */
RECEIVER(written_w0, unsigned);
RECEIVER(written_w1, unsigned);
SENDER_JUST(w0, written_w0)
SENDER_JUST(w1, written_w1)
WHEN_ALL_VALUES(written, (w0, w1));
RECEIVER_SYNC_WAIT(wait_written, struct written_values);
SENDER_WHEN_ALL_AS_WRITTEN(written, (w0, w1), wait_written)
SENDER_SYNC_WAIT(wait_written, written)

RECEIVER(lean_l0, unsigned);
RECEIVER(lean_l1, unsigned);
SENDER_JUST(l0, lean_l0)
SENDER_JUST(l1, lean_l1)
WHEN_ALL_VALUES(lean, (l0, l1));
RECEIVER_SYNC_WAIT(wait_lean, struct lean_values);
SENDER_WHEN_ALL(lean, (l0, l1), wait_lean)
SENDER_SYNC_WAIT(wait_lean, lean)

_Static_assert((int)written_completions == (COMPLETES_WITH_VALUE | COMPLETES_WITH_STOPPED | COMPLETES_INLINE), "");
_Static_assert((int)lean_completions == (COMPLETES_WITH_VALUE | COMPLETES_INLINE), "");
_Static_assert(sizeof(struct lean_op) + sizeof(struct sender_children_stop) == sizeof(struct written_op), "");

void scenario_sender_when_all_of_what_cannot_fail_has_no_stop_source(struct world *world)
{
    struct lean_values lean = {0};
    struct written_values written = {0};
    world_open(world, (struct world_options){0});
    CHECK_EQ(wait_written(&world->run_loop, &world->env, (struct written_sender){{1}, {2}}, &written), 0);
    CHECK(written.w0 == 1 && written.w1 == 2);
    stop_source_request_stop(&world->stop);
    CHECK_EQ(wait_written(&world->run_loop, &world->env, (struct written_sender){{3}, {4}}, &written), -ECANCELED);
    CHECK(written.w0 == 0 && written.w1 == 0);
    CHECK_EQ(wait_lean(&world->run_loop, &world->env, (struct lean_sender){{5}, {6}}, &lean), 0);
    CHECK(lean.l0 == 5 && lean.l1 == 6);
    world_close(world);
}

/* ---- when_all of an array of reads ---- */

enum { READERS = 32 };

RECEIVER_IN_ARRAY(readers_each, ssize_t);
WHEN_ALL_ARRAY_VALUES(readers, READERS);
RECEIVER_SYNC_WAIT(wait_readers, struct readers_values);
SENDER_READ_SOME(reader, readers_each)
SENDER_WHEN_ALL_ARRAY(readers, reader, READERS, wait_readers)
SENDER_SYNC_WAIT(wait_readers, readers)

static struct readers_sender all_readers(struct world *world)
{
    struct readers_sender sender;
    for (unsigned i = 0; i < READERS; i++)
        sender.each[i] = READING(world, i, reader_sender);
    return sender;
}

void scenario_sender_when_all_of_an_array(struct world *world)
{
    static const char data[READERS];
    struct readers_values values;
    world_open(world, (struct world_options){.connections = READERS});
    for (unsigned i = 0; i < READERS; i++)
        CHECK_EQ(send(world->connections[i].ends[1].fd, data, i + 1, 0), i + 1);
    CHECK_EQ(wait_readers(&world->run_loop, &world->env, all_readers(world), &values), 0);
    for (unsigned i = 0; i < READERS; i++)
        CHECK_EQ(values.each[i], i + 1);
    world_close(world);

    /* One is reset, and the others wait for bytes that never come. */
    world_open(world, (struct world_options){.connections = READERS, .tcp = true});
    peer_close(&world->connections[READERS / 2], true);
    CHECK_EQ(wait_readers(&world->run_loop, &world->env, all_readers(world), &values), -ECONNRESET);
    CHECK_EQ(probe_counters[PROBE_SET_STOPPED], READERS - 1);
    world_close(world);
}

struct stop_work {
    struct work work;
    struct world *world;
};

static void stop_now(struct work *work)
{
    struct world *world = CONTAINER_OF(work, struct stop_work, work)->world;
    CHECK_EQ(reactor_in_flight(world->reactor), READERS);
    CHECK(stop_source_request_stop(&world->stop));
}

void scenario_sender_when_all_passes_a_stop_request_on(struct world *world)
{
    struct readers_values values;
    struct stop_work stop = {.work.execute = stop_now, .world = world};
    world_open(world, (struct world_options){.connections = READERS});
    run_loop_post_work(&world->run_loop, &stop.work);
    CHECK_EQ(wait_readers(&world->run_loop, &world->env, all_readers(world), &values), -ECANCELED);
    CHECK_EQ(reactor_in_flight(world->reactor), 0);
    CHECK_EQ(probe_counters[PROBE_SET_STOPPED], READERS + 1);
    world_close(world);
}

/* ---- when_all on a pool ---- */

enum { WORKERS = 4 };

/* Completes on the pool, with a value, an error, or stopped once that was requested. */
struct worker_sender {
    struct thread_pool *pool;
    ssize_t result;
};

RECEIVER_IN_ARRAY(workers_each, ssize_t);
WHEN_ALL_ARRAY_VALUES(workers, WORKERS);
RECEIVER_OUTCOME(workers_end, struct workers_values, value.each[0] + value.each[WORKERS - 1])

struct worker_op {
    struct workers_each_receiver receiver;
    struct worker_sender what;
    struct work work;
};

enum { worker_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED };

static void worker_connect(struct worker_op *op, struct worker_sender sender, struct workers_each_receiver receiver)
{
    op->receiver = receiver;
    op->what = sender;
}

static void worker_execute(struct work *work)
{
    struct worker_op *op = CONTAINER_OF(work, struct worker_op, work);
    if (stop_requested(workers_each_get_env(&op->receiver)->stop))
        workers_each_set_stopped(&op->receiver);
    else if (op->what.result < 0)
        workers_each_set_error(&op->receiver, (int)-op->what.result);
    else
        workers_each_set_value(&op->receiver, op->what.result);
}

static void worker_start(struct worker_op *op)
{
    op->work.execute = worker_execute;
    thread_pool_post_work(op->what.pool, &op->work);
}

SENDER_WHEN_ALL_ARRAY(workers, worker, WORKERS, workers_end)

struct stop_source_work {
    struct work work;
    struct stop_source source;
};

static void stop_source_now(struct work *work)
{
    stop_source_request_stop(&CONTAINER_OF(work, struct stop_source_work, work)->source);
}

/* Runs the workers, which have these results, on the pool; the loop's thread requests stop meanwhile, if that is to be.
 * The outcome. */
static ssize_t run_workers(struct world *world, struct thread_pool *pool, const ssize_t results[WORKERS], bool stop)
{
    struct stop_source_work stopping = {.work.execute = stop_source_now};
    struct io_env env = world->env;
    struct workers_op *op = malloc(sizeof *op);
    struct outcome outcome = {.env = &env, .op = op, .loop = &world->run_loop};
    struct workers_sender sender;
    CHECK(op != NULL);
    stop_source_init(&stopping.source);
    env.stop = stop_source_token(&stopping.source);
    for (unsigned i = 0; i < WORKERS; i++)
        sender.each[i] = (struct worker_sender){pool, results[i]};
    workers_connect(op, sender, (struct workers_end_receiver){&outcome});
    workers_start(op);
    if (stop)
        stop_source_now(&stopping.work);
    CHECK_EQ(run_loop_run(&world->run_loop), 0);
    CHECK_EQ(outcome.completions, 1);
    return outcome.result;
}

void scenario_sender_when_all_children_on_threads(struct world *world)
{
    struct thread_pool pool;
    CHECK_EQ(thread_pool_init(&pool, 3), 0);
    world_open(world, (struct world_options){0});
    for (unsigned i = 0; i < 500; i++) {
        CHECK_EQ(run_workers(world, &pool, (ssize_t[WORKERS]){1, 2, 3, 4}, false), 5);
        CHECK_EQ(run_workers(world, &pool, (ssize_t[WORKERS]){1, -EPIPE, 3, 4}, false), -EPIPE);
        ssize_t result = run_workers(world, &pool, (ssize_t[WORKERS]){-EPIPE, 2, 3, -EIO}, false);
        CHECK(result == -EPIPE || result == -EIO);
    }
    world_close(world);
    thread_pool_destroy(&pool);
}

void scenario_sender_when_all_stopped_while_on_threads(struct world *world)
{
    struct thread_pool pool;
    CHECK_EQ(thread_pool_init(&pool, 3), 0);
    world_open(world, (struct world_options){0});
    for (unsigned i = 0; i < 500; i++) {
        ssize_t result = run_workers(world, &pool, (ssize_t[WORKERS]){1, 2, 3, 4}, true);
        CHECK(result == 5 || result == -ECANCELED);
    }
    world_close(world);
    thread_pool_destroy(&pool);
}

/* ---- A stop request at the very moment in which the last child ends ---- */

enum { DELAYS = 64, MEETINGS = 3 * DELAYS * DELAYS };

struct opener {
    struct gate *gate;
    _Atomic unsigned round, done;
};

/* Short spins first, so that the two threads meet closely where each has a core. */
static void wait_for(_Atomic unsigned *round, unsigned value)
{
    for (unsigned spins = 0; atomic_load(round) != value; spins++)
        if (spins > 1000)
            sched_yield();
}

/* Every pair of delays of the two threads comes up. */
static void pause_for(unsigned turns)
{
    for (volatile unsigned left = turns; left > 0; left--)
        ;
}

static void *open_last(void *argument)
{
    struct opener *opener = argument;
    for (unsigned round = 1; round <= MEETINGS; round++) {
        wait_for(&opener->round, round);
        pause_for(round / DELAYS % DELAYS);
        gate_open(opener->gate, 2);
        atomic_store(&opener->done, round);
    }
    return NULL;
}

void scenario_sender_when_all_stop_request_meets_the_last_child(struct world *world)
{
    struct gate gates[2];
    struct opener opener = {.gate = &gates[1]};
    pthread_t thread;
    world_open(world, (struct world_options){0});
    CHECK_EQ(pthread_create(&thread, NULL, open_last, &opener), 0);
    for (unsigned round = 1; round <= MEETINGS; round++) {
        struct stop_source source;
        struct io_env env = world->env;
        struct outcome outcome;
        stop_source_init(&source);
        env.stop = stop_source_token(&source);
        gates[0] = gates[1] = (struct gate){.deaf = true};
        START_GATES(all, all_end, first, second, &outcome, &env, gates);
        gate_open(&gates[0], 1);
        atomic_store(&opener.round, round);
        pause_for(round % DELAYS);
        CHECK(stop_source_request_stop(&source));
        wait_for(&opener.done, round);
        CHECK_EQ(outcome.completions, 1);
        CHECK_EQ(outcome.result, 102);
    }
    CHECK_EQ(pthread_join(thread, NULL), 0);
    world_close(world);
}
