/* Counting instructions: a cell that fails, and no place for temporary files, cost the counts that they concern and no
 * others. This program has experiments of its own, and is the one that runs under valgrind too. */
#include "bench/instructions.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#elif !defined __has_feature
#define SANITIZED 0
#elif __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static int run_cell(void *state, uint64_t operations, struct outcome *outcome)
{
    (void)state;
    for (volatile uint64_t i = 0; i < operations; i++)
        continue;
    outcome->operations = operations;
    return 0;
}

/* Of these three one locks the bus. */
static int exchange_cell(void *state, uint64_t operations, struct outcome *outcome)
{
    static _Atomic unsigned word;
    (void)state;
    for (uint64_t i = 0; i < operations; i++) {
        atomic_store_explicit(&word, 1, memory_order_release);
        atomic_exchange_explicit(&word, 2, memory_order_acq_rel);
        outcome->checksum += atomic_load_explicit(&word, memory_order_acquire);
    }
    outcome->operations = operations;
    return 0;
}

static int fail_cell(void *state, uint64_t operations, struct outcome *outcome)
{
    (void)state;
    (void)operations;
    (void)outcome;
    return -EIO;
}

#define CELL(mechanism_, run_)                                                                                         \
    {.model = "raw", .mechanism = mechanism_, .variant = "-", .modes = CELL_BOTH, .counted = true, .run = run_}
static const struct cell cells[] = {CELL("a", run_cell), CELL("b", fail_cell), CELL("c", exchange_cell)};
static const struct experiment experiment = {.name = "x", .counts_atomics = true, .cells = cells, .cell_count = 3};

const struct experiment *const experiments[] = {&experiment};
const size_t experiment_count = 1;
const char *const toolchain = "cc-1 O2 sib=on exc=off san=none";

bool name_selected(const char *name, const struct run_options *options)
{
    (void)name;
    (void)options;
    return true;
}

bool cell_selected(const struct experiment *of, const struct cell *cell, const struct run_options *options)
{
    (void)of;
    (void)cell;
    (void)options;
    return true;
}

bool experiment_selected(const struct experiment *of, const struct run_options *options)
{
    (void)of;
    (void)options;
    return true;
}

static int setup(void **state)
{
    *state = results_create();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    results_destroy(*state);
    return 0;
}

static void test_other_cells_keep_their_counts(void **state)
{
    struct results *results = *state;
    assert_int_equal(instructions_add(&(struct run_options){0}, results, &(struct progress){.quiet = true}), 0);
    const char *reason = results_reason(results, 0);
    if (reason && !strstr(reason, "failed"))
        skip(); /* no valgrind, or a build that does not run under it */
    static const struct {
        const char *mechanism;
        const char *metric;
        double atomics; /* -1: a count of instructions */
    } expected[] = {{"a", "instructions_per_op", -1},
                    {"a", "atomics_per_op", 0},
                    {"b", "instructions_per_op", -1},
                    {"c", "instructions_per_op", -1},
                    {"c", "atomics_per_op", 1}};
    assert_int_equal(results_count(results), 5);
    for (size_t i = 0; i < 5; i++) {
        const struct row *row = results_row(results, i);
        assert_string_equal(row->mechanism, expected[i].mechanism);
        assert_string_equal(row->metric, expected[i].metric);
        if (strcmp(row->mechanism, "b") == 0) {
            assert_non_null(results_reason(results, i));
            assert_non_null(strstr(results_reason(results, i), "failed under valgrind"));
            continue;
        }
        assert_null(results_reason(results, i));
        if (expected[i].atomics < 0)
            assert_true(row->value >= 1);
        else
            assert_true(row->value == expected[i].atomics);
    }
}

static void test_no_temporary_directory(void **state)
{
    struct results *results = *state;
    assert_int_equal(setenv("TMPDIR", "/no/such/directory", 1), 0);
    assert_int_equal(instructions_add(&(struct run_options){0}, results, &(struct progress){.quiet = true}), 0);
    assert_int_equal(unsetenv("TMPDIR"), 0);
    assert_int_equal(results_count(results), 3);
    for (size_t i = 0; i < 3; i++) {
        const char *reason = results_reason(results, i);
        assert_non_null(reason);
        if (reason && strstr(reason, "valgrind"))
            skip(); /* built without */
        assert_non_null(strstr(reason, "'/no/such/directory'"));
        assert_non_null(strstr(reason, "TMPDIR"));
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "count") == 0)
        return instructions_child(&(struct run_options){0}) ? 1 : 0;
    if (SANITIZED) {
        puts("a sanitizer build does not run under valgrind");
        return SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_other_cells_keep_their_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_temporary_directory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
