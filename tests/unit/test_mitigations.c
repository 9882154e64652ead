/* The cells of the mitigations experiment: that every form does its work, with one allocation a launch, and how long
 * exactly each lets an innocent connection wait. */
#include "bench/cell.h"
#include "bench/mitigations/job.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

extern const struct experiment experiment_mitigations;

/* Neither a multiple of what a launch makes nor of any budget. */
enum { OPERATIONS = 3 * LAUNCH_COMPLETIONS + 101 };

static uint64_t checksum_of(uint64_t first, uint64_t count)
{
    struct mitigation_job expected = {0};
    for (uint64_t i = 0; i < count; i++)
        mitigation_job_completed(&expected, first + i);
    return expected.checksum;
}

static struct outcome run_cell(const struct cell *cell, uint64_t operations)
{
    struct outcome outcome = {0};
    void *state;
    assert_int_equal(cell->open(cell, NULL, &state), 0);
    for (int again = 0; again < 2; again++) {
        outcome = (struct outcome){0};
        assert_int_equal(cell->run(state, operations, &outcome), 0);
        assert_int_equal(outcome.operations, operations);
    }
    cell->close(state);
    return outcome;
}

static bool is_starvation(const struct cell *cell)
{
    return strncmp(cell->variant, "starvation=", 11) == 0;
}

static void test_every_form_makes_all_completions_in_order(void **state)
{
    (void)state;
    uint64_t expected = checksum_of(0, OPERATIONS);
    unsigned launches = (OPERATIONS + LAUNCH_COMPLETIONS - 1) / LAUNCH_COMPLETIONS, checked = 0;
    for (size_t i = 0; i < experiment_mitigations.cell_count; i++) {
        const struct cell *cell = &experiment_mitigations.cells[i];
        if (!cell->run || is_starvation(cell))
            continue;
        struct outcome outcome = run_cell(cell, OPERATIONS);
        bool coroutine = strcmp(cell->model, "raw") != 0 && strcmp(cell->mechanism, "pipeline") != 0;
        if (outcome.checksum != expected || outcome.allocations != (coroutine ? launches : 0))
            fail_msg("%s %s %s", cell->model, cell->mechanism, cell->variant);
        assert_int_equal(outcome.allocations_fresh, 0);
        checked++;
    }
    assert_true(checked >= 70);
}

/* What cells say without a run, in a results of its own. */
static struct results *described(void)
{
    struct results *results = results_create();
    assert_non_null(results);
    for (size_t i = 0; i < experiment_mitigations.cell_count; i++) {
        const struct cell *cell = &experiment_mitigations.cells[i];
        struct row blank = {.experiment = "mitigations",
                            .model = cell->model,
                            .mechanism = cell->mechanism,
                            .variant = cell->variant,
                            .toolchain = toolchain};
        cell->describe(cell, &blank, results);
    }
    return results;
}

static const struct row *find(const struct results *results, const char *model, const char *mechanism,
                              const char *metric, const char **reason)
{
    for (size_t i = 0; i < results_count(results); i++) {
        const struct row *row = results_row(results, i);
        if (strcmp(row->model, model) || strcmp(row->mechanism, mechanism) || strcmp(row->metric, metric))
            continue;
        *reason = results_reason(results, i);
        return row;
    }
    fail_msg("%s %s has no %s", model, mechanism, metric);
    return NULL;
}

