/* The paired runner: the order in which cells really run, and what it makes of those that do not do their work. */
#include "bench/interrupt.h"
#include "bench/runner.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the logging cells did, in order. Every opening has a number, from 0. */
enum { LOG_MAX = 4096, OPENINGS_MAX = 64, CHECKS = 3 /* runs of an entry before it is timed */ };
static struct {
    unsigned opened, closed;
    struct {
        unsigned closed_before;
        uintptr_t memory;
    } openings[OPENINGS_MAX];
    size_t count;
    struct {
        unsigned opening;
        uint64_t operations;
        uintptr_t frame;
    } runs[LOG_MAX];
} journal;

struct behaviour {
    uint64_t checksum;    /* added to the right one */
    uint64_t missing;     /* operations that it leaves out */
    uint64_t allocations; /* an operation */
    int open_status;
    unsigned opens;     /* this often, and then no more; 0: always */
    unsigned pauses_ms; /* in each run; in the first of the calibration a hundred times as long */
    bool signals;
    double real_ns, cpu_ns; /* an operation; 0: what the runner sees */
};

struct opened {
    unsigned number;
    const struct behaviour *behaviour;
};

static int open_cell(const struct cell *cell, const struct run_options *options, void **state)
{
    (void)options;
    const struct behaviour *behaviour = cell->parameters;
    if (behaviour->open_status)
        return behaviour->open_status;
    if (behaviour->opens && journal.opened >= behaviour->opens)
        return -EMFILE;
    assert_true(journal.opened < OPENINGS_MAX);
    struct opened *self = malloc(sizeof *self);
    if (!self)
        return -ENOMEM;
    journal.openings[journal.opened].closed_before = journal.closed;
    journal.openings[journal.opened].memory = (uintptr_t)self;
    *self = (struct opened){journal.opened++, behaviour};
    *state = self;
    return 0;
}

static int run_cell(void *state, uint64_t operations, struct outcome *outcome)
{
    const struct opened *self = state;
    assert_true(journal.count < LOG_MAX);
    journal.runs[journal.count].opening = self->number;
    journal.runs[journal.count].operations = operations;
    journal.runs[journal.count++].frame = (uintptr_t)__builtin_frame_address(0);
    outcome->operations = operations - self->behaviour->missing;
    outcome->bytes = operations * 2;
    outcome->checksum = operations * 3 + self->behaviour->checksum;
    outcome->allocations = 5 + operations * self->behaviour->allocations;
    outcome->real_ns = self->behaviour->real_ns * (double)operations;
    outcome->cpu_ns = self->behaviour->cpu_ns * (double)operations;
    unsigned pause_ms = self->behaviour->pauses_ms;
    if (journal.count == 2 * CHECKS + 1)
        pause_ms *= 100;
    usleep(1000 * pause_ms);
    if (self->behaviour->signals)
        raise(SIGTERM);
    return 0;
}

static void close_cell(void *state)
{
    journal.closed++;
    free(state);
}

#define CELL(mechanism_, variant_, baseline_, ...)                                                                     \
    {                                                                                                                  \
        .model = "raw",                                                                                                \
        .mechanism = mechanism_,                                                                                       \
        .variant = variant_,                                                                                           \
        .modes = CELL_BOTH,                                                                                            \
        .baseline = baseline_,                                                                                         \
        .parameters = &(const struct behaviour){__VA_ARGS__},                                                          \
        .open = open_cell,                                                                                             \
        .run = run_cell,                                                                                               \
        .close = close_cell,                                                                                           \
    }

enum { BLOCKS = 5, WARM_UP = 1, EACH = 3, ROUNDS = BLOCKS * (WARM_UP + EACH) };
static const struct plan PLAN = {
    .sample_ns = 1, .blocks = BLOCKS, .warm_up = WARM_UP, .rounds_least = EACH, .rounds_most = EACH};

struct fixture {
    struct results *results;
    struct progress progress;
    struct run_options options;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    memset(&journal, 0, sizeof journal);
    if (!fixture)
        return -1;
    fixture->results = results_create();
    fixture->progress.quiet = true;
    fixture->options.seed = 7;
    *state = fixture;
    return fixture->results ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    results_destroy(fixture->results);
    free(fixture);
    return journal.opened == journal.closed ? 0 : -1;
}

static int run(struct fixture *fixture, const struct cell *cells, size_t count)
{
    const struct experiment experiment = {
        .name = "x",
        .operation = "completion",
        .ratio_metric = "ratio_to_floor",
        .cpu_ratios = cells->native != NULL,
        .cells = cells,
        .cell_count = count,
    };
    return runner_run(&experiment, &fixture->options, &PLAN, fixture->results, &fixture->progress);
}

