/* The scenarios of both futures of the sender protocol, sender/returning and sender/tail, written once. The including
 * file names its protocol by the macros below, and defines the root of a chain of tasks:
 *
 *     PREFIXED(name)                  name with the protocol's prefix, in lower case
 *     P(NAME)                         NAME with the protocol's prefix: P(_JUST) is RETURNING_JUST
 *     AWAITED(N)                      the receiver of its tasks' awaitable N
 *     AWAIT, TASK, TASK_CREATE        CO_AWAIT of the protocol, its promise type, and what creates one
 *     struct root                     with the members `task`, `result`, and `done`, called when the task has completed
 *     root_start(root, task, env)     starts the task
 */
#include "tests/scenario/world.h"

#include <sys/socket.h>

#define TASK_RETURN P(_TASK_RETURN)

/* A task that awaits the stage N once, and N_run, which runs it to its end: its result, -ECANCELED after stopped. */
#define AWAIT_ONCE(N, last)                                                                                            \
    struct N##_once {                                                                                                  \
        struct TASK task;                                                                                              \
        struct last##_sender sender;                                                                                   \
        struct N awaitable;                                                                                            \
        ssize_t got;                                                                                                   \
    };                                                                                                                 \
    static void N##_once_body(struct coro *handle)                                                                     \
    {                                                                                                                  \
        struct N##_once *self = (struct N##_once *)handle;                                                             \
        CO_BEGIN(self);                                                                                                \
        AWAIT(self->got, self, N, &self->awaitable, self->sender);                                                     \
        TASK_RETURN(self, self->got);                                                                                  \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct TASK *N##_create(struct world *world, struct last##_sender sender)                                   \
    {                                                                                                                  \
        struct N##_once *self =                                                                                        \
            (struct N##_once *)TASK_CREATE(world->env.allocator, sizeof *self, N##_once_body, NULL);                   \
        CHECK(self != NULL);                                                                                           \
        self->sender = sender;                                                                                         \
        return &self->task;                                                                                            \
    }                                                                                                                  \
    SENDER_FUNCTION ssize_t N##_run(struct world *world, struct last##_sender sender)                                  \
    {                                                                                                                  \
        return run_to_end(world, N##_create(world, sender));                                                           \
    }

struct waiting_root {
    struct root root;
    struct world *world;
    bool ended;
};

static void waiting_root_done(struct root *root)
{
    struct waiting_root *self = CONTAINER_OF(root, struct waiting_root, root);
    self->ended = true;
    run_loop_finish(&self->world->run_loop);
}

static ssize_t run_to_end(struct world *world, struct TASK *task)
{
    struct waiting_root self = {.root = {.task = task, .done = waiting_root_done}, .world = world};
    root_start(&self.root, &world->env);
    CHECK_EQ(run_loop_run(&world->run_loop), 0);
    CHECK(self.ended);
    coro_destroy(&task->frame.coro);
    return self.root.result;
}

/* ---- A task that awaits a task ---- */
AWAITED(inner);
P(_TASK)(inner_task, inner);
P(_AWAITABLE)(inner, inner_task);

struct outer {
    struct TASK task;
    struct TASK *child;
    struct inner inner;
    ssize_t got;
};

static void outer_body(struct coro *handle)
{
    struct outer *self = (struct outer *)handle;

    CO_BEGIN(self);
    AWAIT(self->got, self, inner, &self->inner, ((struct inner_task_sender){self->child}));
    TASK_RETURN(self, self->got);
    CO_END;
}

static void outer_destroy(struct coro *handle)
{
    inner_task_destroy(&((struct outer *)handle)->inner.state);
    frame_destroy(handle);
}

static ssize_t run_in_two_tasks(struct world *world, struct TASK *child)
{
    struct outer *outer = (struct outer *)TASK_CREATE(world->env.allocator, sizeof *outer, outer_body, outer_destroy);
    CHECK(outer != NULL);
    outer->child = child;
    return run_to_end(world, &outer->task);
}

/* ---- Inline: just | then | let_value, and when_all of two, a million times ---- */

struct add_one {
};

static ssize_t add_one_call(struct add_one *self, ssize_t value)
{
    (void)self;
    return value + 1;
}

struct scale {
    ssize_t by;
};

static ssize_t scale_call(struct scale *self, ssize_t value)
{
    return value * self->by;
}

struct go_on {
};

AWAITED(chain);
P(_RECEIVER)(chain_1, ssize_t);
P(_RECEIVER)(chain_2, ssize_t);
P(_RECEIVER)(chain_2_inner, ssize_t);
P(_JUST)(chain_just, chain_1);
P(_THEN)(chain_1, chain_just, add_one, chain_2);
P(_RECEIVER)(chain_3, ssize_t);
P(_JUST)(chain_next, chain_3);
P(_THEN)(chain_3, chain_next, scale, chain_2_inner);

static struct chain_3_sender go_on_call(struct go_on *self, ssize_t *value)
{
    (void)self;
    return (struct chain_3_sender){.child = {*value}, .function = {2}};
}

P(_LET_VALUE)(chain_2, chain_1, go_on, chain_3, chain);
P(_AWAITABLE)(chain, chain_2);

AWAITED(pair);
P(_RECEIVER)(both_a, ssize_t);
P(_RECEIVER)(both_b, ssize_t);
WHEN_ALL_VALUES(both, (a, b));
P(_RECEIVER)(sum, struct both_values);
P(_JUST)(a, both_a);
P(_JUST)(b, both_b);
P(_WHEN_ALL)(both, (a, b), sum);

struct add {
};

static ssize_t add_call(struct add *self, struct both_values values)
{
    (void)self;
    return values.a + values.b;
}

P(_THEN)(sum, both, add, pair);
P(_AWAITABLE)(pair, sum);

struct million {
    struct TASK task;
    struct chain chain;
    struct pair pair;
    ssize_t made, got, checksum;
};

enum { MILLION = 1000000 };

static void million_body(struct coro *handle)
{
    struct million *self = (struct million *)handle;

    CO_BEGIN(self);
    for (self->made = 0, self->checksum = 0; self->made < MILLION / 2; self->made++) {
        AWAIT(self->got, self, chain, &self->chain, ((struct chain_2_sender){.child.child.value = self->made}));
        self->checksum += self->got - 2 * self->made;
        AWAIT(self->got, self, pair, &self->pair, ((struct sum_sender){.child = {.a = {self->made}, .b = {3}}}));
        self->checksum += self->got - self->made;
    }
    TASK_RETURN(self, self->checksum);
    CO_END;
}

/* On a stack of 8 MiB: a completion that left 16 bytes behind would overflow it. */
void PREFIXED(scenario_, _million_inline_completions_need_no_stack)(struct world *world)
{
    world_open(world, (struct world_options){0});
    struct TASK *task = TASK_CREATE(world->env.allocator, sizeof(struct million), million_body, NULL);
    CHECK(task != NULL);
    CHECK_EQ(run_in_two_tasks(world, task), 5 * MILLION / 2);
    CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], 0);
    CHECK_EQ(probe_counters[PROBE_VARIANT_EMPLACED], MILLION + 1);
    world_close(world);
}

/* ---- Later: when_all(schedule | then(number), read_some) ---- */

struct number {
};

static ssize_t number_call(struct number *self, struct unit value)
{
    (void)self;
    (void)value;
    return 1000;
}

AWAITED(late);
P(_RECEIVER)(late_both_hop, ssize_t);
P(_RECEIVER)(late_both_get, ssize_t);
P(_RECEIVER)(hop, struct unit);
WHEN_ALL_VALUES(late_both, (hop, get));
P(_RECEIVER)(late_sum, struct late_both_values);
P(_SCHEDULE)(hop_schedule, run_loop, hop);
P(_THEN)(hop, hop_schedule, number, late_both_hop);
P(_READ_SOME)(get, late_both_get);
P(_WHEN_ALL)(late_both, (hop, get), late_sum);

struct add_late {
};

static ssize_t add_late_call(struct add_late *self, struct late_both_values values)
{
    (void)self;
    return values.hop + values.get;
}

P(_THEN)(late_sum, late_both, add_late, late);
P(_AWAITABLE)(late, late_sum);
AWAIT_ONCE(late, late_sum);

static ssize_t hop_and_read(struct world *world)
{
    struct loop_job *job = &world->connections[0].job;
    return late_run(world, (struct late_sum_sender){.child = {.hop = {.child = {&world->run_loop}},
                                                              .get = {job->stream, job->buffer, job->size}}});
}

void PREFIXED(scenario_, _completion_later_is_resumed_by_the_loop)(struct world *world)
{
    world_open(world, (struct world_options){.total = 5});
    if (world->backend != REACTOR_SIM)
        CHECK_EQ(send(world->connections[0].ends[1].fd, "hello", 5, 0), 5);
    ssize_t got = hop_and_read(world);
    CHECK(got >= 1001 && got <= 1005);
    CHECK_EQ(probe_counters[PROBE_POST], 1);
    CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], 0);
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

