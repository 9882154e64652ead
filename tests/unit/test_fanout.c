/* The cells of the fanout experiment: that every form makes its joins, with what it says that they take, and that a
 * failure cancels all the others before its join ends. And when_all and when_any of awaitables without frames. */
#include "awaitable/run.h"
#include "awaitable/when_all_of.h"
#include "bench/cell.h"
#include "bench/fanout/job.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

extern const struct experiment experiment_fanout;

enum { OPERATIONS = 41 };

static uint64_t number_in(const char *variant, const char *key)
{
    const char *at = strstr(variant, key);
    return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

struct ran {
    struct outcome outcome;
    uint64_t bytes; /* asked for by this thread */
};

static struct ran run_cell(const struct cell *cell, uint64_t operations)
{
    struct ran ran = {0};
    void *state;
    assert_int_equal(cell->open(cell, NULL, &state), 0);
    for (int again = 0; again < 2; again++) {
        uint64_t before = frame_allocator_counts.bytes;
        ran.outcome = (struct outcome){0};
        assert_int_equal(cell->run(state, operations, &ran.outcome), 0);
        assert_int_equal(ran.outcome.operations, operations);
        ran.bytes = frame_allocator_counts.bytes - before;
    }
    cell->close(state);
    return ran;
}

static double described(const struct cell *cell, const char *metric)
{
    struct results *results = results_create();
    struct row blank = {.experiment = "fanout",
                        .model = cell->model,
                        .mechanism = cell->mechanism,
                        .variant = cell->variant,
                        .toolchain = toolchain};
    double value = -1;
    assert_non_null(results);
    cell->describe(cell, &blank, results);
    for (size_t i = 0; i < results_count(results); i++)
        if (strcmp(results_row(results, i)->metric, metric) == 0)
            value = results_row(results, i)->value;
    results_destroy(results);
    return value;
}

/* Frames of one join. */
static uint64_t expected_frames(const struct cell *cell, uint64_t width)
{
    if (strcmp(cell->model, "awaitable") != 0 || strstr(cell->mechanism, "-awaitables"))
        return 0;
    return width + (strstr(cell->mechanism, "-capy") != NULL);
}

static const struct cell *baseline_of(const struct cell *cell)
{
    const struct cell *found = NULL;
    for (size_t i = 0; i < experiment_fanout.cell_count; i++) {
        const struct cell *other = &experiment_fanout.cells[i];
        if (!other->baseline || strcmp(other->variant, cell->variant) != 0)
            continue;
        assert_null(found);
        found = other;
    }
    assert_non_null(found);
    return found;
}

static void test_every_form_does_the_work_of_its_floor(void **state)
{
    (void)state;
    for (size_t i = 0; i < experiment_fanout.cell_count; i++) {
        const struct cell *cell = &experiment_fanout.cells[i];
        if (!cell->run) /* there is no C++ compiler for it */
            continue;
        uint64_t width = number_in(cell->variant, "width=");
        struct ran floor = run_cell(baseline_of(cell), OPERATIONS), ran = run_cell(cell, OPERATIONS),
                   more = run_cell(cell, OPERATIONS + 1);
        uint64_t frames = expected_frames(cell, width ? width : 2);
        if (ran.outcome.checksum != floor.outcome.checksum || ran.outcome.bytes != floor.outcome.bytes ||
            more.outcome.allocations - ran.outcome.allocations != frames ||
            (frames == 0) != (described(cell, "frame_bytes") == 0))
            fail_msg("%s %s %s", cell->model, cell->mechanism, cell->variant);
        bool pool = strstr(cell->variant, "pool") || strstr(cell->variant, "graph");
        if (!pool)
            assert_int_equal(more.bytes - ran.bytes, described(cell, "frame_bytes"));
        assert_true(described(cell, "graph_bytes_per_op") > 0);
    }
    assert_true(experiment_fanout.cell_count >= 120);
}

static void test_a_failure_cancels_all_the_others_first(void **state)
{
    (void)state;
    unsigned checked = 0;
    for (size_t i = 0; i < experiment_fanout.cell_count; i++) {
        const struct cell *cell = &experiment_fanout.cells[i];
        if (!strstr(cell->variant, "shape=cancel"))
            continue;
        assert_int_equal(described(cell, "stop_latency_completions"), number_in(cell->variant, "width=") - 1);
        checked++;
    }
    assert_true(checked >= 25);
}

static void test_who_wins_a_race(void **state)
{
    (void)state;
    for (size_t i = 0; i < experiment_fanout.cell_count; i++) {
        const struct cell *cell = &experiment_fanout.cells[i];
        if (strstr(cell->variant, "wins=read"))
            assert_int_equal(run_cell(cell, OPERATIONS).outcome.bytes, OPERATIONS * 8);
        else if (strstr(cell->variant, "wins=timeout"))
            assert_int_equal(run_cell(cell, OPERATIONS).outcome.bytes, 0);
    }
}

/* ---- Short memory ---- */

/* Frames may end on any thread of a pool. */
struct failing_allocator {
    struct frame_allocator base;
    _Atomic unsigned left; /* allocations until the one that fails */
    _Atomic unsigned made, freed;
    _Atomic bool failed;
};

static void *failing_allocate(struct frame_allocator *base, size_t bytes)
{
    struct failing_allocator *self = (struct failing_allocator *)base;
    if (self->left-- == 0) {
        self->failed = true;
        return NULL;
    }
    self->made++;
    return malloc(bytes);
}

static void failing_deallocate(struct frame_allocator *base, void *memory, size_t bytes)
{
    (void)bytes;
    ((struct failing_allocator *)base)->freed++;
    free(memory);
}

static void test_a_frame_that_cannot_be_had_is_an_error_and_nothing_leaks(void **state)
{
    (void)state;
    static const struct frame_allocator_ops ops = {
        .name = "failing", .allocate = failing_allocate, .deallocate = failing_deallocate};
    unsigned failures = 0;
    for (size_t i = 0; i < experiment_fanout.cell_count; i++) {
        const struct cell *cell = &experiment_fanout.cells[i];
        uint64_t width = number_in(cell->variant, "width=");
        if (strcmp(cell->model, "awaitable") != 0 || width > 8 || strstr(cell->variant, "pool"))
            continue;
        for (unsigned n = 0;; n++) {
            struct failing_allocator allocator = {.base.ops = &ops, .left = n};
            struct outcome outcome;
            void *opened;
            assert_int_equal(cell->open(cell, NULL, &opened), 0);
            ((struct fanout_job *)opened)->env.allocator = &allocator.base;
            int status = cell->run(opened, 2, &outcome);
            cell->close(opened);
            if (allocator.made != allocator.freed || (status != -ENOMEM && allocator.failed))
                fail_msg("%s %s, allocation %u: %d", cell->mechanism, cell->variant, n, status);
            if (!allocator.failed)
                break;
            failures++;
        }
    }
    assert_true(failures > 200);
}

/* ---- when_all and when_any of awaitables ---- */

/* What the test completes by hand, or a stop request does. */
struct hand {
    bool ready;
    bool began;
    bool stopped_before; /* when it began */
    ssize_t result;
    struct coro *caller;
    struct stop_callback on_stop;
};

static void hand_complete(struct hand *self, ssize_t result)
{
    self->result = result;
    stop_callback_deregister(&self->on_stop);
    safe_resume(self->caller);
}

static void hand_stopped(struct stop_callback *callback)
{
    hand_complete(CONTAINER_OF(callback, struct hand, on_stop), -ECANCELED);
}

static inline bool hand_await_ready(struct hand *self)
{
    return self->ready;
}

static inline struct coro *hand_await_suspend(struct hand *self, struct coro *caller, const struct io_env *env)
{
    self->began = true;
    self->caller = caller;
    self->on_stop.invoke = hand_stopped;
    self->stopped_before = stop_requested(env->stop);
    if (self->stopped_before) {
        self->result = -ECANCELED;
        return caller;
    }
    stop_callback_register(&self->on_stop, env->stop);
    return noop_coroutine();
}

static inline ssize_t hand_await_resume(struct hand *self)
{
    return self->result;
}

WHEN_ALL_OF(all_hands, hand, 3)
WHEN_ANY_OF(any_hand, hand, 3)

struct world {
    struct run_async launch;
    struct io_env env;
    struct stop_source stop;
    bool ended;
    ssize_t result;
    bool any;
    struct all_hands all;
    struct any_hand first;
    struct hand *hands[3];
};

struct root {
    struct task task;
    struct world *world;
};

static void root_body(struct coro *handle)
{
    struct root *self = (struct root *)handle;
    ssize_t got;
    CO_BEGIN(self);
    if (self->world->any) {
        CO_AWAIT(got, self, any_hand, &self->world->first);
        CO_RETURN(self, got);
    }
    CO_AWAIT(got, self, all_hands, &self->world->all);
    CO_RETURN(self, got);
    CO_END;
}

static void world_ended(struct run_async *launch, ssize_t result)
{
    struct world *world = CONTAINER_OF(launch, struct world, launch);
    world->ended = true;
    world->result = result;
}

/* Those that `ready` names, by bits, have `results` already. */
static void begin(struct world *world, bool any, unsigned ready, const ssize_t results[3])
{
    *world = (struct world){.any = any, .env.executor = inline_executor()};
    stop_source_init(&world->stop);
    world->env.stop = stop_source_token(&world->stop);
    struct root *root = (struct root *)task_create(sizeof *root, root_body, NULL);
    assert_non_null(root);
    root->world = world;
    for (unsigned i = 0; i < 3; i++) {
        world->hands[i] = any ? &world->first.each[i].awaitable : &world->all.each[i].awaitable;
        *world->hands[i] = (struct hand){.ready = ready >> i & 1, .result = results[i]};
    }
    if (any)
        any_hand(&world->first);
    else
        all_hands(&world->all);
    run_async(&world->launch, &root->task, &world->env, world_ended);
}

static void test_all_awaitables_end_before_the_awaiter_goes_on(void **state)
{
    (void)state;
    static const ssize_t results[3] = {4, 5, 6};
    struct world world;
    begin(&world, false, 0, results);
    for (unsigned i = 3; i-- > 0;) {
        assert_false(world.ended);
        hand_complete(world.hands[i], results[i]);
    }
    assert_true(world.ended);
    assert_int_equal(world.result, 0);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(world.all.each[i].result, results[i]);

    begin(&world, false, 7, results); /* all ready: nobody suspends, and none begins */
    assert_true(world.ended);
    assert_int_equal(world.result, 0);
    assert_false(world.hands[0]->began || world.hands[1]->began || world.hands[2]->began);
    assert_int_equal(world.all.each[2].result, 6);

    begin(&world, false, 5, results);
    assert_false(world.ended);
    hand_complete(world.hands[1], 9);
    assert_true(world.ended);
    assert_int_equal(world.all.each[1].result, 9);
}

static void test_the_first_failure_stops_the_other_awaitables(void **state)
{
    (void)state;
    static const ssize_t results[3] = {-EPIPE, 5, 6};
    struct world world;
    begin(&world, false, 0, results);
    hand_complete(world.hands[1], -EIO);
    assert_true(world.ended);
    assert_int_equal(world.result, -EIO);
    assert_int_equal(world.all.each[0].result, -ECANCELED);
    assert_int_equal(world.all.each[2].result, -ECANCELED);

    begin(&world, false, 1, results); /* it is there before the others begin */
    assert_true(world.ended);
    assert_int_equal(world.result, -EPIPE);
    assert_true(world.hands[1]->stopped_before && world.hands[2]->stopped_before);
    assert_int_equal(world.all.each[1].result, -ECANCELED);
}

static void test_a_stop_request_reaches_the_awaitables(void **state)
{
    (void)state;
    static const ssize_t results[3] = {4, 5, 6};
    struct world world;
    begin(&world, false, 0, results);
    hand_complete(world.hands[0], 4);
    assert_true(stop_source_request_stop(&world.stop));
    assert_true(world.ended);
    assert_int_equal(world.result, -ECANCELED);
    assert_int_equal(world.all.each[0].result, 4);

    begin(&world, true, 0, results);
    assert_true(stop_source_request_stop(&world.stop));
    assert_true(world.ended);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(world.first.each[i].result, -ECANCELED);
}

static void test_the_first_awaitable_that_ends_wins(void **state)
{
    (void)state;
    static const ssize_t results[3] = {4, 5, 6};
    struct world world;
    begin(&world, true, 0, results);
    hand_complete(world.hands[2], 6);
    assert_true(world.ended);
    assert_int_equal(world.result, 2);
    assert_int_equal(world.first.each[0].result, -ECANCELED);

    begin(&world, true, 0, results);
    hand_complete(world.hands[1], -EIO); /* well or badly */
    assert_int_equal(world.result, 1);

    begin(&world, true, 6, results); /* the second is ready, so the third is not looked at, and the first is stopped */
    assert_true(world.ended);
    assert_int_equal(world.result, 1);
    assert_true(world.hands[0]->stopped_before);
    assert_int_equal(world.first.each[2].result, -ECANCELED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_does_the_work_of_its_floor),
        cmocka_unit_test(test_a_failure_cancels_all_the_others_first),
        cmocka_unit_test(test_who_wins_a_race),
        cmocka_unit_test(test_a_frame_that_cannot_be_had_is_an_error_and_nothing_leaks),
        cmocka_unit_test(test_all_awaitables_end_before_the_awaiter_goes_on),
        cmocka_unit_test(test_the_first_failure_stops_the_other_awaitables),
        cmocka_unit_test(test_a_stop_request_reaches_the_awaitables),
        cmocka_unit_test(test_the_first_awaitable_that_ends_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
