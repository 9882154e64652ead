/* The tasks of the sender model, and awaitables as senders. */
#include "awaitable/io.h"
#include "sender/connect_awaitable.h"
#include "sender/io.h"
#include "sender/just.h"
#include "sender/schedule.h"
#include "sender/sender_awaitable.h"
#include "sender/starts_on.h"
#include "sender/sync_wait.h"
#include "sender/task_awaitable.h"
#include "sender/then.h"
#include "sender/transfer_task.h"
#include "tests/scenario/world.h"

#include <string.h>
#include <sys/socket.h>

struct stop_work {
    struct work work;
    struct world *world;
};

static void stop_now(struct work *work)
{
    CHECK(stop_source_request_stop(&CONTAINER_OF(work, struct stop_work, work)->world->stop));
}

/* A world whose peer has sent, or sends by its script, 5 bytes. */
static void open_with_bytes(struct world *world, struct sim_script *script)
{
    world_open(world, (struct world_options){.total = 5, .script = *script});
    if (world->backend != REACTOR_SIM)
        CHECK_EQ(send(world->connections[0].ends[1].fd, "hello", 5, 0), 5);
}

/* One in which reading fails with ECONNRESET. */
static void open_with_error(struct world *world, struct sim_script *script)
{
    struct sim_script failing = *script;
    failing.error = ECONNRESET;
    failing.error_at = 1;
    world_open(world, (struct world_options){.total = 5, .tcp = true, .script = failing});
    if (world->backend != REACTOR_SIM)
        peer_close(&world->connections[0], true);
}

/* One in which reading waits until it is stopped. */
static void open_with_stop(struct world *world, struct stop_work *stop)
{
    *stop = (struct stop_work){.work.execute = stop_now, .world = world};
    world_open(world, (struct world_options){.total = 5, .silent = true, .waits = true});
    run_loop_post_work(&world->run_loop, &stop->work);
}

/* ---- connect_awaitable: read_some | then(add_one) | sync_wait, where read_some is the awaitable ---- */

struct add_one {
};

static ssize_t add_one_call(struct add_one *self, ssize_t value)
{
    (void)self;
    return value + 1;
}

RECEIVER_SYNC_WAIT(wait_bridged, ssize_t);
RECEIVER(added, ssize_t);
SENDER_CONNECT_AWAITABLE(bridged, read_some, added)
SENDER_THEN(added, bridged, add_one, wait_bridged)

static struct bridged_sender read_awaitable(struct world *world)
{
    struct loop_job *job = &world->connections[0].job;
    struct bridged_sender sender;
    read_some(&sender.awaitable, job->stream, job->buffer, job->size);
    return sender;
}

static int wait_for_awaitable(struct world *world, ssize_t *value)
{
    struct wait_bridged_state state = {.loop = &world->run_loop, .env = &world->env};
    struct added_op op;
    added_connect(&op, (struct added_sender){.child = read_awaitable(world)}, (struct wait_bridged_receiver){&state});
    added_start(&op);
    CHECK_EQ(run_loop_run(&world->run_loop), 0);
    bridged_destroy(&op.child);
    /* The frame of the bridge is malloc's, whatever the environment's allocator is. */
    CHECK_EQ(world->allocator.allocated, 0);
    *value = state.value;
    return state.status;
}

void scenario_awaitable_as_a_sender(struct world *world)
{
    ssize_t value = 0;
    struct stop_work stop;
    struct sim_script script = {.seed = 1, .sync_share = 500 * world->mode, .delay_max = 3};
    open_with_bytes(world, &script);
    CHECK_EQ(wait_for_awaitable(world, &value), 0);
    CHECK_EQ(value, 6);
    CHECK_EQ(probe_counters[PROBE_SET_VALUE], 2);
    world_close(world);

    open_with_error(world, &script);
    CHECK_EQ(wait_for_awaitable(world, &value), -ECONNRESET);
    CHECK_EQ(probe_counters[PROBE_SET_ERROR], 2);
    world_close(world);

    open_with_stop(world, &stop);
    CHECK_EQ(wait_for_awaitable(world, &value), -ECANCELED);
    CHECK_EQ(probe_counters[PROBE_SET_STOPPED], 2);
    world_close(world);
}

