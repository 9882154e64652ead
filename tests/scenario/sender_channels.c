/* The error and stopped channels: just_error, just_stopped, upon_error, upon_stopped, let_error, let_stopped. */
#include "sender/io.h"
#include "sender/just.h"
#include "sender/let.h"
#include "sender/schedule.h"
#include "sender/sync_wait.h"
#include "sender/upon.h"
#include "tests/scenario/world.h"

#include <sys/socket.h>

enum { ANY_COMPLETION = COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED };

/* What an error and stopped become. */
enum { ERROR_VALUE = 1000, STOPPED_VALUE = 7 };

struct add_one {
    unsigned *calls;
};

static ssize_t add_one_call(struct add_one *self, ssize_t value)
{
    ++*self->calls;
    return value + 1;
}

struct error_to_value {
};

static ssize_t error_to_value_call(struct error_to_value *self, int error)
{
    (void)self;
    return ERROR_VALUE + error;
}

struct stopped_to_value {
};

static ssize_t stopped_to_value_call(struct stopped_to_value *self)
{
    (void)self;
    return STOPPED_VALUE;
}

/* ---- just_error(error) | then | then | upon_stopped | upon_error ---- */

RECEIVER_SYNC_WAIT(wait_failing, ssize_t);
RECEIVER(failing_1, ssize_t);
RECEIVER(failing_2, ssize_t);
RECEIVER(failing_3, ssize_t);
RECEIVER(failing_4, ssize_t);
SENDER_JUST_ERROR(failing, failing_1)
SENDER_THEN(failing_1, failing, add_one, failing_2)
SENDER_THEN(failing_2, failing_1, add_one, failing_3)
SENDER_UPON_STOPPED(failing_3, failing_2, stopped_to_value, failing_4)
SENDER_UPON_ERROR(failing_4, failing_3, error_to_value, wait_failing)
SENDER_SYNC_WAIT(wait_failing, failing_4)

_Static_assert((int)failing_3_completions == (COMPLETES_WITH_ERROR | COMPLETES_INLINE), "");
_Static_assert((int)failing_4_completions == (COMPLETES_WITH_VALUE | COMPLETES_INLINE), "");

void scenario_just_error_passes_every_then(struct world *world)
{
    unsigned calls = 0;
    ssize_t value = 0;
    struct failing_2_sender child = {.child = {.child = {EPIPE}, .function = {&calls}}, .function = {&calls}};
    world_open(world, (struct world_options){0});
    CHECK_EQ(wait_failing(&world->run_loop, &world->env, (struct failing_4_sender){.child = {.child = child}}, &value),
             0);
    CHECK_EQ(value, ERROR_VALUE + EPIPE);
    CHECK_EQ(calls, 0);
    CHECK_EQ(probe_counters[PROBE_SET_ERROR], 4);
    CHECK_EQ(probe_counters[PROBE_SET_VALUE], 1);
    world_close(world);
}

/* ---- just_stopped() | then | upon_error | upon_stopped ---- */

RECEIVER_SYNC_WAIT(wait_stopping, ssize_t);
RECEIVER(stopping_1, ssize_t);
RECEIVER(stopping_2, ssize_t);
RECEIVER(stopping_3, ssize_t);
SENDER_JUST_STOPPED(stopping, stopping_1)
SENDER_THEN(stopping_1, stopping, add_one, stopping_2)
SENDER_UPON_ERROR(stopping_2, stopping_1, error_to_value, stopping_3)
SENDER_UPON_STOPPED(stopping_3, stopping_2, stopped_to_value, wait_stopping)
SENDER_SYNC_WAIT(wait_stopping, stopping_3)

_Static_assert((int)stopping_2_completions == (COMPLETES_WITH_STOPPED | COMPLETES_INLINE), "");
_Static_assert((int)stopping_3_completions == (COMPLETES_WITH_VALUE | COMPLETES_INLINE), "");

void scenario_just_stopped_passes_every_then(struct world *world)
{
    unsigned calls = 0;
    ssize_t value = 0;
    struct stopping_3_sender sender = {.child = {.child = {.function = {&calls}}}};
    world_open(world, (struct world_options){0});
    CHECK_EQ(wait_stopping(&world->run_loop, &world->env, sender, &value), 0);
    CHECK_EQ(value, STOPPED_VALUE);
    CHECK_EQ(calls, 0);
    CHECK_EQ(probe_counters[PROBE_SET_STOPPED], 3);
    CHECK_EQ(probe_counters[PROBE_SET_VALUE], 1);
    world_close(world);
}

