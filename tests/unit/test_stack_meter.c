/* The stack meter, on work whose use of the stack is known. Frame sizes are made by variable-length arrays, so that the
 * expected slopes do not hang on what a compiler does with ordinary frames. */
#include "common/stack_meter.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const size_t METER_BYTES = 1 << 26, PAGE = 4096;
static const uint64_t LENGTH = 1000;

/* Touches `bytes` of stack a level, to a depth of `completions` or `limit` if that is less. */
struct recursion {
    size_t bytes;
    uint64_t limit;
    uint64_t gap_bytes; /* never written to */
};

static int deeper(const struct recursion *self, uint64_t left)
{
    if (left == 0)
        return 0;
    volatile unsigned char frame[self->bytes];
    for (size_t i = 0; i < self->bytes; i++)
        frame[i] = 1;
    int status = deeper(self, left - 1);
    return frame[self->bytes - 1] == 1 ? status : -EFAULT;
}

static int recurse(void *context, uint64_t completions)
{
    const struct recursion *self = context;
    return deeper(self, completions < self->limit ? completions : self->limit);
}

static int with_gap(void *context, uint64_t completions)
{
    const struct recursion *self = context;
    volatile unsigned char gap[self->gap_bytes];
    gap[self->gap_bytes - 1] = 1;
    int status = recurse(context, completions);
    return gap[self->gap_bytes - 1] == 1 ? status : -EFAULT;
}

static int refuse(void *context, uint64_t completions)
{
    (void)context;
    return completions > 2 ? -ENOSPC : 0;
}

/* Grows only in a long run: what the last, long run of a profile is there to find. */
static int late(void *context, uint64_t completions)
{
    return completions > 100 * LENGTH ? recurse(context, 1000) : 0;
}

/* A few words more or less from length to length: what a zero in the lowest word, or another path in libc, looks like.
 */
static int unsteady(void *context, uint64_t completions)
{
    (void)context;
    struct recursion self = {.bytes = 8 + completions % 125, .limit = 1};
    return recurse(&self, 1);
}

/* Two functions a completion. */
__attribute__((noinline)) static int odd_level(uint64_t left);

__attribute__((noinline)) static int even_level(uint64_t left)
{
    volatile int status = left ? odd_level(left) : 0;
    return status;
}

__attribute__((noinline)) static int odd_level(uint64_t left)
{
    volatile int status = even_level(left - 1);
    return status;
}

static int two_levels(void *context, uint64_t completions)
{
    (void)context;
    return even_level(completions);
}

static int crash(void *context, uint64_t completions)
{
    (void)context;
    (void)completions;
    return raise(SIGSEGV);
}

static int open_meter(void **state)
{
    static struct stack_meter meter;
    *state = &meter;
    return stack_meter_open(&meter, METER_BYTES);
}

static int close_meter(void **state)
{
    stack_meter_close(*state);
    return 0;
}

static void high_water_follows_the_frame(void **state)
{
    struct recursion self = {.bytes = 8 * PAGE, .limit = UINT64_MAX};
    struct stack_work work = {recurse, &self};
    size_t none, one, again;
    assert_int_equal(stack_meter_run(*state, &work, 0, &none), 0);
    assert_int_equal(stack_meter_run(*state, &work, 1, &one), 0);
    assert_in_range(one - none, self.bytes, self.bytes + 512);
    /* Each run starts from a stack of zeros. */
    assert_int_equal(stack_meter_run(*state, &work, 0, &again), 0);
    assert_int_equal(again, none);
}

static void an_untouched_gap_is_seen_through(void **state)
{
    struct recursion self = {.bytes = PAGE, .limit = UINT64_MAX, .gap_bytes = 200 * PAGE};
    struct stack_work work = {with_gap, &self};
    size_t used;
    assert_int_equal(stack_meter_run(*state, &work, 1, &used), 0);
    assert_in_range(used, self.gap_bytes + self.bytes, self.gap_bytes + self.bytes + PAGE);
}

static void linear_growth_has_its_slope_and_overflows_where_predicted(void **state)
{
    struct recursion self = {.bytes = 512, .limit = UINT64_MAX};
    struct stack_work work = {recurse, &self};
    struct stack_profile profile;
    assert_int_equal(stack_profile(*state, &work, LENGTH, 1000000, &profile), 0);
    assert_string_equal(stack_growth_name(profile.growth), "linear");
    assert_in_range((uint64_t)profile.bytes_per_completion, 512, 512 + 256);
    assert_int_equal(profile.longest, 2 * LENGTH);

    for (size_t stack_bytes = 1 << 18; stack_bytes <= 1 << 20; stack_bytes *= 2) {
        uint64_t predicted = stack_overflow_predicted(&profile, stack_bytes), seen, from_afar;
        assert_int_equal(stack_overflow_seen(&work, stack_bytes, predicted, &seen), 0);
        assert_in_range(seen, predicted - 2, predicted + 2);
        /* What is seen does not depend on the prediction that the search starts from. */
        assert_int_equal(stack_overflow_seen(&work, stack_bytes, predicted / 2, &from_afar), 0);
        assert_int_equal(from_afar, seen);
        assert_int_equal(stack_overflow_seen(&work, stack_bytes, 2 * predicted, &from_afar), 0);
        assert_int_equal(from_afar, seen);
    }
}

