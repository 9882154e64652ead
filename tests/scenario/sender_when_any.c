/* when_any and stop_when: on gates that the scenario opens, and on pending reads. */
#include "common/thread_pool.h"
#include "sender/io.h"
#include "sender/schedule.h"
#include "sender/stop_when.h"
#include "sender/sync_wait.h"
#include "sender/then.h"
#include "sender/when_any.h"
#include "tests/scenario/sender_gate.h"

#include <semaphore.h>
#include <sys/socket.h>

/* ---- when_any ---- */

RECEIVER_OUTCOME(any_end, ssize_t, value)
RECEIVER(any_third, ssize_t);
RECEIVER(any_fourth, ssize_t);
SENDER_GATE(third, any_third)
SENDER_GATE(fourth, any_fourth)
SENDER_WHEN_ANY(any, (third, fourth), any_end)

static void start_any(struct world *world, struct outcome *outcome, struct gate gates[2])
{
    START_GATES(any, any_end, third, fourth, outcome, &world->env, gates);
}

void scenario_sender_when_any_first_completion_wins(struct world *world)
{
    static const ssize_t results[] = {5, -EPIPE, -ECANCELED};
    struct outcome outcome;
    world_open(world, (struct world_options){0});
    for (unsigned i = 0; i < sizeof results / sizeof *results; i++) {
        for (unsigned first = 0; first < 2; first++) {
            struct gate gates[2] = {{.deaf = first == 1}, {.deaf = first == 0}};
            start_any(world, &outcome, gates);
            gate_open(&gates[first], results[i]);
            CHECK(gates[1 - first].asked);
            CHECK_EQ(outcome.completions, 0);
            gate_open(&gates[1 - first], results[(i + 1) % 3]);
            CHECK_EQ(outcome.completions, 1);
            CHECK_EQ(outcome.result, results[i]);
        }
    }
    world_close(world);
}

void scenario_sender_when_any_asked_to_stop_is_stopped(struct world *world)
{
    struct outcome outcome;
    struct gate gates[2] = {{.deaf = true}, {.deaf = true}};
    world_open(world, (struct world_options){0});
    start_any(world, &outcome, gates);
    gate_open(&gates[0], 1);
    CHECK(stop_source_request_stop(&world->stop));
    gate_open(&gates[1], 2);
    CHECK_EQ(outcome.completions, 1);
    CHECK_EQ(outcome.result, -ECANCELED);

    struct gate unused[2] = {0};
    start_any(world, &outcome, unused);
    CHECK(!unused[0].end && !unused[1].end);
    CHECK_EQ(outcome.result, -ECANCELED);
    world_close(world);
}

/* Two reads, one of which has something to read. */
RECEIVER_SYNC_WAIT(wait_either, ssize_t);
RECEIVER(either_left, ssize_t);
RECEIVER(either_right, ssize_t);
SENDER_READ_SOME(left, either_left)
SENDER_READ_SOME(right, either_right)
SENDER_WHEN_ANY(either, (left, right), wait_either)
SENDER_SYNC_WAIT(wait_either, either)

void scenario_sender_when_any_of_two_reads(struct world *world)
{
    for (unsigned ready = 0; ready < 2; ready++) {
        ssize_t value = 0;
        world_open(world, (struct world_options){.connections = 2, .waits = world->mode == 0});
        CHECK_EQ(send(world->connections[ready].ends[1].fd, "hello", 5, 0), 5);
        CHECK_EQ(wait_either(&world->run_loop, &world->env,
                             (struct either_sender){READING(world, 0, left_sender), READING(world, 1, right_sender)},
                             &value),
                 0);
        CHECK_EQ(value, 5);
        CHECK_EQ(probe_counters[PROBE_SET_STOPPED], 1);
        world_close(world);
    }
}

/* ---- stop_when ---- */

RECEIVER_OUTCOME(until_end, ssize_t, value)
RECEIVER(until_source, ssize_t);
RECEIVER(until_trigger, ssize_t);
SENDER_GATE(source, until_source)
SENDER_GATE(trigger, until_trigger)
SENDER_STOP_WHEN(until, source, trigger, until_end)

