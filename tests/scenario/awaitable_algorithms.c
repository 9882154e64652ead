/* when_all and when_any of tasks. */
#include "awaitable/io.h"
#include "awaitable/run.h"
#include "awaitable/when_any.h"
#include "common/thread_pool.h"
#include "tests/scenario/gate.h"
#include "tests/scenario/world.h"

enum { MOST = 4 };

/* Goes on elsewhere: on any thread of a pool. */
struct yield {
    struct continuation continuation;
};

static bool yield_await_ready(struct yield *self)
{
    (void)self;
    return false;
}

static struct coro *yield_await_suspend(struct yield *self, struct coro *caller, const struct io_env *env)
{
    self->continuation.coro = caller;
    executor_post(env->executor, &self->continuation);
    return noop_coroutine();
}

static int yield_await_resume(struct yield *self)
{
    (void)self;
    return 0;
}

/* ---- The tasks ---- */

struct returning {
    struct task task;
    ssize_t value;
};

static void returning_body(struct coro *handle)
{
    struct returning *self = (struct returning *)handle;
    CO_RETURN(self, self->value);
}

static struct task *returning(ssize_t value)
{
    struct returning *self = (struct returning *)task_create(sizeof *self, returning_body, NULL);
    CHECK(self != NULL);
    self->value = value;
    return &self->task;
}

struct waiting {
    struct task task;
    struct gate *gate;
    ssize_t got;
};

static void waiting_body(struct coro *handle)
{
    struct waiting *self = (struct waiting *)handle;
    CO_BEGIN(self);
    CO_AWAIT(self->got, self, gate, self->gate);
    CO_RETURN(self, self->got);
    CO_END;
}

static void waiting_destroy(struct coro *handle)
{
    struct gate *gate = ((struct waiting *)handle)->gate;
    if (gate->waiting)
        stop_callback_deregister(&gate->on_stop);
    frame_destroy(handle);
}

static struct task *waiting(struct gate *gate)
{
    struct waiting *self = (struct waiting *)task_create(sizeof *self, waiting_body, waiting_destroy);
    CHECK(self != NULL);
    self->gate = gate;
    return &self->task;
}

/* A task that ends on whatever thread has time for it, with a stop callback registered until then. */
struct busy {
    struct task task;
    struct yield yield;
    struct stop_callback on_stop;
    ssize_t value;
    int unused;
};

static void told_to_stop(struct stop_callback *callback)
{
    (void)callback; /* ends when it ends */
}

static void busy_body(struct coro *handle)
{
    struct busy *self = (struct busy *)handle;
    CO_BEGIN(self);
    self->on_stop.invoke = told_to_stop;
    stop_callback_register(&self->on_stop, self->task.env->stop);
    CO_AWAIT(self->unused, self, yield, &self->yield);
    stop_callback_deregister(&self->on_stop);
    CO_RETURN(self, self->value);
    CO_END;
}

static struct task *busy(ssize_t value)
{
    struct busy *self = (struct busy *)task_create(sizeof *self, busy_body, NULL);
    CHECK(self != NULL);
    self->value = value;
    return &self->task;
}

/* ---- The task that awaits them ---- */

struct group {
    struct task task;
    bool any;
    size_t count;
    struct when_child children[MOST];
    struct when_all all;
    struct when_any first;
    struct outcome *outcome;
};

/* What it saw. */
struct outcome {
    struct run_async launch;
    struct world *world;
    unsigned ended;
    ssize_t got, results[MOST];
};

static void group_body(struct coro *handle)
{
    struct group *self = (struct group *)handle;
    CO_BEGIN(self);
    if (self->any) {
        when_any(&self->first, self->children, self->count);
        CO_AWAIT(self->outcome->got, self, when_any, &self->first);
    } else {
        when_all(&self->all, self->children, self->count);
        CO_AWAIT(self->outcome->got, self, when_all, &self->all);
    }
    CHECK(get_current_frame_allocator() == self->task.env->allocator);
    for (size_t i = 0; i < self->count; i++)
        self->outcome->results[i] = self->children[i].result;
    CO_RETURN(self, 0);
    CO_END;
}

static void group_destroy(struct coro *handle)
{
    struct group *self = (struct group *)handle;
    when_all_destroy(&self->all);
    when_any_destroy(&self->first);
    frame_destroy(handle);
}

static void group_ended(struct run_async *launch, ssize_t result)
{
    struct outcome *outcome = CONTAINER_OF(launch, struct outcome, launch);
    CHECK_EQ(result, 0);
    outcome->ended++;
    if (outcome->world->finish_when_ended)
        run_loop_finish(&outcome->world->run_loop);
}

