/* The cells of the mitigations experiment: that every form does its work, with one allocation a launch, and how long
 * exactly each lets an innocent connection wait. */
#include "bench/cell.h"
#include "bench/mitigations/job.h"
#include "tests/unit/unit.h"

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
        bool coroutine = strcmp(cell->mechanism, "floor") != 0 && strcmp(cell->mechanism, "pipeline") != 0;
        if (outcome.checksum != expected || outcome.allocations != (coroutine ? launches : 0))
            fail_msg("%s %s %s", cell->model, cell->mechanism, cell->variant);
        assert_int_equal(outcome.allocations_fresh, 0);
        checked++;
    }
    assert_true(checked >= 30);
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
        {"awaitable", "budget-1", 2}, /* the posted one, and one inline */
        {"awaitable", "budget-2", 3},
        {"awaitable", "budget-4", 5},
        {"awaitable", "budget-8", 9},
        {"awaitable", "budget-16", 17},
        {"awaitable", "budget-32", 33},
        {"awaitable", "budget-64", 65},
        {"awaitable", "budget-adaptive", 17},
        {"sender", "budget-1", 2},
        {"sender", "budget-2", 3},
        {"sender", "budget-4", 5},
        {"sender", "budget-8", 9},
        {"sender", "budget-16", 17},
        {"sender", "budget-32", 33},
        {"sender", "budget-64", 65},
        {"sender", "budget-adaptive", 17},
        {"sender", "scheduler", 1},
        {"sender", "trampoline", LAUNCH}, /* its outermost call runs what it queued before it returns to the loop */
        {"sender", "pipeline", LAUNCH},
        {"sender", "p2300", LAUNCH},
        {"sender", "handshake-exchange", LAUNCH},
        {"sender", "handshake-thread-id", LAUNCH},
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
        cmocka_unit_test(test_needs_and_reasons),
        cmocka_unit_test(test_what_the_futures_cost),
        cmocka_unit_test(test_the_innocent_is_served_as_often_as_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