/* The same in place: nothing is allocated. */
RECEIVER_SYNC_WAIT(wait_in_place, ssize_t);
RECEIVER(in_place_added, ssize_t);
SENDER_CONNECT_AWAITABLE_IN_PLACE(in_place, read_some, in_place_added)
SENDER_THEN(in_place_added, in_place, add_one, wait_in_place)
SENDER_SYNC_WAIT(wait_in_place, in_place_added)

static int wait_for_awaitable_in_place(struct world *world, ssize_t *value)
{
    struct in_place_added_sender sender = {.child = {read_awaitable(world).awaitable}};
    uint64_t allocated = frame_allocator_counts.calls;
    int status = wait_in_place(&world->run_loop, &world->env, sender, value);
    CHECK_EQ(frame_allocator_counts.calls, allocated);
    return status;
}

void scenario_awaitable_as_a_sender_in_place(struct world *world)
{
    ssize_t value = 0;
    struct stop_work stop;
    struct sim_script script = {.seed = 1, .sync_share = 500 * world->mode, .delay_max = 3};
    open_with_bytes(world, &script);
    CHECK_EQ(wait_for_awaitable_in_place(world, &value), 0);
    CHECK_EQ(value, 6);
    CHECK_EQ(probe_counters[PROBE_SET_VALUE], 2);
    CHECK_EQ(probe_counters[PROBE_READY] + probe_counters[PROBE_SUSPEND], 1);
    world_close(world);

    open_with_error(world, &script);
    CHECK_EQ(wait_for_awaitable_in_place(world, &value), -ECONNRESET);
    CHECK_EQ(probe_counters[PROBE_SET_ERROR], 2);
    world_close(world);

    open_with_stop(world, &stop);
    CHECK_EQ(wait_for_awaitable_in_place(world, &value), -ECANCELED);
    CHECK_EQ(probe_counters[PROBE_SET_STOPPED], 2);
    world_close(world);
}

void scenario_awaitable_as_a_sender_in_place_ready_resumes_nothing(struct world *world)
{
    ssize_t value = 0;
    struct sim_script script = {.seed = 1, .sync_share = 1000};
    open_with_bytes(world, &script);
    CHECK_EQ(wait_for_awaitable_in_place(world, &value), 0);
    CHECK_EQ(value, 6);
    CHECK_EQ(probe_counters[PROBE_READY], 1);
    CHECK_EQ(probe_counters[PROBE_SUSPEND], 0);
    CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], 0);
    world_close(world);
}

/* An awaitable that nobody ever resumes. */
struct forever {
    struct coro *caller;
};

static bool forever_await_ready(struct forever *self)
{
    (void)self;
    return false;
}

static struct coro *forever_await_suspend(struct forever *self, struct coro *caller, const struct io_env *env)
{
    (void)env;
    self->caller = caller;
    return noop_coroutine();
}

static ssize_t forever_await_resume(struct forever *self)
{
    (void)self;
    return 0;
}

RECEIVER_SYNC_WAIT(wait_forever, ssize_t);
SENDER_CONNECT_AWAITABLE(bridged_forever, forever, wait_forever)

void scenario_awaitable_as_a_sender_destroyed_unfinished_frees_its_frame(struct world *world)
{
    world_open(world, (struct world_options){0});
    for (unsigned start = 0; start < 2; start++) {
        struct wait_forever_state state = {.loop = &world->run_loop, .env = &world->env, .status = 1};
        struct bridged_forever_op op;
        uint64_t allocated = frame_allocator_counts.calls, freed = frame_allocator_counts.frees;
        bridged_forever_connect(&op, (struct bridged_forever_sender){{NULL}}, (struct wait_forever_receiver){&state});
        if (start) {
            bridged_forever_start(&op);
            CHECK(op.bridge->awaitable.caller == &op.bridge->task.frame.coro);
        }
        bridged_forever_destroy(&op);
        bridged_forever_destroy(&op);
        CHECK_EQ(frame_allocator_counts.calls - allocated, 1);
        CHECK_EQ(frame_allocator_counts.frees - freed, 1);
        CHECK_EQ(state.status, 1);
    }
    world_close(world);
}

SENDER_CONNECT_AWAITABLE_IN_PLACE(in_place_forever, forever, wait_forever)