static void start_until(struct world *world, struct outcome *outcome, struct gate gates[2])
{
    START_GATES(until, until_end, source, trigger, outcome, &world->env, gates);
}

void scenario_stop_when_trigger_stops_the_source(struct world *world)
{
    static const ssize_t triggers[] = {5, -EPIPE, -ECANCELED};
    struct outcome outcome;
    world_open(world, (struct world_options){0});
    for (unsigned i = 0; i < sizeof triggers / sizeof *triggers; i++) {
        struct gate gates[2] = {{.deaf = true}};
        start_until(world, &outcome, gates);
        gate_open(&gates[1], triggers[i]);
        CHECK(gates[0].asked);
        CHECK_EQ(outcome.completions, 0);
        gate_open(&gates[0], 3);
        CHECK_EQ(outcome.completions, 1);
        CHECK_EQ(outcome.result, 3);

        gates[0] = (struct gate){0};
        start_until(world, &outcome, gates);
        gate_open(&gates[1], triggers[i]);
        CHECK_EQ(outcome.completions, 1);
        CHECK_EQ(outcome.result, -ECANCELED);
    }
    world_close(world);
}

void scenario_stop_when_source_stops_the_trigger(struct world *world)
{
    static const ssize_t sources[] = {5, -EPIPE, -ECANCELED};
    struct outcome outcome;
    world_open(world, (struct world_options){0});
    for (unsigned i = 0; i < sizeof sources / sizeof *sources; i++) {
        struct gate gates[2] = {[1] = {.deaf = true}};
        start_until(world, &outcome, gates);
        gate_open(&gates[0], sources[i]);
        CHECK(gates[1].asked);
        CHECK_EQ(outcome.completions, 0);
        gate_open(&gates[1], -EIO);
        CHECK_EQ(outcome.completions, 1);
        CHECK_EQ(outcome.result, sources[i]);
    }
    world_close(world);
}

void scenario_stop_when_passes_a_stop_request_on(struct world *world)
{
    struct outcome outcome;
    struct gate gates[2] = {0};
    world_open(world, (struct world_options){0});
    start_until(world, &outcome, gates);
    CHECK(stop_source_request_stop(&world->stop));
    CHECK(gates[0].asked && gates[1].asked);
    CHECK_EQ(outcome.completions, 1);
    CHECK_EQ(outcome.result, -ECANCELED);

    /* After it both are started, and find it there. */
    gates[0] = gates[1] = (struct gate){0};
    start_until(world, &outcome, gates);
    CHECK(gates[0].asked && gates[1].asked);
    CHECK_EQ(outcome.completions, 1);
    CHECK_EQ(outcome.result, -ECANCELED);
    world_close(world);
}

/* A read that is given up when the loop's queue has come round. */
RECEIVER_SYNC_WAIT(wait_given_up, ssize_t);
RECEIVER(given_up_pending, ssize_t);
RECEIVER(given_up_turn, struct unit);
SENDER_READ_SOME(pending, given_up_pending)
SENDER_SCHEDULE(turn, run_loop, given_up_turn)
SENDER_STOP_WHEN(given_up, pending, turn, wait_given_up)
SENDER_SYNC_WAIT(wait_given_up, given_up)

void scenario_stop_when_gives_up_a_read(struct world *world)
{
    ssize_t value = 0;
    struct given_up_sender sender;
    world_open(world, (struct world_options){0});
    sender = (struct given_up_sender){READING(world, 0, pending_sender), {&world->run_loop}};
    CHECK_EQ(wait_given_up(&world->run_loop, &world->env, sender, &value), -ECANCELED);
    CHECK_EQ(reactor_counts(world->reactor).submitted, 1);
    world_close(world);
}

/* ---- On a pool, while somebody asks for stop ---- */

struct number {
    ssize_t value;
};

static ssize_t number_call(struct number *self, struct unit value)
{
    (void)value;
    return self->value;
}

