/* sender/returning: completion functions that return the handle to resume next. */
#include "sender/returning/algorithms.h"
#include "sender/returning/awaitable.h"
#include "sender/returning/contexts.h"
#include "sender/returning/when_all.h"

#define P(name) RETURNING##name
#define PREFIXED(before, after) before##returning##after
#define AWAITED(N) RETURNING_AWAITABLE_RECEIVER(N, returning_task)
#define AWAIT CO_AWAIT_RETURNING
#define TASK returning_task
#define TASK_CREATE returning_task_create

struct root {
    struct returning_task_state state;
    struct returning_task *task;
    void (*done)(struct root *);
    ssize_t result;
};

static struct coro *root_set_value(struct returning_task_state *state, ssize_t result)
{
    struct root *self = CONTAINER_OF(state, struct root, state);
    self->result = result;
    self->done(self);
    return noop_coroutine();
}

static struct coro *root_set_stopped(struct returning_task_state *state)
{
    return root_set_value(state, -ECANCELED);
}

static void root_start(struct root *self, const struct io_env *env)
{
    self->state =
        (struct returning_task_state){.env = env, .set_value = root_set_value, .set_stopped = root_set_stopped};
    coro_resume(returning_task_start(self->task, &self->state));
}

#include "tests/scenario/futures.h"

/* ---- What is returned to whom ---- */

/* Stands for an awaiter; nobody resumes it here. */
typedef struct unit end_in;

struct end_receiver {
    struct coro *awaiter;
    const struct io_env *env;
};

static struct coro *end_set_value(struct end_receiver *self, end_in value)
{
    (void)value;
    return self->awaiter;
}

static struct coro *end_set_error(struct end_receiver *self, int error)
{
    (void)error;
    return self->awaiter;
}

static struct coro *end_set_stopped(struct end_receiver *self)
{
    return self->awaiter;
}

static const struct io_env *end_get_env(const struct end_receiver *self)
{
    return self->env;
}

RETURNING_RECEIVER(told, ssize_t);
RETURNING_JUST(telling, told)

struct drop {
};

static struct unit drop_call(struct drop *self, ssize_t value)
{
    (void)self;
    CHECK_EQ(value, 5);
    return (struct unit){};
}

RETURNING_THEN(told, telling, drop, end)

void scenario_returning_set_value_returns_the_awaiter(struct world *world)
{
    struct coro awaiter = {0};
    struct told_op op;
    world_open(world, (struct world_options){0});
    told_connect(&op, (struct told_sender){.child = {5}}, (struct end_receiver){&awaiter, &world->env});
    CHECK(told_start(&op) == &awaiter);
    CHECK_EQ(probe_counters[PROBE_SET_VALUE], 2);
    CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], 0);
    world_close(world);
}

/* A sender that completes when the test says so. */
#define BY_HAND(N, R)                                                                                                  \
    struct N##_sender {                                                                                                \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED };                   \
    static void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)                 \
    {                                                                                                                  \
        (void)sender;                                                                                                  \
        op->receiver = receiver;                                                                                       \
    }                                                                                                                  \
    static struct coro *N##_start(struct N##_op *op)                                                                   \
    {                                                                                                                  \
        (void)op;                                                                                                      \
        return noop_coroutine();                                                                                       \
    }

RETURNING_RECEIVER(three_x, ssize_t);
RETURNING_RECEIVER(three_y, ssize_t);
RETURNING_RECEIVER(three_z, ssize_t);
WHEN_ALL_VALUES(three, (x, y, z));
RETURNING_RECEIVER(three_sum, struct three_values);
BY_HAND(x, three_x)
BY_HAND(y, three_y)
BY_HAND(z, three_z)
RETURNING_WHEN_ALL(three, (x, y, z), three_sum)

struct expect_123 {
};

static struct unit expect_123_call(struct expect_123 *self, struct three_values values)
{
    (void)self;
    CHECK_EQ(values.x * 100 + values.y * 10 + values.z, 123);
    return (struct unit){};
}

RETURNING_THEN(three_sum, three, expect_123, end)

