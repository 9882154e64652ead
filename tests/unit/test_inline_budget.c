/* The inline budget by itself; tests/scenario/inline_budget.c has what the loops do with it. */
#include "common/inline_budget.h"
#include "tests/unit/unit.h"

/* How many are let through until one has to be posted. */
static unsigned run_length(struct inline_budget *budget)
{
    unsigned taken = 0;
    while (inline_budget_take(budget))
        taken++;
    return taken;
}

static void a_null_budget_is_unlimited(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        assert_true(inline_budget_take(NULL));
    inline_budget_refill(NULL);
}

static void a_fixed_budget_posts_once_per_k_inline_completions(void **state)
{
    (void)state;
    for (unsigned k = 0; k <= 64; k++) {
        struct inline_budget budget = inline_budget_fixed(k);
        for (unsigned i = 0; i < 5; i++)
            assert_int_equal(run_length(&budget), k);
    }
}

static void an_operation_that_waits_starts_a_fixed_budget_anew(void **state)
{
    (void)state;
    struct inline_budget budget = inline_budget_fixed(3);
    for (unsigned used = 0; used <= 3; used++) {
        for (unsigned i = 0; i < used; i++)
            assert_true(inline_budget_take(&budget));
        inline_budget_refill(&budget);
        assert_int_equal(run_length(&budget), 3);
    }
}

static void an_adaptive_budget_doubles_from_2_to_16(void **state)
{
    (void)state;
    struct inline_budget budget = inline_budget_adaptive();
    const unsigned expected[] = {2, 4, 8, 16, 16, 16};
    for (unsigned i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(run_length(&budget), expected[i]);
}

static void an_adaptive_budget_falls_back_to_2_when_part_of_it_was_used(void **state)
{
    (void)state;
    struct inline_budget budget = inline_budget_adaptive();
    for (unsigned i = 0; i < 5; i++)
        run_length(&budget);
    assert_true(inline_budget_take(&budget));
    inline_budget_refill(&budget);
    assert_int_equal(run_length(&budget), 2);
    assert_int_equal(run_length(&budget), 4);
}

/* An operation that waits says nothing about a budget that nobody has used. */
static void an_adaptive_budget_stays_when_none_of_it_was_used(void **state)
{
    (void)state;
    struct inline_budget budget = inline_budget_adaptive();
    run_length(&budget);
    inline_budget_refill(&budget);
    inline_budget_refill(&budget);
    assert_int_equal(run_length(&budget), 4);
}

static void an_adaptive_budget_that_was_just_used_up_grows_when_the_next_operation_waits(void **state)
{
    (void)state;
    struct inline_budget budget = inline_budget_adaptive();
    assert_true(inline_budget_take(&budget));
    assert_true(inline_budget_take(&budget));
    inline_budget_refill(&budget);
    assert_int_equal(run_length(&budget), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_null_budget_is_unlimited),
        cmocka_unit_test(a_fixed_budget_posts_once_per_k_inline_completions),
        cmocka_unit_test(an_operation_that_waits_starts_a_fixed_budget_anew),
        cmocka_unit_test(an_adaptive_budget_doubles_from_2_to_16),
        cmocka_unit_test(an_adaptive_budget_falls_back_to_2_when_part_of_it_was_used),
        cmocka_unit_test(an_adaptive_budget_stays_when_none_of_it_was_used),
        cmocka_unit_test(an_adaptive_budget_that_was_just_used_up_grows_when_the_next_operation_waits),
    };
    return cmocka_run_group_tests_name("inline budget", tests, NULL, NULL);
}