static void start(struct world *world, struct outcome *outcome, bool any, struct task *const *tasks, size_t count)
{
    struct group *self = (struct group *)task_create(sizeof *self, group_body, group_destroy);
    CHECK(self != NULL);
    self->any = any;
    self->count = count;
    self->all = (struct when_all){0};
    self->first = (struct when_any){0};
    self->outcome = outcome;
    for (size_t i = 0; i < count; i++)
        self->children[i].task = tasks[i];
    *outcome = (struct outcome){.world = world};
    run_async(&outcome->launch, &self->task, &world->env, group_ended);
}

/* Frames made by a test come from the environment's allocator, as all others. */
static void open_world(struct world *world)
{
    world_open(world, (struct world_options){0});
    set_current_frame_allocator(world->env.allocator);
}

static void close_world(struct world *world)
{
    set_current_frame_allocator(NULL);
    world_close(world);
}

static bool turned(const struct world *world)
{
    static unsigned turns;
    (void)world;
    return ++turns % 8 == 0;
}

/* So that everything goes as far as it can. */
static void turn(struct world *world)
{
    world_run_until(world, turned);
}

/* A group of tasks, each of which waits at its gate. */
static void start_at_gates(struct world *world, struct outcome *outcome, bool any, struct gate *gates, size_t count)
{
    struct task *tasks[MOST];
    for (size_t i = 0; i < count; i++)
        tasks[i] = waiting(&gates[i]);
    start(world, outcome, any, tasks, count);
    turn(world);
    for (size_t i = 0; i < count; i++)
        CHECK(gates[i].waiting);
}

static void check_outcome(const struct outcome *outcome, ssize_t got, size_t count, const ssize_t *results)
{
    CHECK_EQ(outcome->ended, 1);
    CHECK_EQ(outcome->got, got);
    for (size_t i = 0; i < count; i++)
        CHECK_EQ(outcome->results[i], results[i]);
}

/* ---- when_all ---- */

void scenario_when_all_delivers_after_all_ended(struct world *world)
{
    struct gate gates[3] = {0};
    struct outcome outcome;
    open_world(world);
    start_at_gates(world, &outcome, false, gates, 3);
    gate_open(&gates[1], 11);
    turn(world);
    gate_open(&gates[2], 12);
    turn(world);
    CHECK_EQ(outcome.ended, 0);
    CHECK(gates[0].waiting);
    gate_open(&gates[0], 10);
    turn(world);
    check_outcome(&outcome, 0, 3, (ssize_t[]){10, 11, 12});
    close_world(world);
}

void scenario_when_all_stops_the_others_on_the_first_error(struct world *world)
{
    struct gate gates[3] = {0};
    struct outcome outcome;
    open_world(world);
    start_at_gates(world, &outcome, false, gates, 3);
    gate_open(&gates[0], 10);
    turn(world);
    gate_open(&gates[1], -EIO);
    turn(world);
    check_outcome(&outcome, -EIO, 3, (ssize_t[]){10, -EIO, -ECANCELED});
    CHECK(!stop_requested(world->env.stop));
    close_world(world);
}

/* Also those that have not begun yet see it. */
void scenario_when_all_of_synchronous_tasks(struct world *world)
{
    struct gate gate = {0};
    struct outcome outcome;
    open_world(world);
    start(world, &outcome, false, (struct task *[]){returning(1), returning(2)}, 2);
    turn(world);
    check_outcome(&outcome, 0, 2, (ssize_t[]){1, 2});
    start(world, &outcome, false, (struct task *[]){returning(-EIO), waiting(&gate), returning(-EBADF)}, 3);
    turn(world);
    check_outcome(&outcome, -EIO, 3, (ssize_t[]){-EIO, -ECANCELED, -EBADF});
    start(world, &outcome, false, (struct task *[]){NULL}, 0);
    turn(world);
    check_outcome(&outcome, 0, 0, NULL);
    close_world(world);
}

void scenario_when_all_reports_a_task_that_could_not_be_made(struct world *world)
{
    struct gate gate = {0};
    struct outcome outcome;
    open_world(world);
    start(world, &outcome, false, (struct task *[]){waiting(&gate), NULL, returning(1)}, 3);
    turn(world);
    check_outcome(&outcome, -ENOMEM, 3, (ssize_t[]){-ECANCELED, -ENOMEM, 1});
    close_world(world);
}

/* Awaits two synchronous tasks, over and over. */
struct many {
    struct task task;
    struct when_child children[2];
    struct when_all all;
    ssize_t got, left;
    uintptr_t first;
};

