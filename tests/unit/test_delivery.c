/* How the frame allocator comes to a frame, what spoils the channel, and what keeps it. */
#include "bench/frames/delivery.h"
#include "common/counting_allocator.h"
#include "common/failing_allocator.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct io_env env;
static struct counting_allocator counting;

static int set_up(void **state)
{
    (void)state;
    counting_allocator_init(&counting, NULL);
    env = (struct io_env){.executor = inline_executor(), .allocator = &counting.base};
    return 0;
}

/* ---- The ways ---- */

static const struct {
    const char *name;
    const struct delivery_chain *chain;
    bool allocates;
    bool cxx;
} ways[] = {
    {"channel", &delivery_channel, true, false},
    {"argument", &delivery_argument, true, false},
    {"per_frame", &delivery_per_frame, true, false},
    {"environment", &delivery_environment, true, false},
    {"elided", &delivery_elided, false, false},
    {"sender_argument", &delivery_sender_argument, true, false},
    {"sender_environment", &delivery_sender_environment, true, false},
    {"sender_elided", &delivery_sender_elided, false, false},
};
enum { WAYS = sizeof ways / sizeof *ways };

static void every_way_brings_the_allocator_to_every_frame(void **state)
{
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        for (unsigned depth = 1; depth <= DELIVERY_DEPTH_MOST; depth++) {
            struct order order = {.frames = 3 * depth + 1, .depth = depth};
            set_up(NULL);
            ways[i].chain->launch(&order, &env);
            assert_int_equal(order.result, 0);
            assert_int_equal(order.frames, 0);
            assert_int_equal(order.sum, 3 * depth * (depth + 1) / 2 + 1);
            assert_int_equal(counting.calls, ways[i].allocates ? 3 * depth + 1 : 0);
            assert_int_equal(counting.bytes, counting.calls * ways[i].chain->frame_bytes);
            assert_int_equal(counting.frees, counting.calls);
            assert_null(get_current_frame_allocator());
        }
    }
}

static void a_pipeline_does_what_a_chain_does_and_allocates_nothing(void **state)
{
    (void)state;
    struct order order = {.frames = 3 * 4, .depth = 4}, parts = {.frames = 3 * 4 + 1, .depth = 4};
    delivery_let_value.launch(&order, &env);
    assert_int_equal(order.result, 0);
    assert_int_equal(order.frames, 0);
    assert_int_equal(order.sum, 3 * (4 + 3 + 2 + 1));
    assert_int_equal(counting.calls, 0);
    delivery_let_value.launch(&parts, &env);
    assert_int_equal(parts.result, -EINVAL);
}

static void what_is_kept_is_a_pointer_a_frame(void **state)
{
    (void)state;
    size_t kept = sizeof(struct frame_allocator *);
    assert_int_equal(delivery_argument.frame_bytes, delivery_channel.frame_bytes + kept);
    assert_int_equal(delivery_per_frame.frame_bytes, delivery_channel.frame_bytes + kept);
    assert_int_equal(delivery_environment.frame_bytes, delivery_channel.frame_bytes);
    assert_int_equal(delivery_sender_argument.frame_bytes, delivery_sender_environment.frame_bytes + kept);
}

static void a_frame_that_cannot_be_made_is_reported_and_nothing_leaks(void **state)
{
    (void)state;
    enum { DEPTH = 4 };
    for (size_t i = 0; i < WAYS; i++) {
        for (unsigned n = 1; n <= DEPTH && ways[i].allocates; n++) {
            struct failing_allocator failing;
            struct order order = {.frames = DEPTH, .depth = DEPTH};
            set_up(NULL);
            failing_allocator_init(&failing, &counting.base, n);
            env.allocator = &failing.base;
            ways[i].chain->launch(&order, &env);
            assert_int_equal(order.result, -ENOMEM);
            assert_int_equal(counting.calls, n - 1);
            assert_int_equal(counting.live, 0);
        }
    }
}

/* ---- The channel, spoiled ---- */

enum { OPERATIONS = 50 };

static const struct spoilage_protection nothing = {false, false}, safe_resume_alone = {true, false},
                                        restore_alone = {false, true}, both = {true, true};