void PREFIXED(scenario_, _stop_ends_a_pending_read)(struct world *world)
{
    struct stop_work stop = {.work.execute = stop_now, .world = world};
    world_open(world, (struct world_options){.total = 5, .silent = true, .waits = true});
    run_loop_post_work(&world->run_loop, &stop.work);
    CHECK_EQ(hop_and_read(world), -ECANCELED);
    CHECK_EQ(reactor_counts(world->reactor).submitted, 1);
    CHECK_EQ(hop_and_read(world), -ECANCELED);
    CHECK_EQ(reactor_counts(world->reactor).submitted, 1);
    world_close(world);
}

/* ---- On another thread, which may resume the task before await_suspend has returned here ---- */

AWAITED(away);
P(_RECEIVER)(away_hop, struct unit);
P(_SCHEDULE)(away_schedule, thread_pool, away_hop);
P(_THEN)(away_hop, away_schedule, number, away);
P(_AWAITABLE)(away, away_hop);

AWAITED(home);
P(_RECEIVER)(home_hop, struct unit);
P(_SCHEDULE)(home_schedule, run_loop, home_hop);
P(_THEN)(home_hop, home_schedule, number, home);
P(_AWAITABLE)(home, home_hop);

struct traveller {
    struct TASK task;
    struct thread_pool *pool;
    struct run_loop *loop;
    struct away away;
    struct home home;
    ssize_t got, sum;
    unsigned turns;
};