static void a_bound_is_told_from_a_constant(void **state)
{
    struct recursion self = {.bytes = 512, .limit = 64};
    struct stack_work work = {recurse, &self};
    struct stack_profile profile;
    assert_int_equal(stack_profile(*state, &work, LENGTH, 50000, &profile), 0);
    assert_string_equal(stack_growth_name(profile.growth), "bounded");
    assert_true(profile.bytes_per_completion == 0);
    assert_int_equal(profile.longest, 50000);

    self.limit = 2;
    assert_int_equal(stack_profile(*state, &work, LENGTH, 0, &profile), 0);
    assert_string_equal(stack_growth_name(profile.growth), "constant");
    assert_int_equal(profile.longest, 2 * LENGTH);
}

static void a_few_words_more_are_no_growth(void **state)
{
    struct stack_work work = {unsteady, NULL};
    struct stack_profile profile;
    assert_int_equal(stack_profile(*state, &work, 100, 100000, &profile), 0);
    assert_string_equal(stack_growth_name(profile.growth), "constant");
    assert_true(profile.bytes_per_completion == 0);
}

static void late_growth_is_found(void **state)
{
    struct recursion self = {.bytes = 64, .limit = UINT64_MAX};
    struct stack_work work = {late, &self};
    struct stack_profile profile;
    assert_int_equal(stack_profile(*state, &work, LENGTH, 1000 * LENGTH, &profile), -ERANGE);
}

static void errors_are_passed_on(void **state)
{
    struct stack_work work = {refuse, NULL};
    struct stack_profile profile;
    size_t used;
    assert_int_equal(stack_meter_run(*state, &work, 2, &used), 0);
    assert_int_equal(stack_meter_run(*state, &work, 3, &used), -ENOSPC);
    assert_int_equal(stack_profile(*state, &work, LENGTH, 0, &profile), -ENOSPC);
}

static void functions_on_the_stack_are_counted(void **state)
{
    struct stack_work work = {two_levels, NULL};
    struct stack_profile profile;
    double seen = 0;
    assert_int_equal(stack_profile(*state, &work, LENGTH, 0, &profile), 0);
    assert_int_equal(profile.growth, STACK_LINEAR);
    assert_int_equal(stack_functions_seen(&work, 1 << 16, &profile, &seen), 0);
    assert_float_equal(seen, 2, 0);

    struct stack_work refuses = {refuse, NULL};
    assert_int_equal(stack_functions_seen(&refuses, 1 << 16, &profile, &seen), -ECHILD);
}

static void only_an_overflow_counts_as_one(void **state)
{
    (void)state;
    struct stack_work crashes = {crash, NULL}, refuses = {refuse, NULL};
    struct recursion self = {.bytes = 64, .limit = 2};
    struct stack_work constant = {recurse, &self};
    uint64_t seen;
    assert_int_equal(stack_overflow_seen(&crashes, 1 << 18, 100, &seen), -ECHILD);
    assert_int_equal(stack_overflow_seen(&refuses, 1 << 18, 100, &seen), -ECHILD);
    assert_int_equal(stack_overflow_seen(&constant, 1 << 18, 100, &seen), -ERANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(high_water_follows_the_frame),
        cmocka_unit_test(an_untouched_gap_is_seen_through),
        cmocka_unit_test(linear_growth_has_its_slope_and_overflows_where_predicted),
        cmocka_unit_test(a_bound_is_told_from_a_constant),
        cmocka_unit_test(a_few_words_more_are_no_growth),
        cmocka_unit_test(late_growth_is_found),
        cmocka_unit_test(errors_are_passed_on),
        cmocka_unit_test(functions_on_the_stack_are_counted),
        cmocka_unit_test(only_an_overflow_counts_as_one),
    };
    const char *reason = stack_meter_unavailable();
    if (reason) {
        print_message("skipped: %s\n", reason);
        return SKIPPED;
    }
    return cmocka_run_group_tests_name("stack_meter", tests, open_meter, close_meter);
}