static void many_body(struct coro *handle)
{
    enum { SLACK = 1024 }; /* bytes: the first entry comes from another place than the others */
    struct many *self = (struct many *)handle;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    CO_BEGIN(self);
    for (self->first = here; self->left > 0; self->left--) {
        self->children[0].task = returning(1);
        self->children[1].task = returning(2);
        when_all(&self->all, self->children, 2);
        CO_AWAIT(self->got, self, when_all, &self->all);
        CHECK(here < self->first + SLACK && self->first < here + SLACK);
    }
    CO_RETURN(self, self->got);
    CO_END;
}

static void many_ended(struct run_async *launch, ssize_t result)
{
    CHECK_EQ(result, 0);
    CONTAINER_OF(launch, struct outcome, launch)->ended++;
}

void scenario_when_all_of_synchronous_tasks_uses_no_stack(struct world *world)
{
    struct outcome outcome = {.world = world};
    open_world(world);
    struct many *self = (struct many *)task_create(sizeof *self, many_body, NULL);
    CHECK(self != NULL);
    self->left = 100000;
    run_async(&outcome.launch, &self->task, &world->env, many_ended);
    turn(world);
    CHECK_EQ(outcome.ended, 1);
    CHECK_EQ(world->allocator.allocated, 1 + 2 * 100000); /* the tasks, and nothing for the await */
    close_world(world);
}

/* Before the start and while they wait. */
static void propagate(struct world *world, bool any, bool before)
{
    struct gate gates[2] = {0};
    struct outcome outcome;
    open_world(world);
    if (before)
        CHECK(stop_source_request_stop(&world->stop));
    start(world, &outcome, any, (struct task *[]){waiting(&gates[0]), waiting(&gates[1])}, 2);
    turn(world);
    CHECK_EQ(outcome.ended, before);
    if (!before)
        CHECK(stop_source_request_stop(&world->stop));
    turn(world);
    CHECK_EQ(outcome.ended, 1);
    for (size_t i = 0; i < 2; i++)
        CHECK_EQ(outcome.results[i], -ECANCELED);
    CHECK(any ? outcome.got >= 0 && outcome.got < 2 : outcome.got == -ECANCELED);
    close_world(world);
}

void scenario_when_all_propagates_a_stop_request(struct world *world)
{
    propagate(world, false, false);
    propagate(world, false, true);
}

/* With an executor that dispatches inside the request. The frame that holds the stop source is gone when it returns. */
void scenario_when_all_may_end_inside_a_stop_request(struct world *world)
{
    struct gate gates[2] = {{.at_once = true}, {.at_once = true}};
    struct outcome outcome;
    open_world(world);
    world->env.executor = inline_executor();
    start(world, &outcome, false, (struct task *[]){waiting(&gates[0]), waiting(&gates[1])}, 2);
    gate_open(&gates[0], -EIO);
    check_outcome(&outcome, -EIO, 2, (ssize_t[]){-EIO, -ECANCELED});
    start(world, &outcome, false, (struct task *[]){waiting(&gates[0]), waiting(&gates[1])}, 2);
    CHECK_EQ(outcome.ended, 0);
    CHECK(stop_source_request_stop(&world->stop));
    check_outcome(&outcome, -ECANCELED, 2, (ssize_t[]){-ECANCELED, -ECANCELED});
    close_world(world);
}

/* While all wait, and when one has ended; a stop request afterwards finds nobody. */
static void destroy_suspended(struct world *world, bool any, bool one_ended)
{
    struct gate gates[2] = {0};
    struct outcome outcome;
    gates[1].deaf = true;
    open_world(world);
    start_at_gates(world, &outcome, any, gates, 2);
    CHECK_EQ(world->allocator.allocated, 3);
    if (one_ended)
        gate_open(&gates[0], 1);
    turn(world);
    run_async_abandon(&outcome.launch);
    CHECK_EQ(world->allocator.freed, 3);
    CHECK(stop_source_request_stop(&world->stop));
    CHECK_EQ(outcome.ended, 0);
    close_world(world);
}

void scenario_when_all_destroyed_while_suspended_frees_everything(struct world *world)
{
    destroy_suspended(world, false, false);
    destroy_suspended(world, false, true);

    struct when_all all;
    struct when_child children[2];
    open_world(world);
    children[0].task = returning(1);
    children[1].task = returning(2);
    when_all(&all, children, 2);
    when_all_destroy(&all); /* never awaited */
    close_world(world);
}

/* Runs groups of tasks that end on any thread of a pool, one in each of which fails at times, while another thread
 * requests stop at times. */
