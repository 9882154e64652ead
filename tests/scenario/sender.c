/* What the sender model alone has: algorithms, schedulers, and tasks as senders. */
#include "sender/as_written.h"
#include "sender/io.h"
#include "sender/just.h"
#include "sender/schedule.h"
#include "sender/sender_awaitable.h"
#include "sender/sync_wait.h"
#include "sender/task_sender.h"
#include "sender/then.h"
#include "tests/scenario/world.h"

#include <string.h>
#include <sys/socket.h>

static struct read_sender reading(struct world *world);

/* ---- read_some | then(add_one) | sync_wait ---- */

struct add_one {
};

static ssize_t add_one_call(struct add_one *self, ssize_t value)
{
    (void)self;
    return value + 1;
}

RECEIVER_SYNC_WAIT(wait_size, ssize_t);
RECEIVER(added, ssize_t);
SENDER_READ_SOME(read, added)
SENDER_THEN(added, read, add_one, wait_size)
SENDER_SYNC_WAIT(wait_size, added)

static struct read_sender reading(struct world *world)
{
    struct loop_job *job = &world->connections[0].job;
    return (struct read_sender){job->stream, job->buffer, job->size};
}

void scenario_sync_wait_returns_value(struct world *world)
{
    ssize_t value = 0;
    world_open(world, (struct world_options){.total = 5, .waits = world->mode == 0});
    if (world->backend != REACTOR_SIM)
        CHECK_EQ(send(world->connections[0].ends[1].fd, "hello", 5, 0), 5);
    CHECK_EQ(wait_size(&world->run_loop, &world->env, (struct added_sender){.child = reading(world)}, &value), 0);
    CHECK(value >= 2 && value <= 6);
    if (world->backend != REACTOR_SIM)
        CHECK(value == 6 && memcmp(world->connections[0].job.buffer, "hello", 5) == 0);
    world_close(world);
}

void scenario_sync_wait_returns_error(struct world *world)
{
    ssize_t value = 7;
    struct sim_script script = {.seed = 1, .sync_share = 500 * world->mode, .error = ECONNRESET, .error_at = 1};
    world_open(world, (struct world_options){.total = 5, .tcp = true, .script = script});
    if (world->backend != REACTOR_SIM)
        peer_close(&world->connections[0], true);
    CHECK_EQ(wait_size(&world->run_loop, &world->env, (struct added_sender){.child = reading(world)}, &value),
             -ECONNRESET);
    world_close(world);
}

struct stop_work {
    struct work work;
    struct world *world;
};

static void stop_now(struct work *work)
{
    CHECK(stop_source_request_stop(&CONTAINER_OF(work, struct stop_work, work)->world->stop));
}

void scenario_sync_wait_returns_stopped(struct world *world)
{
    ssize_t value = 7;
    struct stop_work stop = {.work.execute = stop_now, .world = world};
    world_open(world, (struct world_options){.total = 5, .silent = true, .waits = true});
    run_loop_post_work(&world->run_loop, &stop.work);
    CHECK_EQ(wait_size(&world->run_loop, &world->env, (struct added_sender){.child = reading(world)}, &value),
             -ECANCELED);
    CHECK_EQ(wait_size(&world->run_loop, &world->env, (struct added_sender){.child = reading(world)}, &value),
             -ECANCELED);
    CHECK_EQ(reactor_counts(world->reactor).submitted, 1);
    world_close(world);
}

/* ---- schedule | then(where) | sync_wait ---- */

struct where {
    pthread_t *thread;
};

static ssize_t where_call(struct where *self, struct unit value)
{
    (void)value;
    *self->thread = pthread_self();
    return 1;
}

RECEIVER_SYNC_WAIT(wait_loop, ssize_t);
RECEIVER(on_loop, struct unit);
SENDER_SCHEDULE(loop_scheduled, run_loop, on_loop)
SENDER_THEN(on_loop, loop_scheduled, where, wait_loop)
SENDER_SYNC_WAIT(wait_loop, on_loop)

RECEIVER_SYNC_WAIT(wait_pool, ssize_t);
RECEIVER(on_pool, struct unit);
SENDER_SCHEDULE(pool_scheduled, thread_pool, on_pool)
SENDER_THEN(on_pool, pool_scheduled, where, wait_pool)
SENDER_SYNC_WAIT(wait_pool, on_pool)

static int schedule_loop(struct world *world, pthread_t *thread)
{
    ssize_t value = 0;
    int status = wait_loop(&world->run_loop, &world->env,
                           (struct on_loop_sender){.child = {&world->run_loop}, .function = {thread}}, &value);
    CHECK_EQ(value, status == 0);
    return status;
}