static void test_how_long_the_innocent_waits(void **state)
{
    (void)state;
    enum { LAUNCH = LAUNCH_COMPLETIONS };
    static const struct {
        const char *model, *mechanism;
        unsigned waits;
    } expected[] = {
        {"raw", "alone", 0},
        {"awaitable", "ready", LAUNCH},
        {"awaitable", "transfer", LAUNCH},
        {"awaitable", "transfer+budget-1", 2}, /* the posted one, and one inline */
        {"awaitable", "transfer+budget-2", 3},
        {"awaitable", "transfer+budget-4", 5},
        {"awaitable", "transfer+budget-8", 9},
        {"awaitable", "transfer+budget-16", 17},
        {"awaitable", "transfer+budget-32", 33},
        {"awaitable", "transfer+budget-64", 65},
        {"awaitable", "transfer+budget-adaptive", 17},
        {"awaitable", "ready+budget-4", 5},
        {"awaitable", "ready+budget-adaptive", 17},
        {"sender", "p2300+budget-4", 5},
        {"sender", "p2300+budget-16", 17},
        {"sender", "p2300+budget-16-no-boundary", 17},
        {"sender", "p2300+budget-adaptive", 17},
        {"sender", "handshake-thread-id+budget-16", 17},
        {"sender", "handshake-thread-id+budget-16-no-boundary", 17},
        {"sender", "handshake-thread-id+budget-adaptive", 17},
        {"sender", "member+budget-1", 2},
        {"sender", "member+budget-64", 65},
        {"sender", "member+budget-adaptive", 17},
        {"sender", "scheduler", 1},
        {"sender", "scheduler-no-boundary", 1},
        {"sender", "trampoline", LAUNCH}, /* its outermost call runs what it queued before it returns to the loop */
        {"sender", "trampoline-no-boundary", LAUNCH},
        {"sender", "pipeline", LAUNCH},
        {"sender", "p2300", LAUNCH},
        {"sender", "p2300-no-boundary", LAUNCH},
        {"sender", "handshake-exchange", LAUNCH},
        {"sender", "handshake-thread-id", LAUNCH},
        {"sender", "handshake-thread-id-look-first", LAUNCH},
        {"sender", "inline-known", LAUNCH},
        {"sender", "member", LAUNCH},
        {"sender", "returning", LAUNCH},
        {"sender", "tail", LAUNCH},
    };
    struct results *results = described();
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const char *reason;
        const struct row *row =
            find(results, expected[i].model, expected[i].mechanism, "waited_completions_max", &reason);
        if (!reason && row->value != expected[i].waits)
            fail_msg("%s %s: %g instead of %u", row->model, row->mechanism, row->value, expected[i].waits);
        bool held = reason || row->value == LAUNCH;
        assert_true(held == (strcmp(row->variant, "starvation=unbounded") == 0) || strcmp(row->model, "raw") == 0);
        assert_true(!reason || strcmp(row->mechanism, "tail") == 0);
    }
    results_destroy(results);
}

/* Exceptions are on where a cell's own toolchain says so: with the boundary, and where a name says it. */
static void test_what_has_exceptions_on_says_so(void **state)
{
    (void)state;
    static const char *const on[] = {"p2300", "scheduler", "handshake-exchange", "floor-exceptions",
                                     "ready-exceptions"};
    static const char *const off[] = {"p2300-no-boundary", "floor", "ready", "pipeline", "member"};
    unsigned seen = 0;
    for (size_t i = 0; i < experiment_mitigations.cell_count; i++) {
        const struct cell *cell = &experiment_mitigations.cells[i];
        for (size_t name = 0; name < sizeof on / sizeof *on; name++) {
            if (strcmp(cell->mechanism, on[name]) == 0 && cell->run && ++seen)
                assert_true(cell->toolchain && strstr(cell->toolchain, " exc=on "));
            if (strcmp(cell->mechanism, off[name]) == 0 && cell->run && ++seen)
                assert_null(cell->toolchain);
        }
    }
    assert_true(seen >= 20);
}