enum { TURNS = 2000 };

static void traveller_body(struct coro *handle)
{
    struct traveller *self = (struct traveller *)handle;

    CO_BEGIN(self);
    for (self->turns = 0, self->sum = 0; self->turns < TURNS; self->turns++) {
        AWAIT(self->got, self, away, &self->away, ((struct away_hop_sender){.child = {self->pool}}));
        self->sum += self->got;
        AWAIT(self->got, self, home, &self->home, ((struct home_hop_sender){.child = {self->loop}}));
        self->sum += self->got;
    }
    TASK_RETURN(self, self->sum);
    CO_END;
}

void PREFIXED(scenario_, _completion_on_another_thread)(struct world *world)
{
    struct thread_pool pool;
    CHECK_EQ(thread_pool_init(&pool, 2), 0);
    world_open(world, (struct world_options){0});
    struct traveller *self = (struct traveller *)TASK_CREATE(world->env.allocator, sizeof *self, traveller_body, NULL);
    CHECK(self != NULL);
    self->pool = &pool;
    self->loop = &world->run_loop;
    CHECK_EQ(run_to_end(world, &self->task), 2000 * TURNS);
    world_close(world);
    thread_pool_destroy(&pool);
}

/* ---- Errors and stopped, through every algorithm: failing | then | let_value | when_all | then, in a task ---- */