void scenario_schedule_on_run_loop(struct world *world)
{
    pthread_t thread = {0};
    world_open(world, (struct world_options){0});
    CHECK_EQ(schedule_loop(world, &thread), 0);
    CHECK(pthread_equal(thread, pthread_self()));
    CHECK_EQ(probe_counters[PROBE_POST], 1);
    world_close(world);
}

static int schedule_pool(struct world *world, struct thread_pool *pool, pthread_t *thread)
{
    ssize_t value = 0;
    int status = wait_pool(&world->run_loop, &world->env,
                           (struct on_pool_sender){.child = {pool}, .function = {thread}}, &value);
    CHECK_EQ(value, status == 0);
    return status;
}

void scenario_schedule_on_thread_pool(struct world *world)
{
    struct thread_pool pool;
    CHECK_EQ(thread_pool_init(&pool, 2), 0);
    world_open(world, (struct world_options){0});
    for (unsigned i = 0; i < 200; i++) {
        pthread_t thread = pthread_self();
        CHECK_EQ(schedule_pool(world, &pool, &thread), 0);
        CHECK(!pthread_equal(thread, pthread_self()));
    }
    world_close(world);
    thread_pool_destroy(&pool);
}

void scenario_schedule_after_stop(struct world *world)
{
    struct thread_pool pool;
    pthread_t thread;
    CHECK_EQ(thread_pool_init(&pool, 1), 0);
    world_open(world, (struct world_options){0});
    CHECK(stop_source_request_stop(&world->stop));
    CHECK_EQ(schedule_loop(world, &thread), -ECANCELED);
    CHECK_EQ(schedule_pool(world, &pool, &thread), -ECANCELED);
    world_close(world);
    thread_pool_destroy(&pool);
}

/* ---- just | let_value(keep) | sync_wait, where keep goes on as schedule | then(look) ---- */

struct look {
    ssize_t *kept;
};

static ssize_t look_call(struct look *self, struct unit value)
{
    (void)value;
    return *self->kept;
}

struct keep {
    struct run_loop *loop;
};

RECEIVER_SYNC_WAIT(wait_kept, ssize_t);
RECEIVER(kept, ssize_t);
RECEIVER(kept_inner, ssize_t);
RECEIVER(looked, struct unit);
SENDER_JUST(number, kept)
SENDER_SCHEDULE(hopped, run_loop, looked)
SENDER_THEN(looked, hopped, look, kept_inner)

static struct looked_sender keep_call(struct keep *self, ssize_t *value)
{
    return (struct looked_sender){.child = {self->loop}, .function = {value}};
}

SENDER_LET_VALUE(kept, number, keep, looked, wait_kept)
SENDER_SYNC_WAIT(wait_kept, kept)

/* What just gave is still there when the inner sender has been through the queue, and just's state is long over. */
void scenario_let_value_keeps_its_value(struct world *world)
{
    ssize_t value = 0;
    if (world->backend == REACTOR_SIM)
        world->mode = 0;
    world_open(world, (struct world_options){0});
    CHECK_EQ(wait_kept(&world->run_loop, &world->env,
                       (struct kept_sender){.child = {123456789}, .function = {&world->run_loop}}, &value),
             0);
    CHECK_EQ(value, 123456789);
    world_close(world);
}

/* ---- The same after read_some | then(add_one), as P2300R10 writes then and let_value ---- */

struct keep_written {
    struct run_loop *loop;
};

RECEIVER_SYNC_WAIT(wait_written, ssize_t);
LET_VALUE_AS_WRITTEN_RECEIVERS(written, ssize_t, ssize_t, wait_written);
AS_WRITTEN_RECEIVER(written_added, ssize_t);
RECEIVER(written_looked, struct unit);
SENDER_READ_SOME(written_read, written_added)
SENDER_THEN_AS_WRITTEN(written_added, written_read, add_one, written)
SENDER_SCHEDULE(written_hopped, run_loop, written_looked)
SENDER_THEN(written_looked, written_hopped, look, written_inner)

static struct written_looked_sender keep_written_call(struct keep_written *self, ssize_t *value)
{
    return (struct written_looked_sender){.child = {self->loop}, .function = {value}};
}

SENDER_LET_VALUE_AS_WRITTEN(written, written_added, keep_written, written_looked, wait_written)
SENDER_SYNC_WAIT(wait_written, written)

_Static_assert(sizeof(struct written_op) > sizeof(struct written_added_op) + sizeof(struct written_looked_op), "");

static int wait_for_written(struct world *world, ssize_t *value)
{
    struct read_sender read = reading(world);
    struct written_sender sender = {.child.child = {read.stream, read.buffer, read.size},
                                    .function = {&world->run_loop}};
    return wait_written(&world->run_loop, &world->env, sender, value);
}