/* ---- read_some in each of its channels ---- */

/* The loop's end of the only connection gets `bytes`, or a reset if that is negative, or nothing until it is stopped if
 * it is 0. */
static void open_read(struct world *world, ssize_t bytes)
{
    static const char data[16];
    struct connection *connection;
    world_open(world, (struct world_options){.tcp = true});
    connection = &world->connections[0];
    if (bytes > 0)
        CHECK_EQ(send(connection->ends[1].fd, data, (size_t)bytes, 0), bytes);
    if (bytes < 0)
        peer_close(connection, true);
}

#define READING(world, type)                                                                                           \
    ((struct type){(world)->connections[0].job.stream, (world)->connections[0].job.buffer,                             \
                   (world)->connections[0].job.size})

struct stop_work {
    struct work work;
    struct world *world;
};

static void stop_now(struct work *work)
{
    struct world *world = CONTAINER_OF(work, struct stop_work, work)->world;
    CHECK_EQ(reactor_in_flight(world->reactor), 1);
    CHECK(stop_source_request_stop(&world->stop));
}

/* read_some | upon_error */
RECEIVER_SYNC_WAIT(wait_upon_error, ssize_t);
RECEIVER(upon_error, ssize_t);
SENDER_READ_SOME(upon_error_read, upon_error)
SENDER_UPON_ERROR(upon_error, upon_error_read, error_to_value, wait_upon_error)
SENDER_SYNC_WAIT(wait_upon_error, upon_error)

_Static_assert((int)upon_error_completions == (COMPLETES_WITH_VALUE | COMPLETES_WITH_STOPPED), "");

static int read_upon_error(struct world *world, ssize_t *value)
{
    return wait_upon_error(&world->run_loop, &world->env,
                           (struct upon_error_sender){.child = READING(world, upon_error_read_sender)}, value);
}

void scenario_upon_error_turns_an_error_into_a_value(struct world *world)
{
    ssize_t value = 0;
    struct stop_work stop = {.work.execute = stop_now, .world = world};
    open_read(world, -1);
    CHECK_EQ(read_upon_error(world, &value), 0);
    CHECK_EQ(value, ERROR_VALUE + ECONNRESET);
    world_close(world);

    open_read(world, 5);
    CHECK_EQ(read_upon_error(world, &value), 0);
    CHECK_EQ(value, 5);
    world_close(world);

    open_read(world, 0);
    run_loop_post_work(&world->run_loop, &stop.work);
    CHECK_EQ(read_upon_error(world, &value), -ECANCELED);
    world_close(world);
}

/* read_some | upon_stopped */
RECEIVER_SYNC_WAIT(wait_upon_stopped, ssize_t);
RECEIVER(upon_stopped, ssize_t);
SENDER_READ_SOME(upon_stopped_read, upon_stopped)
SENDER_UPON_STOPPED(upon_stopped, upon_stopped_read, stopped_to_value, wait_upon_stopped)
SENDER_SYNC_WAIT(wait_upon_stopped, upon_stopped)

_Static_assert((int)upon_stopped_completions == (COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR), "");

static int read_upon_stopped(struct world *world, ssize_t *value)
{
    return wait_upon_stopped(&world->run_loop, &world->env,
                             (struct upon_stopped_sender){.child = READING(world, upon_stopped_read_sender)}, value);
}

void scenario_upon_stopped_turns_stopped_into_a_value(struct world *world)
{
    ssize_t value = 0;
    struct stop_work stop = {.work.execute = stop_now, .world = world};
    open_read(world, 0);
    run_loop_post_work(&world->run_loop, &stop.work);
    CHECK_EQ(read_upon_stopped(world, &value), 0);
    CHECK_EQ(value, STOPPED_VALUE);
    world_close(world);

    open_read(world, 5);
    CHECK_EQ(read_upon_stopped(world, &value), 0);
    CHECK_EQ(value, 5);
    world_close(world);

    open_read(world, -1);
    CHECK_EQ(read_upon_stopped(world, &value), -ECONNRESET);
    world_close(world);
}

/* read_some | let_error(recover), where recover goes on as schedule | then(look) */
struct look {
    int *error;
};

static ssize_t look_call(struct look *self, struct unit value)
{
    (void)value;
    return ERROR_VALUE + *self->error;
}

/* Overwrites the stack on which the read completed. */
static void scribble(struct work *work)
{
    volatile unsigned char stack[8192];
    (void)work;
    for (size_t i = 0; i < sizeof stack; i++)
        stack[i] = 0xa5;
}

