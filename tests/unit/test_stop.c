/* The forms of the experiment stop: that each is stopped once and leaves nothing behind, on every backend; that what
 * does not end as it should is an error; and that all forms make the same of an error. */
#include "bench/stop/stop.h"
#include "tests/unit/unit.h"

#include <string.h>

extern const struct experiment experiment_stop;

enum { READS = 300 };

/* More than one round, and one that is not full. */
static int run(const struct cell *cell, uint64_t operations, struct outcome *outcome)
{
    const struct run_options options = {.seed = 7};
    void *state;
    int status = cell->open(cell, &options, &state);
    if (status)
        return status;
    *outcome = (struct outcome){0};
    status = cell->run(state, operations, outcome);
    cell->close(state);
    return status;
}

static void test_every_form_is_stopped(void **state)
{
    (void)state;
    size_t ran = 0;
    for (size_t i = 0; i < experiment_stop.cell_count; i++) {
        const struct cell *cell = &experiment_stop.cells[i];
        struct outcome outcome;
        if (strncmp(cell->variant, "work=stop", 9) != 0)
            continue;
        int status = run(cell, READS, &outcome);
        if (status == -ENOTSUP)
            continue;
        assert_int_equal(status, 0);
        assert_int_equal(outcome.operations, READS);
        assert_true(outcome.real_ns > 0);
        ran++;
    }
    assert_true(ran >= 7 * 4);
}

static int start_no_read(struct stop_slot *slot)
{
    slot_ended(slot, -ECANCELED);
    return 0;
}

static void end_twice(struct stop_job *job)
{
    slot_ended(stop_slot_at(job, 0), -ECANCELED);
    slot_ended(stop_slot_at(job, 0), -ECANCELED);
}

static void end_with_a_value(struct stop_job *job)
{
    for (size_t i = 0; i < job->started; i++)
        slot_ended(stop_slot_at(job, i), 8);
}

static int start_nothing(struct stop_slot *slot)
{
    (void)slot;
    return 0;
}

static void test_what_ends_otherwise_is_an_error(void **state)
{
    (void)state;
    static const struct stop_form wrong[] = {
        {.slot_bytes = sizeof(struct stop_slot), .start = start_no_read},
        {.slot_bytes = sizeof(struct stop_slot), .start = start_nothing, .stop = end_twice},
        {.slot_bytes = sizeof(struct stop_slot), .start = start_nothing, .stop = end_with_a_value},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct stop_parameters parameters = {&wrong[i], 2, REACTOR_SIM};
        const struct cell cell = {.parameters = &parameters, .open = stop_open, .run = stop_run, .close = stop_close};
        struct outcome outcome;
        assert_int_equal(run(&cell, 2, &outcome), -ENOTRECOVERABLE);
    }
}

static void test_all_forms_make_the_same_of_each_end(void **state)
{
    (void)state;
    static const char *const variants[] = {"work=complete,ends=value", "work=complete,ends=error",
                                           "work=complete,ends=stopped"};
    uint64_t sums[3] = {0};
    for (size_t v = 0; v < 3; v++) {
        size_t ran = 0;
        for (size_t i = 0; i < experiment_stop.cell_count; i++) {
            const struct cell *cell = &experiment_stop.cells[i];
            struct outcome outcome;
            if (strcmp(cell->variant, variants[v]) != 0)
                continue;
            assert_int_equal(run(cell, READS, &outcome), 0);
            assert_int_equal(outcome.operations, READS);
            if (ran++ == 0)
                sums[v] = outcome.checksum;
            assert_int_equal(outcome.checksum, sums[v]);
        }
        assert_int_equal(ran, v == 0 ? 10 : 7);
    }
    assert_int_not_equal(sums[0], sums[1]);
    assert_int_not_equal(sums[1], sums[2]);
}

static void test_only_affine_on_loses_the_count(void **state)
{
    (void)state;
    ssize_t told = 0;
    assert_int_equal(stop_told_task(&told), 0);
    assert_int_equal(told, STOP_TOLD_BYTES);
    assert_int_equal(stop_told_posted(&told), 0);
    assert_int_equal(told, STOP_TOLD_BYTES);
    assert_int_equal(stop_told_affine(&told), 0);
    assert_int_equal(told, -ECANCELED);
    assert_int_equal(stop_told_affine_unstoppable(&told), 0);
    assert_int_equal(told, STOP_TOLD_BYTES);
}

static void test_batches_are_whole(void **state)
{
    (void)state;
    const struct cell one = {.batch = 0}, many = {.batch = 64};
    assert_int_equal(cell_operations(&one, 1000), 1000);
    assert_int_equal(cell_operations(&many, 1), 64);
    assert_int_equal(cell_operations(&many, 64), 64);
    assert_int_equal(cell_operations(&many, 1000), 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_is_stopped),
        cmocka_unit_test(test_what_ends_otherwise_is_an_error),
        cmocka_unit_test(test_all_forms_make_the_same_of_each_end),
        cmocka_unit_test(test_only_affine_on_loses_the_count),
        cmocka_unit_test(test_batches_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