/* Each says once what it needs, and what cannot be had says why. */
static void test_needs_and_reasons(void **state)
{
    (void)state;
    struct results *results = described();
    unsigned needs = 0, mechanisms = 0;
    for (size_t i = 0; i < results_count(results); i++) {
        const struct row *row = results_row(results, i);
        bool word = strcmp(row->metric, "needs_from_user") == 0;
        needs += word;
        mechanisms += strcmp(row->metric, "waited_completions_max") == 0 && strcmp(row->model, "raw") != 0;
        assert_true(!word || (strcmp(row->variant, "completes=inline") == 0 && row->text[0]));
    }
    assert_int_equal(needs, mechanisms);
    const char *reason;
    assert_non_null(strstr(find(results, "sender", "p2300", "noexcept_boundary", &reason)->text, "yes"));
    assert_non_null(strstr(find(results, "sender", "p2300-no-boundary", "noexcept_boundary", &reason)->text, "no"));
    find(results, "sender", "inline-known", "instructions_per_op", &reason);
    assert_non_null(strstr(reason, "not known to be inline"));
    results_destroy(results);
}

/* Today's protocol changes no function; each future changes as many of a pipeline, and only `tail` passes values
 * through memory. */
static void test_what_the_futures_cost(void **state)
{
    (void)state;
    struct results *results = described();
    unsigned rows = 0;
    for (size_t i = 0; i < results_count(results); i++) {
        const struct row *row = results_row(results, i);
        if (strncmp(row->variant, "pipeline=", 9) != 0)
            continue;
        bool today = strcmp(row->mechanism, "p2300") == 0, tail = strcmp(row->mechanism, "tail") == 0;
        if (strcmp(row->metric, "functions_changed_count") == 0)
            assert_true(today == (row->value == 0));
        else if (strcmp(row->metric, "value_bytes_through_memory_per_op") == 0)
            assert_true(tail == (row->value > 0));
        else
            assert_true(row->value > 0);
        assert_null(strchr(row->variant + 9, '='));
        rows++;
    }
    assert_true(rows >= 3 * 4 * 6);
    results_destroy(results);
}

static void *run_on_thread(void *cell)
{
    run_cell(cell, LAUNCH_COMPLETIONS);
    return NULL;
}

/* The bytes of stack that a launch of a sender's form touches. */
static size_t stack_of(const char *mechanism)
{
    enum { STACK = 1 << 20, PAINT = 0x5a };
    const struct cell *cell = experiment_mitigations.cells;
    while (strcmp(cell->mechanism, mechanism) != 0 || strcmp(cell->variant, "completes=inline") != 0)
        cell++;
    unsigned char *stack = aligned_alloc(4096, STACK);
    pthread_attr_t attributes;
    pthread_t thread;
    assert_non_null(stack);
    memset(stack, PAINT, STACK);
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, stack, STACK), 0);
    assert_int_equal(pthread_create(&thread, &attributes, run_on_thread, (void *)cell), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    size_t untouched = 0;
    while (untouched < STACK && stack[untouched] == PAINT)
        untouched++;
    free(stack);
    return STACK - untouched;
}

/* That p2300 has the boundary, whatever this build's flags are, and what bounds its stack. */
static void test_the_boundary_lets_the_stack_grow(void **state)
{
    (void)state;
    size_t least = LAUNCH_COMPLETIONS * sizeof(void *), grown = stack_of("p2300");
    assert_true(grown > stack_of("p2300+budget-4") + least);
    assert_true(grown > stack_of("scheduler") + least);
}

static void test_the_innocent_is_served_as_often_as_asked(void **state)
{
    (void)state;
    uint64_t expected = checksum_of(1, OPERATIONS);
    for (size_t i = 0; i < experiment_mitigations.cell_count; i++) {
        const struct cell *cell = &experiment_mitigations.cells[i];
        if (cell->run && is_starvation(cell))
            assert_int_equal(run_cell(cell, OPERATIONS).checksum, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_makes_all_completions_in_order),
        cmocka_unit_test(test_how_long_the_innocent_waits),
        cmocka_unit_test(test_what_has_exceptions_on_says_so),
        cmocka_unit_test(test_needs_and_reasons),
        cmocka_unit_test(test_what_the_futures_cost),
        cmocka_unit_test(test_the_boundary_lets_the_stack_grow),
        cmocka_unit_test(test_the_innocent_is_served_as_often_as_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