static void race(struct world *world, bool any)
{
    enum { ROUNDS = 200 };
    struct thread_pool pool;
    CHECK_EQ(thread_pool_init(&pool, 3), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct outcome outcome;
        ssize_t last = i % 3 ? 13 : -EIO;
        world_open(world, (struct world_options){0});
        world->env.executor = thread_pool_executor(&pool);
        world->env.allocator = NULL;
        world->finish_when_ended = true;
        start(world, &outcome, any, (struct task *[]){busy(10), busy(11), busy(12), busy(last)}, 4);
        if (i % 2)
            CHECK(stop_source_request_stop(&world->stop));
        CHECK_EQ(run_loop_run(&world->run_loop), 0);
        CHECK_EQ(outcome.ended, 1);
        for (size_t task = 0; task < 4; task++)
            CHECK_EQ(outcome.results[task], task == 3 ? last : (ssize_t)task + 10);
        if (any)
            CHECK(outcome.got >= 0 && outcome.got < 4);
        else
            CHECK_EQ(outcome.got, last < 0 ? last : 0);
        world_close(world);
    }
    thread_pool_destroy(&pool);
}

void scenario_when_all_tasks_end_on_several_threads(struct world *world)
{
    race(world, false);
}

/* ---- when_any ---- */

void scenario_when_any_first_to_end_wins(struct world *world)
{
    struct gate gates[3] = {0};
    struct outcome outcome;
    open_world(world);
    start_at_gates(world, &outcome, true, gates, 3);
    gate_open(&gates[1], 11);
    turn(world);
    check_outcome(&outcome, 1, 3, (ssize_t[]){-ECANCELED, 11, -ECANCELED});
    start_at_gates(world, &outcome, true, gates, 3);
    gate_open(&gates[2], -EIO);
    turn(world);
    check_outcome(&outcome, 2, 3, (ssize_t[]){-ECANCELED, -ECANCELED, -EIO});
    CHECK(!stop_requested(world->env.stop));
    close_world(world);
}

void scenario_when_any_delivers_after_all_ended(struct world *world)
{
    struct gate gates[3] = {{.deaf = true}};
    struct outcome outcome;
    open_world(world);
    start_at_gates(world, &outcome, true, gates, 3);
    gate_open(&gates[1], 11);
    turn(world);
    CHECK_EQ(outcome.ended, 0);
    gate_open(&gates[0], 10);
    turn(world);
    check_outcome(&outcome, 1, 3, (ssize_t[]){10, 11, -ECANCELED});
    close_world(world);
}

void scenario_when_any_of_synchronous_tasks(struct world *world)
{
    struct gate gate = {0};
    struct outcome outcome;
    open_world(world);
    start(world, &outcome, true, (struct task *[]){returning(1), waiting(&gate), returning(3)}, 3);
    turn(world);
    check_outcome(&outcome, 0, 3, (ssize_t[]){1, -ECANCELED, 3});
    start(world, &outcome, true, (struct task *[]){NULL}, 0);
    turn(world);
    check_outcome(&outcome, -EINVAL, 0, NULL);
    close_world(world);
}

void scenario_when_any_propagates_a_stop_request(struct world *world)
{
    propagate(world, true, false);
    propagate(world, true, true);
}

void scenario_when_any_destroyed_while_suspended_frees_everything(struct world *world)
{
    destroy_suspended(world, true, false);
    destroy_suspended(world, true, true);
}

void scenario_when_any_tasks_end_on_several_threads(struct world *world)
{
    race(world, true);
}

static const struct outcome *awaited;

static bool awaited_ended(const struct world *world)
{
    (void)world;
    return awaited->ended > 0;
}

/* A read of a stream, once. */
struct reading {
    struct task task;
    struct stream *stream;
    struct read_some read;
    unsigned char buffer[16];
    ssize_t got;
};

static void reading_body(struct coro *handle)
{
    struct reading *self = (struct reading *)handle;
    CO_BEGIN(self);
    read_some(&self->read, self->stream, self->buffer, sizeof self->buffer);
    CO_AWAIT(self->got, self, read_some, &self->read);
    CO_RETURN(self, self->got);
    CO_END;
}

static struct task *reading(struct stream *stream)
{
    struct reading *self = (struct reading *)task_create(sizeof *self, reading_body, NULL);
    CHECK(self != NULL);
    self->stream = stream;
    return &self->task;
}

/* A read in flight on the reactor is cancelled when another one has something. */
void scenario_when_any_of_reads_cancels_the_slower(struct world *world)
{
    struct outcome outcome;
    world_open(world, (struct world_options){.connections = 2, .total = 5, .silent = true});
    set_current_frame_allocator(world->env.allocator);
    world->connections[0].sent = 5; /* nothing is left for this peer to send */
    start(world, &outcome, true,
          (struct task *[]){reading(world->connections[0].job.stream), reading(world->connections[1].job.stream)}, 2);
    awaited = &outcome;
    world_run_until(world, awaited_ended);
    check_outcome(&outcome, 1, 2, (ssize_t[]){-ECANCELED, 5});
    close_world(world);
}