void scenario_awaitable_as_a_sender_in_place_destroyed_unfinished(struct world *world)
{
    struct wait_forever_state state = {.loop = &world->run_loop, .env = &world->env, .status = 1};
    uint64_t allocated = frame_allocator_counts.calls;
    world_open(world, (struct world_options){0});
    {
        struct in_place_forever_op op;
        in_place_forever_connect(&op, (struct in_place_forever_sender){{NULL}}, (struct wait_forever_receiver){&state});
        in_place_forever_start(&op);
        CHECK(op.awaitable.caller == &op.caller);
        coro_destroy(op.awaitable.caller);
    }
    CHECK_EQ(frame_allocator_counts.calls, allocated);
    CHECK_EQ(state.status, 1);
    world_close(world);
}

/* ---- transfer_task: a task that awaits a task that awaits a read ---- */

SENDER_AWAITABLE_RECEIVER(await_read, transfer_task);
SENDER_READ_SOME(child_read, await_read)
SENDER_AWAITABLE(await_read, child_read)

struct reader {
    struct transfer_task task;
    struct await_read reading;
    struct loop_job *job;
    ssize_t got;
};

static void reader_body(struct coro *handle)
{
    struct reader *self = (struct reader *)handle;
    struct child_read_sender read = {self->job->stream, self->job->buffer, self->job->size};

    CO_BEGIN(self);
    CO_AWAIT_SENDER(self->got, self, await_read, &self->reading, read);
    TRANSFER_TASK_RETURN(self, self->got);
    CO_END;
}

/* A task that returns its argument at once. */
struct returning {
    struct transfer_task task;
    ssize_t value;
};

static void returning_body(struct coro *handle)
{
    struct returning *self = (struct returning *)handle;
    CO_BEGIN(self);
    TRANSFER_TASK_RETURN(self, self->value);
    CO_END;
}

/* A task that awaits what never completes. */
SENDER_AWAITABLE_RECEIVER(await_never, transfer_task);

struct never_sender {
};

struct never_op {
    struct await_never_receiver receiver;
};

enum { never_completions = COMPLETES_WITH_VALUE };

static void never_connect(struct never_op *op, struct never_sender sender, struct await_never_receiver receiver)
{
    (void)sender;
    op->receiver = receiver;
}

static void never_start(struct never_op *op)
{
    (void)op;
}

SENDER_AWAITABLE(await_never, never)

struct waiting {
    struct transfer_task task;
    struct await_never awaiting;
    ssize_t got;
};

static void waiting_body(struct coro *handle)
{
    struct waiting *self = (struct waiting *)handle;
    CO_BEGIN(self);
    CO_AWAIT_SENDER(self->got, self, await_never, &self->awaiting, (struct never_sender){});
    TRANSFER_TASK_RETURN(self, self->got);
    CO_END;
}

TRANSFER_TASK_AWAITABLE(await_task, transfer_task)

/* Awaits `times` children, one after the other. */
struct outer {
    struct transfer_task task;
    struct await_task child;
    struct transfer_task *(*make_child)(struct outer *);
    struct loop_job *job;
    ssize_t times, made, sum, got;
    unsigned *resumed;
};

static void *create_child(struct outer *self, size_t bytes, void (*body)(struct coro *))
{
    void *child = transfer_task_create(transfer_task_get_env(&self->task)->allocator, bytes, body, NULL);
    CHECK(child != NULL);
    return child;
}

static struct transfer_task *make_returning(struct outer *self)
{
    struct returning *child = create_child(self, sizeof *child, returning_body);
    child->value = self->made;
    return &child->task;
}

static struct transfer_task *make_reader(struct outer *self)
{
    struct reader *child = create_child(self, sizeof *child, reader_body);
    child->job = self->job;
    return &child->task;
}

static struct transfer_task *make_waiting(struct outer *self)
{
    return create_child(self, sizeof(struct waiting), waiting_body);
}

static void outer_body(struct coro *handle)
{
    struct outer *self = (struct outer *)handle;
    struct await_task_sender child;

    CO_BEGIN(self);
    for (; self->made < self->times; self->made++) {
        child.task = self->make_child(self);
        CO_AWAIT_SENDER_TRANSFER(self->got, self, await_task, &self->child, child);
        (*self->resumed)++;
        if (self->got < 0)
            TRANSFER_TASK_RETURN(self, self->got);
        self->sum += self->got;
    }
    TRANSFER_TASK_RETURN(self, self->sum);
    CO_END;
}