static const struct row *find(const struct results *results, const char *mechanism, const char *variant,
                              const char *metric)
{
    for (size_t i = 0; i < results_count(results); i++) {
        const struct row *row = results_row(results, i);
        if (strcmp(row->mechanism, mechanism) == 0 && strcmp(row->variant, variant) == 0 &&
            strcmp(row->metric, metric) == 0)
            return row;
    }
    return NULL;
}

static const struct cell THREE[] = {CELL("a", "-", true, 0), CELL("b", "-", false, 0), CELL("c", "-", false, 0)};
#define ENTRIES ((size_t)4) /* the baseline runs a second time */

/* A round is an order and its reverse, the orders are those that the seed gives, and all samples are of one size. Each
 * block runs what has been opened for it. */
static void test_order(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(run(fixture, THREE, 3), 0);
    assert_int_equal(journal.opened, BLOCKS * ENTRIES);
    assert_true(journal.count > ROUNDS * ENTRIES * 2);
    size_t at = journal.count - ROUNDS * ENTRIES * 2;
    bool shuffled = false;
    for (size_t round = 0; round < ROUNDS; round++, at += ENTRIES * 2) {
        size_t order[ENTRIES], first = round / (WARM_UP + EACH) * ENTRIES;
        runner_order(order, ENTRIES, 7, (unsigned)round);
        for (size_t i = 0; i < ENTRIES; i++) {
            assert_int_equal(journal.runs[at + i].opening, first + order[i]);
            assert_int_equal(journal.runs[at + 2 * ENTRIES - 1 - i].opening, first + order[i]);
            shuffled |= order[i] != i;
        }
        for (size_t i = 0; i < 2 * ENTRIES; i++)
            assert_int_equal(journal.runs[at + i].operations, journal.runs[journal.count - 1].operations);
    }
    assert_true(shuffled);
}

/* One run of the calibration is interrupted: the samples are as long as if it had not been. */
static void test_calibration(void **state)
{
    struct fixture *fixture = *state;
    const struct cell cells[] = {CELL("a", "-", true, .pauses_ms = 5)};
    const struct plan plan = {.sample_ns = 8000000, .blocks = 1, .rounds_least = 1, .rounds_most = 1};
    const struct experiment experiment = {.name = "test", .operation = "turn", .cells = cells, .cell_count = 1};
    assert_int_equal(runner_run(&experiment, &fixture->options, &plan, fixture->results, &fixture->progress), 0);
    assert_true(journal.runs[journal.count - 1].operations > 16);
}

/* Before a block all cells are closed, and then opened elsewhere: neither where they were, nor all moved alike. */
static void test_reopening(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(run(fixture, THREE, 3), 0);
    assert_int_equal(journal.opened, BLOCKS * ENTRIES);
    bool apart = false;
    for (size_t i = 0; i < journal.opened; i++) {
        assert_int_equal(journal.openings[i].closed_before, i / ENTRIES * ENTRIES);
        if (i < ENTRIES)
            continue;
        uintptr_t moved = journal.openings[i].memory - journal.openings[i - ENTRIES].memory;
        assert_true(moved != 0);
        if (i % ENTRIES)
            apart |= moved != journal.openings[i - 1].memory - journal.openings[i - 1 - ENTRIES].memory;
    }
    /* A sanitizer's allocator keeps sizes apart, and so moves all that are of one size alike. */
    assert_true(apart || !strstr(toolchain, "san=none"));
}

static void test_reopening_fails(void **state)
{
    struct fixture *fixture = *state;
    const struct cell cells[] = {CELL("a", "-", true, 0), CELL("b", "-", false, .opens = 5)};
    assert_int_equal(run(fixture, cells, 2), -EMFILE);
    assert_int_equal(results_count(fixture->results), 0);
}

/* Each round stands 512 bytes deeper than the one before, and every eighth at the same place; each block begins at a
 * place of its own. */
static void test_displacement(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(run(fixture, THREE, 3), 0);
    size_t first = journal.count - ROUNDS * ENTRIES * 2;
    uintptr_t begins[BLOCKS];
    for (size_t round = 0; round < ROUNDS; round++) {
        uintptr_t frame = journal.runs[first + round * ENTRIES * 2].frame;
        for (size_t i = 0; i < ENTRIES * 2; i++)
            assert_int_equal(journal.runs[first + round * ENTRIES * 2 + i].frame, frame);
        size_t block = round / (WARM_UP + EACH);
        uintptr_t begin = frame + round % 8 * 512;
        if (round % (WARM_UP + EACH) == 0)
            begins[block] = begin;
        assert_int_equal(begin, begins[block]);
    }
    for (size_t block = 1; block < BLOCKS; block++)
        assert_true(begins[block] != begins[0]);
}