#define ON_POOL(N, R)                                                                                                  \
    RECEIVER(R##_##N, ssize_t);                                                                                        \
    RECEIVER(N, struct unit);                                                                                          \
    SENDER_SCHEDULE(N##_turn, thread_pool, N)                                                                          \
    SENDER_THEN(N, N##_turn, number, R##_##N)

RECEIVER_OUTCOME(any_race_end, ssize_t, value)
ON_POOL(one, any_race)
ON_POOL(two, any_race)
SENDER_WHEN_ANY(any_race, (one, two), any_race_end)

RECEIVER_OUTCOME(until_race_end, ssize_t, value)
ON_POOL(worked, until_race)
ON_POOL(limit, until_race)
SENDER_STOP_WHEN(until_race, worked, limit, until_race_end)

struct stop_race {
    struct work work;
    struct stop_source source;
    sem_t stopped;
};

static void stop_race_stop(struct stop_race *race)
{
    stop_source_request_stop(&race->source);
    sem_post(&race->stopped);
}

static void stop_race_execute(struct work *work)
{
    stop_race_stop(CONTAINER_OF(work, struct stop_race, work));
}

enum { RACES = 3000, ORDERS = 3 };

/* Two children on a pool of three threads. Stop is asked for by a thread of the pool, before or after the children in
 * its queue, or by this one, after a while. Every time the receiver is completed once, and frees the operation. */
#define RUN_RACES(N, a, b, world, pool, check)                                                                         \
    for (unsigned i = 0; i < RACES; i++) {                                                                             \
        struct stop_race race = {.work.execute = stop_race_execute};                                                   \
        struct io_env env = (world)->env;                                                                              \
        struct N##_op *op = malloc(sizeof *op);                                                                        \
        struct outcome outcome = {.env = &env, .op = op, .loop = &(world)->run_loop};                                  \
        CHECK(op != NULL);                                                                                             \
        CHECK_EQ(sem_init(&race.stopped, 0, 0), 0);                                                                    \
        stop_source_init(&race.source);                                                                                \
        env.stop = stop_source_token(&race.source);                                                                    \
        N##_connect(                                                                                                   \
            op, (struct N##_sender){.a = {.child = {pool}, .function = {1}}, .b = {.child = {pool}, .function = {2}}}, \
            (struct N##_end_receiver){&outcome});                                                                      \
        if (i % ORDERS == 0)                                                                                           \
            thread_pool_post_work(pool, &race.work);                                                                   \
        N##_start(op);                                                                                                 \
        if (i % ORDERS == 1)                                                                                           \
            thread_pool_post_work(pool, &race.work);                                                                   \
        for (volatile unsigned pause = 0; i % ORDERS == 2 && pause < i * 31 % RACES; pause++) {                        \
        }                                                                                                              \
        if (i % ORDERS == 2)                                                                                           \
            stop_race_stop(&race);                                                                                     \
        CHECK_EQ(run_loop_run(&(world)->run_loop), 0);                                                                 \
        while (sem_wait(&race.stopped)) {                                                                              \
        }                                                                                                              \
        CHECK_EQ(outcome.completions, 1);                                                                              \
        CHECK(outcome.result == -ECANCELED || (check));                                                                \
        sem_destroy(&race.stopped);                                                                                    \
    }

void scenario_sender_when_any_stopped_while_on_threads(struct world *world)
{
    struct thread_pool pool;
    CHECK_EQ(thread_pool_init(&pool, 3), 0);
    world_open(world, (struct world_options){0});
    RUN_RACES(any_race, one, two, world, &pool, outcome.result == 1 || outcome.result == 2)
    world_close(world);
    thread_pool_destroy(&pool);
}

void scenario_stop_when_stopped_while_on_threads(struct world *world)
{
    struct thread_pool pool;
    CHECK_EQ(thread_pool_init(&pool, 3), 0);
    world_open(world, (struct world_options){0});
    RUN_RACES(until_race, worked, limit, world, &pool, outcome.result == 1)
    world_close(world);
    thread_pool_destroy(&pool);
}
