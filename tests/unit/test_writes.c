/* Counting the bytes that are written: a store counts by its width, and a cell that fails costs its own count and no
 * other. This program has experiments of its own, and is the one that runs under valgrind too. */
#include "bench/writes.h"
#include "tests/unit/unit.h"

#include <errno.h>
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

static unsigned char memory[64];

/* A loop, with these stores in its body: at every level of optimisation it writes as much more than the loop without.
 * What is written before it, once a run, does not count. */
#define WRITING(name, before, stores)                                                                                  \
    static int name(void *state, uint64_t operations, struct outcome *outcome)                                         \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        before;                                                                                                        \
        for (volatile uint64_t i = 0; i < operations; i++) {                                                           \
            stores;                                                                                                    \
        }                                                                                                              \
        outcome->operations = operations;                                                                              \
        return 0;                                                                                                      \
    }
WRITING(nothing, , )
WRITING(once, *(volatile uint64_t *)memory = 1, )
WRITING(one_byte, , *(volatile unsigned char *)memory = 1)
WRITING(word_and_half, , *(volatile uint64_t *)(memory + 8) = 1; *(volatile uint32_t *)(memory + 16) = 2)

static int fails(void *state, uint64_t operations, struct outcome *outcome)
{
    (void)state;
    (void)operations;
    (void)outcome;
    return -EIO;
}

static int does_less(void *state, uint64_t operations, struct outcome *outcome)
{
    (void)state;
    outcome->operations = operations / 2;
    return 0;
}

#define CELL(mechanism_, run_, written_)                                                                               \
    {.model = "raw",                                                                                                   \
     .mechanism = mechanism_,                                                                                          \
     .variant = "-",                                                                                                   \
     .modes = CELL_BOTH,                                                                                               \
     .counted = true,                                                                                                  \
     .written = written_,                                                                                              \
     .run = run_}
static const struct cell cells[] = {
    CELL("nothing", nothing, true), CELL("fails", fails, true),     CELL("one-byte", one_byte, true),
    CELL("unasked", fails, false),  CELL("short", does_less, true), CELL("word-and-half", word_and_half, true),
    CELL("once", once, true),
};
enum { CELLS = sizeof cells / sizeof *cells };
static const struct experiment experiment = {.name = "x", .cells = cells, .cell_count = CELLS};

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

static void test_stores_count_by_their_width(void **state)
{
    (void)state;
    struct results *results = results_create();
    assert_non_null(results);
    assert_int_equal(writes_add(&(struct run_options){0}, results, &(struct progress){.quiet = true}), 0);
    assert_int_equal(results_count(results), CELLS - 1);
    const char *reason = results_reason(results, 0);
    if (reason) {
        print_message("%s\n", reason);
        assert_non_null(strstr(reason, "valgrind"));
        results_destroy(results);
        skip();
    }
    double nothing_more = results_row(results, 0)->value;
    assert_string_equal(results_row(results, 0)->metric, "bytes_written_per_op");
    assert_true(results_row(results, 2)->value - nothing_more == 1);
    assert_true(results_row(results, 4)->value - nothing_more == 12);
    assert_true(results_row(results, 5)->value == nothing_more);
    for (size_t i = 1; i <= 3; i += 2) { /* the one that fails, and the one that does less than it was asked */
        assert_non_null(results_reason(results, i));
        assert_non_null(strstr(results_reason(results, i), "failed under valgrind"));
    }
    results_destroy(results);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "count-writes") == 0)
        return writes_child(&(struct run_options){0}) ? 1 : 0;
    if (SANITIZED) {
        puts("a sanitizer build does not run under valgrind");
        return SKIPPED;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stores_count_by_their_width)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