void scenario_returning_when_all_last_child_returns_the_handle(struct world *world)
{
    struct coro awaiter = {0};
    struct three_sum_op op;
    world_open(world, (struct world_options){0});
    three_sum_connect(&op, (struct three_sum_sender){}, (struct end_receiver){&awaiter, &world->env});
    CHECK(three_sum_start(&op) == noop_coroutine());
    CHECK(three_z_set_value(&op.child.z.receiver, 3) == noop_coroutine());
    CHECK(three_x_set_value(&op.child.x.receiver, 1) == noop_coroutine());
    CHECK(three_y_set_value(&op.child.y.receiver, 2) == &awaiter);

    three_sum_connect(&op, (struct three_sum_sender){}, (struct end_receiver){&awaiter, &world->env});
    CHECK(three_sum_start(&op) == noop_coroutine());
    CHECK(three_x_set_stopped(&op.child.x.receiver) == noop_coroutine());
    CHECK(stop_requested(three_y_get_env(&op.child.y.receiver)->stop));
    CHECK(three_y_set_error(&op.child.y.receiver, EPIPE) == noop_coroutine());
    CHECK(three_z_set_stopped(&op.child.z.receiver) == &awaiter);
    CHECK_EQ(probe_counters[PROBE_SET_ERROR], 2); /* when_all, and then passing it on */

    /* A stop request before start: nothing is started. */
    CHECK(stop_source_request_stop(&world->stop));
    three_sum_connect(&op, (struct three_sum_sender){}, (struct end_receiver){&awaiter, &world->env});
    CHECK(three_sum_start(&op) == &awaiter);
    CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], 0);
    world_close(world);
}

/* when_all of two tasks that wait: start can return one of the two coroutines, and resumes the other itself. */
RETURNING_RECEIVER(tasks_p, ssize_t);
RETURNING_RECEIVER(tasks_q, ssize_t);
WHEN_ALL_VALUES(tasks, (p, q));
RETURNING_RECEIVER(tasks_sum, struct tasks_values);
RETURNING_TASK(p, tasks_p)
RETURNING_TASK(q, tasks_q)
RETURNING_WHEN_ALL(tasks, (p, q), tasks_sum)

struct expect_1004_each {
    struct run_loop *loop;
};

static struct unit expect_1004_each_call(struct expect_1004_each *self, struct tasks_values values)
{
    CHECK_EQ(values.p, 1004);
    CHECK_EQ(values.q, 1004);
    run_loop_finish(self->loop);
    return (struct unit){};
}

RETURNING_THEN(tasks_sum, tasks, expect_1004_each, end)

RETURNING_AWAITABLE_RECEIVER(hopping, returning_task)
RETURNING_RECEIVER(hopped, struct unit);
RETURNING_RECEIVER(hopped_more, ssize_t);
RETURNING_SCHEDULE(hopping_schedule, run_loop, hopped)
RETURNING_THEN(hopped, hopping_schedule, number, hopped_more)

struct add_four {
};

static ssize_t add_four_call(struct add_four *self, ssize_t value)
{
    (void)self;
    return value + 4;
}

RETURNING_THEN(hopped_more, hopped, add_four, hopping)
RETURNING_AWAITABLE(hopping, hopped_more)
AWAIT_ONCE(hopping, hopped_more)

void scenario_returning_when_all_resumes_all_but_the_last_task_nested(struct world *world)
{
    struct tasks_sum_op op;
    world_open(world, (struct world_options){0});
    struct hopped_more_sender hop = {.child.child = {&world->run_loop}};
    struct returning_task *first = hopping_create(world, hop), *last = hopping_create(world, hop);
    tasks_sum_connect(&op, (struct tasks_sum_sender){.child = {{first}, {last}}, .function = {&world->run_loop}},
                      (struct end_receiver){noop_coroutine(), &world->env});
    struct coro *next = tasks_sum_start(&op);
    CHECK(next == &last->frame.coro);
    CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], 1);
    CHECK_EQ(probe_counters[PROBE_POST], 1);
    coro_resume(next);
    CHECK_EQ(probe_counters[PROBE_POST], 2);
    CHECK_EQ(run_loop_run(&world->run_loop), 0);
    CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], 1);
    p_destroy(&op.child.p);
    q_destroy(&op.child.q);
    world_close(world);
}