static void outer_destroy(struct coro *handle)
{
    await_task_destroy(&((struct outer *)handle)->child);
    frame_destroy(handle);
}

RECEIVER_SYNC_WAIT(wait_outer, ssize_t);
RECEIVER(outer_added, ssize_t);
SENDER_TRANSFER_TASK(outer_sender, outer_added)
SENDER_THEN(outer_added, outer_sender, add_one, wait_outer)

static void connect_outer(struct world *world, struct outer_added_op *op, struct wait_outer_state *state,
                          struct transfer_task *(*make_child)(struct outer *), ssize_t times, unsigned *resumed)
{
    struct outer *outer =
        (struct outer *)transfer_task_create(world->env.allocator, sizeof *outer, outer_body, outer_destroy);
    CHECK(outer != NULL);
    outer->child.task = NULL;
    outer->make_child = make_child;
    outer->job = &world->connections[0].job;
    outer->times = times;
    outer->made = outer->sum = 0;
    outer->resumed = resumed;
    *state = (struct wait_outer_state){.loop = &world->run_loop, .env = &world->env, .status = 1};
    outer_added_connect(op, (struct outer_added_sender){.child = {&outer->task}}, (struct wait_outer_receiver){state});
}

static int wait_for_outer(struct world *world, struct transfer_task *(*make_child)(struct outer *), ssize_t times,
                          ssize_t *value, unsigned *resumed)
{
    struct wait_outer_state state;
    struct outer_added_op op;
    *resumed = 0;
    connect_outer(world, &op, &state, make_child, times, resumed);
    outer_added_start(&op);
    CHECK_EQ(run_loop_run(&world->run_loop), 0);
    /* Both frames are gone before anybody destroys the operation state. */
    CHECK_EQ(world->allocator.freed, world->allocator.allocated);
    outer_sender_destroy(&op.child);
    *value = state.value;
    return state.status;
}

/* Two transfers an await, to the child and back, and no function call: the stack holds any number of them. */
void scenario_task_awaits_task_by_symmetric_transfer(struct world *world)
{
    enum { TIMES = 200000 };
    ssize_t value = 0;
    unsigned resumed;
    world_open(world, (struct world_options){0});
    CHECK_EQ(wait_for_outer(world, make_returning, TIMES, &value, &resumed), 0);
    CHECK_EQ(value, (ssize_t)TIMES * (TIMES - 1) / 2 + 1);
    CHECK_EQ(resumed, TIMES);
    CHECK_EQ(probe_counters[PROBE_TRANSFER], 2 * TIMES); /* into the child, and back */
    CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], 1);    /* start, of the outer task */
    CHECK_EQ(probe_counters[PROBE_POST], 0);
    /* Connected are the outer task and then. */
    CHECK_EQ(probe_counters[PROBE_CONNECT], 2);
    CHECK_EQ(world->allocator.allocated, TIMES + 1);
    world_close(world);
}

void scenario_transfer_task_as_a_sender(struct world *world)
{
    ssize_t value = 0;
    unsigned resumed;
    struct sim_script script = {.seed = 1, .sync_share = 500 * world->mode, .delay_max = 3};
    open_with_bytes(world, &script);
    CHECK_EQ(wait_for_outer(world, make_reader, 1, &value, &resumed), 0);
    CHECK_EQ(value, 6);
    CHECK_EQ(resumed, 1);
    world_close(world);

    open_with_error(world, &script);
    CHECK_EQ(wait_for_outer(world, make_reader, 1, &value, &resumed), -ECONNRESET);
    CHECK_EQ(resumed, 1);
    world_close(world);
}

/* Neither body is resumed, and the receiver hears of it. */
void scenario_stopped_child_ends_the_awaiting_task(struct world *world)
{
    ssize_t value = 0;
    unsigned resumed;
    struct stop_work stop;
    open_with_stop(world, &stop);
    CHECK_EQ(wait_for_outer(world, make_reader, 1, &value, &resumed), -ECANCELED);
    CHECK_EQ(resumed, 0);
    CHECK_EQ(world->allocator.allocated, 2);
    world_close(world);
}