#define PASSING(N, FAILING)                                                                                            \
    AWAITED(N);                                                                                                        \
    P(_RECEIVER)(N##_then, ssize_t);                                                                                   \
    P(_RECEIVER)(N##_let, ssize_t);                                                                                    \
    P(_RECEIVER)(N##_let_inner, ssize_t);                                                                              \
    P(_RECEIVER)(N##_all_##N##_let, ssize_t);                                                                          \
    P(_RECEIVER)(N##_all_##N##_read, ssize_t);                                                                         \
    WHEN_ALL_VALUES(N##_all, (N##_read, N##_let));                                                                     \
    P(_RECEIVER)(N##_sum, struct N##_all_values);                                                                      \
    P(_JUST)(N##_just, N##_then);                                                                                      \
    P(_THEN)(N##_then, N##_just, add_one, N##_let);                                                                    \
    FAILING(N##_fails, N##_let_inner);                                                                                 \
    struct N##_fail {                                                                                                  \
        struct N##_fails_sender with;                                                                                  \
    };                                                                                                                 \
    static struct N##_fails_sender N##_fail_call(struct N##_fail *self, ssize_t *value)                                \
    {                                                                                                                  \
        CHECK_EQ(*value, 8);                                                                                           \
        return self->with;                                                                                             \
    }                                                                                                                  \
    P(_LET_VALUE)(N##_let, N##_then, N##_fail, N##_fails, N##_all_##N##_let);                                          \
    P(_READ_SOME)(N##_read, N##_all_##N##_read);                                                                       \
    P(_WHEN_ALL)(N##_all, (N##_read, N##_let), N##_sum);                                                               \
    struct N##_never {                                                                                                 \
    };                                                                                                                 \
    static ssize_t N##_never_call(struct N##_never *self, struct N##_all_values values)                                \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        CHECK(values.N##_let == values.N##_read + 1 && false);                                                         \
        return 0;                                                                                                      \
    }                                                                                                                  \
    P(_THEN)(N##_sum, N##_all, N##_never, N);                                                                          \
    P(_AWAITABLE)(N, N##_sum);                                                                                         \
    AWAIT_ONCE(N, N##_sum)

PASSING(failing, P(_JUST_ERROR));
PASSING(stopping, P(_JUST_STOPPED));

/* The pending read is stopped by the failure beside it. */
void PREFIXED(scenario_, _errors_pass_every_algorithm)(struct world *world)
{
    world_open(world, (struct world_options){.total = 5, .silent = true, .waits = true});
    struct loop_job *job = &world->connections[0].job;
    struct failing_sum_sender sender = {
        .child = {.failing_read = {job->stream, job->buffer, job->size},
                  .failing_let = {.child = {.child = {7}}, .function.with.error = EPIPE}}};
    CHECK_EQ(failing_run(world, sender), -EPIPE);
    CHECK_EQ(run_in_two_tasks(world, failing_create(world, sender)), -EPIPE);
    CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], 0);
    world_close(world);
}

void PREFIXED(scenario_, _stopped_passes_every_algorithm)(struct world *world)
{
    world_open(world, (struct world_options){.total = 5, .silent = true, .waits = true});
    struct loop_job *job = &world->connections[0].job;
    struct stopping_sum_sender sender = {
        .child = {.stopping_read = {job->stream, job->buffer, job->size}, .stopping_let = {.child = {.child = {7}}}}};
    CHECK_EQ(stopping_run(world, sender), -ECANCELED);
    CHECK_EQ(run_in_two_tasks(world, stopping_create(world, sender)), -ECANCELED);
    CHECK_EQ(probe_counters[PROBE_VARIANT_EMPLACED], 0);
    CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], 0);
    world_close(world);
}

/* ---- The loop: read, process, write, repeat ---- */

AWAITED(reading);
P(_READ_SOME)(async_read, reading);
P(_AWAITABLE)(reading, async_read);

AWAITED(writing);
P(_WRITE_SOME)(async_write, writing);
P(_AWAITABLE)(writing, async_write);

struct echo {
    struct TASK task;
    struct loop_job *job;
    struct reading reading;
    struct writing writing;
    ssize_t got;
    size_t sent;
};

static void echo_body(struct coro *handle)
{
    struct echo *self = (struct echo *)handle;
    struct loop_job *job = self->job;
    ssize_t put;

    CO_BEGIN(self);
    for (;;) {
        AWAIT(self->got, self, reading, &self->reading,
              ((struct async_read_sender){job->stream, job->buffer, job->size}));
        if (self->got <= 0)
            TASK_RETURN(self, self->got);

        process(&job->process, job->buffer, (size_t)self->got);

        for (self->sent = 0; self->sent < (size_t)self->got; self->sent += (size_t)put) {
            struct async_write_sender write = {job->stream, job->buffer + self->sent, (size_t)self->got - self->sent};
            AWAIT(put, self, writing, &self->writing, write);
            if (put < 0)
                TASK_RETURN(self, put);
        }
        job->bytes += (size_t)self->got;
    }
    CO_END;
}

struct echo_run {
    struct root root;
    struct loop_job *job;
};

static void echo_done(struct root *root)
{
    struct echo_run *self = CONTAINER_OF(root, struct echo_run, root);
    coro_destroy(&root->task->frame.coro);
    loop_job_finish(self->job, (int)root->result);
}

static int echo_start(void *storage, struct loop_job *job)
{
    struct echo_run *self = storage;
    struct echo *echo = (struct echo *)TASK_CREATE(job->env->allocator, sizeof *echo, echo_body, NULL);
    if (!echo)
        return -ENOMEM;
    echo->job = job;
    *self = (struct echo_run){.root = {.task = &echo->task, .done = echo_done}, .job = job};
    root_start(&self->root, job->env);
    return 0;
}

static const size_t echo_bytes = sizeof(struct echo_run);

void PREFIXED(scenario_, _echo_of_many_pieces)(struct world *world)
{
    static const struct loop_code code = {.bytes = &echo_bytes, .start = echo_start};
    static const struct loop_form form = {.model = "sender", .mechanism = "future", .kind = LOOP_TASK, .code = &code};
    world->form = &form;
    world_open(world, (struct world_options){
                          .connections = 3, .total = 70001, .send_piece = 999, .receive_piece = 777, .buffer = 512});
    CHECK_EQ(world_start(world), 0);
    world_run_to_end(world);
    check_echoed(world);
    CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], 0);
    world_close(world);
}