struct recover {
    struct run_loop *loop;
    struct work *scribble;
};

RECEIVER_SYNC_WAIT(wait_let_error, ssize_t);
RECEIVER(let_error, ssize_t);
RECEIVER(let_error_inner, ssize_t);
RECEIVER(looked, struct unit);
SENDER_READ_SOME(let_error_read, let_error)
SENDER_SCHEDULE(hopped, run_loop, looked)
SENDER_THEN(looked, hopped, look, let_error_inner)

static struct looked_sender recover_call(struct recover *self, int *error)
{
    run_loop_post_work(self->loop, self->scribble);
    return (struct looked_sender){.child = {self->loop}, .function = {error}};
}

SENDER_LET_ERROR(let_error, let_error_read, recover, looked, wait_let_error)
SENDER_SYNC_WAIT(wait_let_error, let_error)

_Static_assert((int)let_error_completions == (COMPLETES_WITH_VALUE | COMPLETES_WITH_STOPPED), "");

static int read_let_error(struct world *world, ssize_t *value)
{
    struct work work = {.execute = scribble};
    return wait_let_error(&world->run_loop, &world->env,
                          (struct let_error_sender){.child = READING(world, let_error_read_sender),
                                                    .function = {&world->run_loop, &work}},
                          value);
}

/* The error is still there when the inner sender has been through the queue, and the read's state is long over. */
void scenario_let_error_goes_on_with_another_sender(struct world *world)
{
    ssize_t value = 0;
    struct stop_work stop = {.work.execute = stop_now, .world = world};
    open_read(world, -1);
    CHECK_EQ(read_let_error(world, &value), 0);
    CHECK_EQ(value, ERROR_VALUE + ECONNRESET);
    CHECK_EQ(probe_counters[PROBE_POST], 2);
    world_close(world);

    open_read(world, 5);
    CHECK_EQ(read_let_error(world, &value), 0);
    CHECK_EQ(value, 5);
    CHECK_EQ(probe_counters[PROBE_POST], 0);
    world_close(world);

    open_read(world, 0);
    run_loop_post_work(&world->run_loop, &stop.work);
    CHECK_EQ(read_let_error(world, &value), -ECANCELED);
    world_close(world);
}

/* read_some | let_stopped(instead), where instead goes on as just(size) */
struct instead {
};

RECEIVER_SYNC_WAIT(wait_let_stopped, ssize_t);
RECEIVER(let_stopped, ssize_t);
RECEIVER(let_stopped_inner, ssize_t);
SENDER_READ_SOME(let_stopped_read, let_stopped)
SENDER_JUST(size, let_stopped_inner)

static struct size_sender instead_call(struct instead *self)
{
    (void)self;
    return (struct size_sender){STOPPED_VALUE};
}

SENDER_LET_STOPPED(let_stopped, let_stopped_read, instead, size, wait_let_stopped)
SENDER_SYNC_WAIT(wait_let_stopped, let_stopped)

_Static_assert((int)let_stopped_completions == (COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR), "");
_Static_assert((int)let_stopped_read_completions == ANY_COMPLETION, "");

static int read_let_stopped(struct world *world, ssize_t *value)
{
    return wait_let_stopped(&world->run_loop, &world->env,
                            (struct let_stopped_sender){.child = READING(world, let_stopped_read_sender)}, value);
}

void scenario_let_stopped_goes_on_with_another_sender(struct world *world)
{
    ssize_t value = 0;
    struct stop_work stop = {.work.execute = stop_now, .world = world};
    open_read(world, 0);
    run_loop_post_work(&world->run_loop, &stop.work);
    CHECK_EQ(read_let_stopped(world, &value), 0);
    CHECK_EQ(value, STOPPED_VALUE);
    world_close(world);

    open_read(world, 5);
    CHECK_EQ(read_let_stopped(world, &value), 0);
    CHECK_EQ(value, 5);
    world_close(world);

    open_read(world, -1);
    CHECK_EQ(read_let_stopped(world, &value), -ECONNRESET);
    world_close(world);
}

/* The three keep what they must and nothing else: an inner operation that is larger than the child's takes its place.
 */
_Static_assert(sizeof(struct let_error_op) == sizeof(struct let_error_read_op) +
                                                  sizeof(struct wait_let_error_receiver) + sizeof(struct recover) +
                                                  sizeof(void *),
               "the error, with its padding");
_Static_assert(sizeof(struct let_stopped_op) ==
                   sizeof(struct let_stopped_read_op) + sizeof(struct wait_let_stopped_receiver),
               "nothing is kept");