void scenario_transfer_task_destroyed_unfinished_frees_its_frames(struct world *world)
{
    struct wait_outer_state state;
    struct outer_added_op op;
    unsigned resumed = 0;
    world_open(world, (struct world_options){0});
    /* Before it has started, and while its child is suspended. */
    for (unsigned start = 0; start < 2; start++) {
        world->allocator.allocated = world->allocator.freed = 0;
        connect_outer(world, &op, &state, make_waiting, 1, &resumed);
        if (start)
            outer_added_start(&op);
        CHECK_EQ(world->allocator.allocated, start + 1);
        outer_sender_destroy(&op.child);
        outer_sender_destroy(&op.child);
        CHECK_EQ(world->allocator.freed, start + 1);
        CHECK_EQ(resumed, 0);
        CHECK_EQ(state.status, 1);
    }
    world_close(world);
}

/* ---- P3552R3's task: affine_on around what it awaits, here something that completes on a pool ---- */

struct note_thread {
    pthread_t *thread;
};

static ssize_t note_thread_call(struct note_thread *self, struct unit value)
{
    (void)value;
    *self->thread = pthread_self();
    return 1;
}

TASK_AWAITABLE_RECEIVER(await_pool, sender_task);
RECEIVER(noted, struct unit);
SENDER_SCHEDULE(on_pool, thread_pool, noted)
SENDER_THEN(noted, on_pool, note_thread, await_pool_affine)
TASK_AWAITABLE(await_pool, noted)

SENDER_AWAITABLE_RECEIVER(await_unaffine, sender_task);
RECEIVER(unaffine, struct unit);
SENDER_SCHEDULE(on_pool_unaffine, thread_pool, unaffine)
SENDER_THEN(unaffine, on_pool_unaffine, note_thread, await_unaffine)
SENDER_AWAITABLE(await_unaffine, unaffine)

struct affine {
    struct sender_task task;
    struct await_pool awaiting;
    struct await_unaffine awaiting_unaffine;
    struct thread_pool *pool;
    pthread_t home, worked;
    unsigned turn;
    ssize_t sum, got;
};

static void affine_body(struct coro *handle)
{
    struct affine *self = (struct affine *)handle;

    CO_BEGIN(self);
    for (self->turn = 0; self->turn < 100; self->turn++) {
        struct noted_sender work = {.child = {self->pool}, .function = {&self->worked}};
        CO_AWAIT_AFFINE(self->got, self, await_pool, &self->awaiting, work);
        CHECK(pthread_equal(self->home, pthread_self()));
        CHECK(!pthread_equal(self->worked, pthread_self()));
        self->sum += self->got;
    }
    struct unaffine_sender work = {.child = {self->pool}, .function = {&self->worked}};
    CO_AWAIT_SENDER(self->got, self, await_unaffine, &self->awaiting_unaffine, work);
    CHECK(pthread_equal(self->worked, pthread_self()));
    SENDER_TASK_RETURN(self, self->sum);
    CO_END;
}

struct affine_end {
    struct sender_task_state state;
    struct run_loop *loop;
    ssize_t result;
};

static void affine_ended(struct sender_task_state *state, ssize_t result)
{
    struct affine_end *end = CONTAINER_OF(state, struct affine_end, state);
    end->result = result;
    run_loop_finish(end->loop);
}

static void affine_stopped(struct sender_task_state *state)
{
    affine_ended(state, -ECANCELED);
}

/* Without affine_on the task goes on wherever what it awaited completed. */
void scenario_affine_on_comes_back_to_the_scheduler(struct world *world)
{
    struct thread_pool pool;
    CHECK_EQ(thread_pool_init(&pool, 2), 0);
    world_open(world, (struct world_options){0});
    struct affine_end end = {
        .state = {.env = &world->env, .set_value = affine_ended, .set_stopped = affine_stopped},
        .loop = &world->run_loop,
    };
    struct affine *task = (struct affine *)sender_task_create(world->env.allocator, sizeof *task, affine_body, NULL);
    CHECK(task != NULL);
    task->pool = &pool;
    task->home = pthread_self();
    task->sum = 0;
    sender_task_start(&task->task, &end.state);
    CHECK_EQ(run_loop_run(&world->run_loop), 0);
    CHECK_EQ(end.result, 100);
    thread_pool_destroy(&pool);
    coro_destroy(&task->task.frame.coro);
    world_close(world);
}