void scenario_algorithms_as_written_complete_alike(struct world *world)
{
    ssize_t value = 0;
    struct sim_script script = {.seed = 1, .sync_share = 500 * world->mode, .error = ECONNRESET, .error_at = 1};
    world_open(world, (struct world_options){.total = 5, .waits = world->mode == 0});
    if (world->backend != REACTOR_SIM)
        CHECK_EQ(send(world->connections[0].ends[1].fd, "hello", 5, 0), 5);
    CHECK_EQ(wait_for_written(world, &value), 0);
    CHECK(value >= 2 && value <= 6);
    world_close(world);

    world_open(world, (struct world_options){.total = 5, .tcp = true, .script = script});
    if (world->backend != REACTOR_SIM)
        peer_close(&world->connections[0], true);
    CHECK_EQ(wait_for_written(world, &value), -ECONNRESET);
    world_close(world);
}

/* ---- A task that awaits a task that awaits a read ---- */

SENDER_AWAITABLE_RECEIVER(await_read, sender_task);
SENDER_READ_SOME(child_read, await_read)
SENDER_AWAITABLE(await_read, child_read)

SENDER_AWAITABLE_RECEIVER(await_task, sender_task);
SENDER_TASK(child_task, await_task)
SENDER_AWAITABLE(await_task, child_task)

struct inner {
    struct sender_task task;
    struct await_read reading;
    struct loop_job *job;
    ssize_t got;
};

static void inner_body(struct coro *handle)
{
    struct inner *self = (struct inner *)handle;
    struct child_read_sender read = {self->job->stream, self->job->buffer, self->job->size};

    CO_BEGIN(self);
    CO_AWAIT_SENDER(self->got, self, await_read, &self->reading, read);
    SENDER_TASK_RETURN(self, self->got);
    CO_END;
}

struct outer {
    struct sender_task task;
    struct await_task child;
    struct loop_job *job;
    ssize_t got;
};

static void outer_body(struct coro *handle)
{
    struct outer *self = (struct outer *)handle;
    struct child_task_sender child;
    struct inner *inner;

    CO_BEGIN(self);
    inner = (struct inner *)sender_task_create(self->task.state->env->allocator, sizeof *inner, inner_body, NULL);
    CHECK(inner != NULL);
    inner->job = self->job;
    child.task = &inner->task;
    CO_AWAIT_SENDER(self->got, self, await_task, &self->child, child);
    child_task_destroy(&self->child.state);
    SENDER_TASK_RETURN(self, self->got);
    CO_END;
}

static void outer_destroy(struct coro *handle)
{
    child_task_destroy(&((struct outer *)handle)->child.state);
    frame_destroy(handle);
}

RECEIVER_SYNC_WAIT(wait_task, ssize_t);
SENDER_TASK(outer_task, wait_task)

static int wait_for_task(struct world *world, ssize_t *value)
{
    struct wait_task_state state = {.loop = &world->run_loop, .env = &world->env};
    struct outer_task_op op;
    struct outer *outer =
        (struct outer *)sender_task_create(world->env.allocator, sizeof *outer, outer_body, outer_destroy);
    CHECK(outer != NULL);
    outer->child.state.task = NULL;
    outer->job = &world->connections[0].job;
    outer_task_connect(&op, (struct outer_task_sender){&outer->task}, (struct wait_task_receiver){&state});
    outer_task_start(&op);
    CHECK_EQ(run_loop_run(&world->run_loop), 0);
    CHECK_EQ(world->allocator.allocated, 2);
    outer_task_destroy(&op);
    *value = state.value;
    return state.status;
}

void scenario_task_as_a_sender(struct world *world)
{
    ssize_t value = 0;
    bool sim = world->backend == REACTOR_SIM;
    struct sim_script script = {.seed = 1, .sync_share = 500 * world->mode, .delay_max = 3};
    world_open(world, (struct world_options){.total = 5, .script = script});
    if (!sim)
        CHECK_EQ(send(world->connections[0].ends[1].fd, "hello", 5, 0), 5);
    CHECK_EQ(wait_for_task(world, &value), 0);
    CHECK_EQ(value, 5);
    world_close(world);

    script.error = ECONNRESET;
    script.error_at = 1;
    world_open(world, (struct world_options){.total = 5, .tcp = true, .script = script});
    if (!sim)
        peer_close(&world->connections[0], true);
    CHECK_EQ(wait_for_task(world, &value), -ECONNRESET);
    world_close(world);

    /* Stopped comes up from the read through both tasks, and neither body is resumed. */
    struct stop_work stop = {.work.execute = stop_now, .world = world};
    world_open(world, (struct world_options){.total = 5, .waits = true});
    run_loop_post_work(&world->run_loop, &stop.work);
    CHECK_EQ(wait_for_task(world, &value), -ECANCELED);
    CHECK_EQ(probe_counters[PROBE_SET_STOPPED], 3);
    world_close(world);
}