static void test_seed_decides(void **state)
{
    (void)state;
    size_t a[8], b[8];
    unsigned same = 0;
    for (unsigned round = 0; round < 16; round++) {
        runner_order(a, 8, 1, round);
        runner_order(b, 8, 1, round);
        assert_memory_equal(a, b, sizeof a);
        runner_order(b, 8, 2, round);
        same += memcmp(a, b, sizeof a) == 0;
        size_t sum = 0;
        for (size_t i = 0; i < 8; i++)
            sum |= (size_t)1 << a[i];
        assert_int_equal(sum, 255);
    }
    assert_true(same < 4);
}

static void test_rows(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(run(fixture, THREE, 3), 0);
    const struct results *results = fixture->results;
    const struct row *row = find(results, "b", "-", "ratio_to_floor");
    assert_non_null(row);
    assert_int_equal(row->samples, BLOCKS * EACH);
    assert_true(row->low <= row->value && row->value <= row->high);
    assert_non_null(find(results, "a", "-", "ns_per_op"));
    assert_non_null(find(results, "c", "-", "ns_above_floor"));
    assert_non_null(find(results, "a", "control=aa", "ratio_to_floor"));
    assert_null(find(results, "a", "control=aa", "ns_per_op"));
    assert_null(find(results, "a", "-", "ratio_to_floor"));
    assert_null(find(results, "a", "-", "msgs_per_s"));
    assert_int_equal(results_repetition_count(results), ENTRIES * BLOCKS * EACH * 2);
}

/* They pair up by round as those of time do; an experiment that does not ask has none. */
static void test_ratios_of_cpu_time(void **state)
{
    struct fixture *fixture = *state;
    struct cell cells[] = {CELL("a", "-", true, .real_ns = 100, .cpu_ns = 80),
                           CELL("b", "-", false, .real_ns = 200, .cpu_ns = 120)};
    cells[0].native = "raw/b";
    assert_int_equal(run(fixture, cells, 2), 0);
    const struct row *row = find(fixture->results, "b", "-", "cpu_ratio_to_floor");
    assert_non_null(row);
    assert_true(fabs(row->value - 1.5) < 1e-9 && row->low <= row->value && row->value <= row->high);
    assert_true(fabs(find(fixture->results, "b", "-", "ratio_to_floor")->value - 2) < 1e-9);
    row = find(fixture->results, "a", "-", "cpu_ratio_to_native");
    assert_true(fabs(row->value - 1 / 1.5) < 1e-9 && row->samples == BLOCKS * EACH);
    assert_non_null(find(fixture->results, "a", "control=aa", "cpu_ratio_to_floor"));
}

/* What is allocated once in a run does not count, and what no cell does is no row. */
static void test_allocations_are_of_operations(void **state)
{
    struct fixture *fixture = *state;
    const struct cell cells[] = {CELL("a", "n=1", true, 0), CELL("b", "n=1", false, .allocations = 3)};
    assert_int_equal(run(fixture, cells, 2), 0);
    assert_true(find(fixture->results, "a", "n=1", "allocs_per_op")->value == 0);
    assert_true(find(fixture->results, "b", "n=1", "allocs_per_op")->value == 3);
    assert_null(find(fixture->results, "b", "n=1", "syscalls_per_msg"));
    assert_non_null(find(fixture->results, "a", "n=1,control=aa", "ratio_to_floor"));
}

static void test_smoke_times_nothing(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.smoke = true;
    assert_int_equal(run(fixture, THREE, 3), 0);
    assert_int_equal(journal.opened, 3);
    assert_int_equal(results_repetition_count(fixture->results), 0);
    assert_null(find(fixture->results, "b", "-", "ns_per_op"));
}

