/* What the two futures cost, in exact figures; those of values are for a ssize_t of 8 bytes. */
#include "bench/futures.h"
#include "tests/unit/unit.h"

#include <string.h>

static const struct future_cost *cost_of(const char *pipeline)
{
    for (const struct future_cost *cost = future_costs; cost->pipeline; cost++)
        if (strcmp(cost->pipeline, pipeline) == 0)
            return cost;
    fail_msg("no pipeline %s", pipeline);
    return NULL;
}

static void neither_future_makes_an_operation_state_or_a_frame_larger(void **state)
{
    (void)state;
    for (const struct future_cost *cost = future_costs; cost->pipeline; cost++) {
        assert_int_equal(cost->returning.op_state, cost->p2300.op_state);
        assert_int_equal(cost->returning.frame, cost->p2300.frame);
        assert_int_equal(cost->tail.op_state, cost->p2300.op_state);
        assert_int_equal(cost->tail.frame, cost->p2300.frame);
    }
}

static void both_change_every_signature(void **state)
{
    (void)state;
    for (const struct future_cost *cost = future_costs; cost->pipeline; cost++) {
        assert_int_equal(cost->returning_changed, cost->functions);
        assert_int_equal(cost->tail_changed, cost->functions);
    }
    assert_int_equal(cost_of("just")->functions, 4);    /* start of just, three of the awaiter */
    assert_int_equal(cost_of("then-8")->functions, 36); /* four more for each then */
}

static void tail_hands_over_a_value_for_each_stage(void **state)
{
    (void)state;
    assert_int_equal(cost_of("just")->tail_value_bytes, 8);
    assert_int_equal(cost_of("then-1")->tail_value_bytes, 16);
    assert_int_equal(cost_of("then-8")->tail_value_bytes, 72);
    assert_int_equal(cost_of("with-let_value")->tail_value_bytes, 24);
    assert_int_equal(cost_of("with-when_all")->tail_value_bytes, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neither_future_makes_an_operation_state_or_a_frame_larger),
        cmocka_unit_test(both_change_every_signature),
        cmocka_unit_test(tail_hands_over_a_value_for_each_stage),
    };
    return cmocka_run_group_tests_name("futures", tests, NULL, NULL);
}