static struct spoilage_count spoiled(enum spoilage_kind kind, struct spoilage_protection protection)
{
    struct spoilage_count count;
    struct counting_allocator own;
    counting_allocator_init(&own, NULL);
    set_current_frame_allocator(&own.base);
    assert_int_equal(spoilage_run(kind, protection, OPERATIONS, &count), 0);
    assert_ptr_equal(get_current_frame_allocator(), &own.base);
    set_current_frame_allocator(NULL);
    assert_int_equal(own.calls, 0);
    assert_int_equal(count.frames, OPERATIONS);
    return count;
}

static void unprotected_every_frame_comes_from_the_neighbours_allocator(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < SPOILAGE_KINDS; kind++) {
        struct spoilage_count count = spoiled(kind, nothing);
        assert_int_equal(count.wrong, OPERATIONS);
        assert_int_equal(count.from_neighbour, OPERATIONS);
    }
}

static void safe_resume_alone_leaves_the_channel_of_whoever_resumes(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < SPOILAGE_KINDS; kind++) {
        struct spoilage_count count = spoiled(kind, safe_resume_alone);
        assert_int_equal(count.wrong, OPERATIONS);
        assert_int_equal(count.from_neighbour, 0);
    }
}

static void restoring_after_each_await_holds_on_every_executor(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < SPOILAGE_KINDS; kind++) {
        if (kind != SPOILAGE_NESTED_RESUME)
            assert_int_equal(spoiled(kind, restore_alone).wrong, 0);
    }
}

static void restoring_does_not_help_against_a_nested_resume(void **state)
{
    (void)state;
    struct spoilage_count count = spoiled(SPOILAGE_NESTED_RESUME, restore_alone);
    assert_int_equal(count.wrong, OPERATIONS);
    assert_int_equal(count.from_neighbour, OPERATIONS);
}

static void both_together_hold_everywhere(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < SPOILAGE_KINDS; kind++) {
        struct spoilage_count count = spoiled(kind, both);
        assert_int_equal(count.wrong, 0);
        assert_int_equal(count.neighbour_wrong, 0);
    }
}

static void stolen_resumptions_are_on_the_other_thread(void **state)
{
    (void)state;
    assert_int_equal(spoiled(SPOILAGE_STEALING_THREADS, both).thread_changes, OPERATIONS - 1);
}

/* ---- A resumption ---- */

static void every_resumption_reaches_the_coroutine(void **state)
{
    (void)state;
    const struct spoilage_protection *protections[] = {&nothing, &safe_resume_alone, &restore_alone, &both};
    for (size_t i = 0; i < sizeof protections / sizeof *protections; i++) {
        struct cell cell = {.parameters = protections[i]};
        void *parked;
        struct outcome outcome;
        uint64_t frees = frame_allocator_counts.frees;
        assert_int_equal(delivery_resume_open(&cell, NULL, &parked), 0);
        assert_int_equal(delivery_resume_run(parked, 10, &outcome), 0);
        assert_int_equal(outcome.checksum, 10);
        assert_null(get_current_frame_allocator());
        delivery_resume_close(parked);
        assert_int_equal(frame_allocator_counts.frees, frees + 1);
    }
}

#define RULE(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(every_way_brings_the_allocator_to_every_frame),
        RULE(a_pipeline_does_what_a_chain_does_and_allocates_nothing),
        RULE(what_is_kept_is_a_pointer_a_frame),
        RULE(a_frame_that_cannot_be_made_is_reported_and_nothing_leaks),
        RULE(unprotected_every_frame_comes_from_the_neighbours_allocator),
        RULE(safe_resume_alone_leaves_the_channel_of_whoever_resumes),
        RULE(restoring_after_each_await_holds_on_every_executor),
        RULE(restoring_does_not_help_against_a_nested_resume),
        RULE(both_together_hold_everywhere),
        RULE(stolen_resumptions_are_on_the_other_thread),
        RULE(every_resumption_reaches_the_coroutine),
    };
    return cmocka_run_group_tests_name("delivery of frame allocators", tests, NULL, NULL);
}