static void test_filter_brings_the_baseline(void **state)
{
    struct fixture *fixture = *state;
    const struct cell cells[] = {CELL("a", "n=1", true, 0), CELL("b", "n=1", false, 0), CELL("c", "n=1", false, 0),
                                 CELL("a", "n=2", true, 0)};
    const char *filters[] = {"x/raw/c/*"};
    fixture->options.filters = filters;
    fixture->options.filter_count = 1;
    assert_int_equal(run(fixture, cells, 4), 0);
    assert_non_null(find(fixture->results, "c", "n=1", "ratio_to_floor"));
    assert_non_null(find(fixture->results, "a", "n=1", "ns_per_op"));
    assert_null(find(fixture->results, "b", "n=1", "ns_per_op"));
    assert_null(find(fixture->results, "a", "n=2", "ns_per_op"));
}

static void describe_cell(const struct cell *cell, const struct row *blank, struct results *results)
{
    (void)cell;
    struct row row = *blank;
    row.metric = "frame_bytes";
    row.unit = "bytes";
    results_add_exact(results, row, 8);
}

/* What is timed of a group is described, and counted, too. */
static void test_filter_describes_the_baseline(void **state)
{
    struct fixture *fixture = *state;
    struct cell cells[] = {CELL("a", "n=1", true, 0), CELL("b", "n=1", false, 0), CELL("c", "n=1", false, 0),
                           CELL("a", "n=2", true, 0)};
    for (size_t i = 0; i < 4; i++)
        cells[i].describe = describe_cell;
    const struct experiment experiment = {.name = "x", .cells = cells, .cell_count = 4};
    const char *filters[] = {"x/raw/c/*"};
    fixture->options.filters = filters;
    fixture->options.filter_count = 1;
    runner_describe(&experiment, &fixture->options, fixture->results);
    assert_int_equal(results_count(fixture->results), 2);
    assert_non_null(find(fixture->results, "a", "n=1", "frame_bytes"));
    assert_non_null(find(fixture->results, "c", "n=1", "frame_bytes"));
    assert_true(runner_includes(&experiment, &cells[0], &fixture->options));
    assert_false(runner_includes(&experiment, &cells[1], &fixture->options));
    assert_false(runner_includes(&experiment, &cells[3], &fixture->options));
}

static void test_less_work_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    const struct cell cells[] = {CELL("a", "-", true, 0), CELL("b", "-", false, .missing = 1)};
    assert_int_equal(run(fixture, cells, 2), -EPROTO);
    assert_null(find(fixture->results, "b", "-", "ns_per_op"));
}

static void test_other_work_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    const struct cell cells[] = {CELL("a", "-", true, 0), CELL("b", "-", false, .checksum = 1)};
    assert_int_equal(run(fixture, cells, 2), -EPROTO);
}

/* Cells of different groups need not agree. */
static void test_groups_are_apart(void **state)
{
    struct fixture *fixture = *state;
    const struct cell cells[] = {CELL("a", "n=1", true, 0), CELL("a", "n=2", true, .checksum = 1)};
    assert_int_equal(run(fixture, cells, 2), 0);
}

static void test_unsupported_cell_is_skipped(void **state)
{
    struct fixture *fixture = *state;
    const struct cell cells[] = {CELL("a", "-", true, 0), CELL("b", "-", false, .open_status = -ENOTSUP)};
    assert_int_equal(run(fixture, cells, 2), 0);
    assert_int_equal(results_skipped_count(fixture->results), 1);
    assert_string_equal(results_skipped(fixture->results, 0)->what, "x/raw/b/-");
    assert_non_null(find(fixture->results, "a", "-", "ns_per_op"));

    const struct cell broken[] = {CELL("a", "-", true, .open_status = -EMFILE)};
    assert_int_equal(run(fixture, broken, 1), -EMFILE);
}

/* The cell signals once, in its first run, and the run ends after it. Last, for the signal stays noted. */
static void test_signal_ends_the_run(void **state)
{
    struct fixture *fixture = *state;
    const struct cell cells[] = {CELL("a", "-", true, .signals = true), CELL("b", "-", false, 0)};
    interrupt_install();
    assert_int_equal(run(fixture, cells, 2), -EINTR);
    assert_int_equal(journal.count, 1);
    assert_int_equal(results_count(fixture->results), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_calibration, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reopening, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reopening_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_displacement, setup, teardown),
        cmocka_unit_test(test_seed_decides),
        cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ratios_of_cpu_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_allocations_are_of_operations, setup, teardown),
        cmocka_unit_test_setup_teardown(test_smoke_times_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_filter_brings_the_baseline, setup, teardown),
        cmocka_unit_test_setup_teardown(test_filter_describes_the_baseline, setup, teardown),
        cmocka_unit_test_setup_teardown(test_less_work_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_work_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(test_groups_are_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unsupported_cell_is_skipped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_signal_ends_the_run, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
