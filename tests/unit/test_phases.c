/* The forms of `phases`: each makes its reads, frees its frames, and says so where there is no memory. */
#include "bench/phases/run.h"
#include "common/probe.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Gives `left` frames, and then none. */
struct scarce {
    struct frame_allocator base;
    unsigned left, failed;
    unsigned allocated, freed;
};

static void *scarce_allocate(struct frame_allocator *base, size_t bytes)
{
    struct scarce *self = CONTAINER_OF(base, struct scarce, base);
    if (self->left == 0) {
        self->failed++;
        return NULL;
    }
    self->left--;
    self->allocated++;
    return malloc(bytes);
}

static void scarce_deallocate(struct frame_allocator *base, void *frame, size_t bytes)
{
    (void)bytes;
    CONTAINER_OF(base, struct scarce, base)->freed++;
    free(frame);
}

static const struct frame_allocator_ops scarce_ops = {
    .name = "scarce", .allocate = scarce_allocate, .deallocate = scarce_deallocate};

enum { READS = 5 };

/* Runs every form on every stream that it can read from. */
static void for_each_form(void (*check)(const struct phase_form *, enum phase_streams))
{
    for (const struct phase_form *form = phase_forms; form->model; form++)
        for (unsigned stream = STREAM_READY; stream <= STREAM_LATER; stream <<= 1)
            if (form->streams & stream)
                check(form, stream);
}

static void check_frames(const struct phase_form *form, enum phase_streams stream)
{
    struct scarce allocator = {.base = {&scarce_ops}, .left = 1000};
    int status = phase_run(form, stream, READS, &allocator.base);
    if (status || allocator.allocated != allocator.freed)
        print_message("%s %s\n", form->model, form->mechanism);
    assert_int_equal(status, 0);
    assert_int_equal(allocator.allocated, allocator.freed);
    assert_int_equal(probe_counters[PROBE_SUBMIT], stream == STREAM_LATER ? READS : 0);
}

static void makes_its_reads_and_frees_its_frames(void **state)
{
    (void)state;
    for_each_form(check_frames);
}

/* Every allocation fails in turn. */
static void check_scarce(const struct phase_form *form, enum phase_streams stream)
{
    for (unsigned left = 0;; left++) {
        struct scarce allocator = {.base = {&scarce_ops}, .left = left};
        int status = phase_run(form, stream, READS, &allocator.base);
        if (status != (allocator.failed ? -ENOMEM : 0))
            print_message("%s %s, after %u frames\n", form->model, form->mechanism, left);
        assert_int_equal(status, allocator.failed ? -ENOMEM : 0);
        assert_int_equal(allocator.allocated, allocator.freed);
        if (!allocator.failed)
            return;
    }
}

static void without_memory_ends_with_enomem(void **state)
{
    (void)state;
    for_each_form(check_scarce);
}

static void run_form(const char *model, const char *mechanism, enum phase_streams stream)
{
    for (const struct phase_form *form = phase_forms; form->model; form++)
        if (!strcmp(form->model, model) && !strcmp(form->mechanism, mechanism)) {
            assert_int_equal(phase_run(form, stream, READS, recycling_frame_allocator()), 0);
            return;
        }
    fail_msg("there is no %s %s", model, mechanism);
}

/* Whether each phase has work: what P4255R0 counts, and without the launch and the end of the run. */
static void counts_the_phases(void **state)
{
    static const struct {
        const char *model, *mechanism;
        unsigned connects, suspends, launches, starts, signals, values;
    } forms[] = {
        {"awaitable", "read-some", 0, 0, 0, 0, 0, 0},
        {"awaitable", "transfer", 0, READS, READS, 0, READS, 0},
        {"sender", "p2300", READS, READS, 0, READS, 0, READS},
        {"sender", "handshake-exchange", READS, READS, 0, READS, 0, READS},
    };
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        bool awaitable = !strcmp(forms[i].model, "awaitable"); /* whose task is launched, and signals its end */
        run_form(forms[i].model, forms[i].mechanism, STREAM_READY);
        assert_int_equal(probe_counters[PROBE_TRANSFORM], READS);
        assert_int_equal(probe_counters[PROBE_CONNECT], forms[i].connects);
        assert_int_equal(probe_counters[PROBE_READINESS], READS);
        assert_int_equal(probe_counters[PROBE_SUSPEND], forms[i].suspends);
        assert_int_equal(probe_counters[PROBE_LAUNCH], forms[i].launches + awaitable);
        assert_int_equal(probe_counters[PROBE_START], forms[i].starts);
        assert_int_equal(probe_counters[PROBE_SIGNAL], forms[i].signals + awaitable);
        assert_int_equal(probe_counters[PROBE_SET_VALUE], forms[i].values);
        assert_int_equal(probe_counters[PROBE_EXTRACT], READS);
    }
}

/* How the coroutine goes on: by a transfer, or by a call on somebody's stack. */
static void tells_a_transfer_from_a_nested_call(void **state)
{
    (void)state;
    run_form("sender", "p2300", STREAM_READY);
    assert_int_equal(probe_counters[PROBE_NESTED_RESUME], READS);
    assert_int_equal(probe_counters[PROBE_TRANSFER], 0);
    run_form("sender", "handshake-thread-id", STREAM_READY);
    assert_int_equal(probe_counters[PROBE_NESTED_RESUME], 0);
    assert_int_equal(probe_counters[PROBE_TRANSFER], READS);
    run_form("sender", "handshake-thread-id", STREAM_LATER);
    assert_int_equal(probe_counters[PROBE_NESTED_RESUME], READS);
    assert_int_equal(probe_counters[PROBE_TRANSFER], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_its_reads_and_frees_its_frames),
        cmocka_unit_test(without_memory_ends_with_enomem),
        cmocka_unit_test(counts_the_phases),
        cmocka_unit_test(tells_a_transfer_from_a_nested_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
