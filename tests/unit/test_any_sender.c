/* any_sender: what fits its buffer, what is allocated and by whom, calls through tables, and the end of the child. */
#include "common/run_loop.h"
#include "sender/any_sender.h"
#include "sender/just.h"
#include "sender/let.h"
#include "sender/repeat_until.h"
#include "sender/schedule.h"
#include "sender/sync_wait.h"
#include "sender/then.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

/* malloc that counts, and fails at the allocation with the number `fail_at`, from 1. */
struct counting_allocator {
    struct frame_allocator base;
    unsigned calls, fail_at, allocated, freed;
    size_t bytes, freed_bytes;
};

static void *counting_allocate(struct frame_allocator *allocator, size_t bytes)
{
    struct counting_allocator *self = (struct counting_allocator *)allocator;
    if (++self->calls == self->fail_at)
        return NULL;
    self->allocated++;
    self->bytes += bytes;
    return malloc(bytes);
}

static void counting_deallocate(struct frame_allocator *allocator, void *memory, size_t bytes)
{
    struct counting_allocator *self = (struct counting_allocator *)allocator;
    self->freed++;
    self->freed_bytes += bytes;
    free(memory);
}

static struct counting_allocator counting(unsigned fail_at)
{
    static const struct frame_allocator_ops ops = {
        .name = "counting", .allocate = counting_allocate, .deallocate = counting_deallocate};
    return (struct counting_allocator){.base.ops = &ops, .fail_at = fail_at};
}

static void assert_allocated(const struct counting_allocator *allocator, unsigned times)
{
    assert_int_equal(allocator->allocated, times);
    assert_int_equal(allocator->freed, times);
    assert_int_equal(allocator->bytes, allocator->freed_bytes);
}

/* The final receiver. */
struct outcome {
    struct io_env env;
    unsigned completions;
    ssize_t result; /* a value, or the negative errno of an error, or -ECANCELED: stopped */
};

typedef ssize_t final_in;
struct final_receiver {
    struct outcome *outcome;
};

static inline void outcome_is(struct outcome *outcome, ssize_t result)
{
    outcome->completions++;
    outcome->result = result;
}

SENDER_FUNCTION void final_set_value(struct final_receiver *self, ssize_t value)
{
    outcome_is(self->outcome, value);
}

SENDER_FUNCTION void final_set_error(struct final_receiver *self, int error)
{
    outcome_is(self->outcome, -error);
}

SENDER_FUNCTION void final_set_stopped(struct final_receiver *self)
{
    outcome_is(self->outcome, -ECANCELED);
}

SENDER_FUNCTION const struct io_env *final_get_env(const struct final_receiver *self)
{
    return &self->outcome->env;
}

static struct outcome outcome_with(struct counting_allocator *allocator)
{
    return (struct outcome){.env.allocator = &allocator->base};
}

/* A child whose operation state and sender value are as large as a test wants, and which completes as it is told: with
 * `result`, or, where that is `later`, when the test says so. It has a destructor. */
enum { LATER = -1000 };

struct padded_log {
    unsigned started, destroyed;
    const struct io_env *env; /* what its receiver answered */
};

#define SENDER_PADDED(N, sender_bytes, op_bytes, R)                                                                    \
    struct N##_sender {                                                                                                \
        struct padded_log *log;                                                                                        \
        ssize_t result;                                                                                                \
        unsigned char padding[(sender_bytes) - 2 * sizeof(void *)];                                                    \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct padded_log *log;                                                                                        \
        ssize_t result;                                                                                                \
        unsigned char padding[(op_bytes) - 4 * sizeof(void *)];                                                        \
    };                                                                                                                 \
    _Static_assert(sizeof(struct N##_sender) == (sender_bytes) && sizeof(struct N##_op) == (op_bytes), "sizes");       \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED };                   \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        op->receiver = receiver;                                                                                       \
        op->log = sender.log;                                                                                          \
        op->result = sender.result;                                                                                    \
        memset(op->padding, 0x5a, sizeof op->padding);                                                                 \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_end(struct N##_op *op, ssize_t result)                                                    \
    {                                                                                                                  \
        if (result >= 0)                                                                                               \
            R##_set_value(&op->receiver, result);                                                                      \
        else if (result == -ECANCELED)                                                                                 \
            R##_set_stopped(&op->receiver);                                                                            \
        else                                                                                                           \
            R##_set_error(&op->receiver, (int)-result);                                                                \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        op->log->started++;                                                                                            \
        if (op->result != LATER)                                                                                       \
            N##_end(op, op->result);                                                                                   \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_destroy(struct N##_op *op)                                                                \
    {                                                                                                                  \
        op->log->destroyed++;                                                                                          \
    }

ANY_SENDER(any_size, ssize_t)
SENDER_PADDED(exact, 24, ANY_SENDER_BYTES, any_size)
SENDER_PADDED(over, 24, ANY_SENDER_BYTES + 8, any_size)
SENDER_PADDED(long_value, 32, ANY_SENDER_BYTES, any_size)
SENDER_PADDED(long_both, 200, ANY_SENDER_BYTES + 8, any_size)
SENDER_PADDED(owning, 24, ANY_SENDER_BYTES, any_size)
ANY_SENDER_OF(exact, any_size)
ANY_SENDER_OF(over, any_size)
ANY_SENDER_OF(long_value, any_size)
ANY_SENDER_OF(long_both, any_size)
ANY_SENDER_OF_OWNING(owning, any_size)

SENDER_ANY(any, any_size, ANY_SENDER_BYTES, final)
SENDER_ANY(narrow, any_size, ANY_SENDER_BYTES - 1, final)
SENDER_ANY(bare, any_size, 0, final)

#define RUN(stage, erased, outcome_)                                                                                   \
    do {                                                                                                               \
        struct stage##_op op_;                                                                                         \
        stage##_connect(&op_, (struct stage##_sender){erased}, (struct final_receiver){outcome_});                     \
        stage##_start(&op_);                                                                                           \
        assert_int_equal((outcome_)->completions, 1);                                                                  \
        stage##_destroy(&op_);                                                                                         \
        (outcome_)->completions = 0;                                                                                   \
    } while (0)

#define PADDED(child, log_, result_) PADDED_IN(child, log_, result_, NULL)
#define PADDED_IN(child, log_, result_, allocator)                                                                     \
    child##_erase((struct child##_sender){.log = (log_), .result = (result_)}, allocator)

static void the_sizes_are_those_that_the_header_states(void **state)
{
    (void)state;
    size_t words = 2 * sizeof(void *); /* table and address */
    assert_int_equal(sizeof(struct any_size_receiver), words);
    assert_int_equal(sizeof(struct any_op), sizeof(struct final_receiver) + words + ANY_SENDER_BYTES);
    assert_int_equal(ANY_SENDER_BYTES, 64);
    assert_int_equal(sizeof(struct any_size_sender), words + ANY_SENDER_VALUE_BYTES);
}

static void what_fits_allocates_nothing(void **state)
{
    (void)state;
    struct counting_allocator allocator = counting(0);
    struct outcome outcome = outcome_with(&allocator);
    struct padded_log log = {0};
    uint64_t calls = frame_allocator_counts.calls;
    for (ssize_t i = 0; i < 1000; i++) {
        RUN(any, PADDED(exact, &log, i), &outcome);
        assert_int_equal(outcome.result, i);
    }
    assert_int_equal(frame_allocator_counts.calls, calls);
    assert_allocated(&allocator, 0);
}

static void what_does_not_fit_allocates_once(void **state)
{
    (void)state;
    struct counting_allocator allocator = counting(0);
    struct outcome outcome = outcome_with(&allocator);
    struct padded_log log = {0};
    for (unsigned i = 1; i <= 1000; i++) {
        RUN(any, PADDED(over, &log, i), &outcome);
        assert_int_equal(outcome.result, i);
        assert_allocated(&allocator, i);
    }
    assert_int_equal(allocator.bytes, 1000 * (ANY_SENDER_BYTES + 8));
}

static void the_buffer_is_as_large_as_it_is_told(void **state)
{
    (void)state;
    struct counting_allocator allocator = counting(0);
    struct outcome outcome = outcome_with(&allocator);
    struct padded_log log = {0};
    RUN(narrow, PADDED(exact, &log, 1), &outcome);
    assert_allocated(&allocator, 1);
    RUN(bare, PADDED(exact, &log, 2), &outcome);
    assert_allocated(&allocator, 2);
    assert_int_equal(outcome.result, 2);
}

/* Its block is malloc's, unless an allocator is named: there is no receiver yet to be asked. */
static void a_sender_value_that_does_not_fit_is_one_allocation_with_its_operation(void **state)
{
    (void)state;
    struct counting_allocator receivers = counting(0), named = counting(0);
    struct outcome outcome = outcome_with(&receivers);
    struct padded_log log = {0};
    uint64_t calls = frame_allocator_counts.calls, frees = frame_allocator_counts.frees;
    RUN(any, PADDED(long_value, &log, 1), &outcome);
    RUN(any, PADDED(long_both, &log, 2), &outcome);
    assert_int_equal(outcome.result, 2);
    assert_int_equal(frame_allocator_counts.calls, calls + 2);
    assert_int_equal(frame_allocator_counts.frees, frees + 2);
    assert_allocated(&receivers, 0);

    RUN(any, PADDED_IN(long_value, &log, 3, &named.base), &outcome);
    assert_allocated(&named, 1);
    RUN(any, PADDED_IN(long_both, &log, 4, &named.base), &outcome);
    assert_allocated(&named, 2);
    assert_int_equal(outcome.result, 4);
    assert_allocated(&receivers, 0);
}

static void a_named_allocator_is_used_instead_of_the_receivers(void **state)
{
    (void)state;
    struct counting_allocator receivers = counting(0), named = counting(0);
    struct outcome outcome = outcome_with(&receivers);
    struct padded_log log = {0};
    RUN(any, PADDED_IN(over, &log, 1, &named.base), &outcome);
    assert_allocated(&named, 1);
    assert_allocated(&receivers, 0);
}

static void a_sender_that_is_never_connected_is_freed(void **state)
{
    (void)state;
    struct counting_allocator named = counting(0);
    struct padded_log log = {0};
    struct any_size_sender large = PADDED_IN(long_both, &log, 1, &named.base);
    struct any_size_sender moved = large;
    any_size_destroy(&moved);
    assert_allocated(&named, 1);
    struct any_size_sender small = PADDED_IN(over, &log, 1, &named.base);
    any_size_destroy(&small);
    assert_allocated(&named, 1);
    assert_int_equal(log.started, 0);
}

static void an_operation_that_is_never_started_is_freed(void **state)
{
    (void)state;
    struct counting_allocator allocator = counting(0);
    struct outcome outcome = outcome_with(&allocator);
    struct padded_log log = {0};
    struct any_op op;
    any_connect(&op, (struct any_sender){PADDED(over, &log, 1)}, (struct final_receiver){&outcome});
    assert_int_equal(allocator.allocated, 1);
    any_destroy(&op);
    any_destroy(&op);
    assert_allocated(&allocator, 1);
    assert_int_equal(outcome.completions, 0);
}

/* Each of the two large ones, and the one that only its operation state makes large. */
static void without_memory_the_receiver_gets_enomem(void **state)
{
    (void)state;
    struct counting_allocator allocator = counting(1);
    struct outcome outcome = outcome_with(&allocator);
    struct padded_log log = {0};
    RUN(any, PADDED(over, &log, 1), &outcome);
    assert_int_equal(outcome.result, -ENOMEM);
    allocator = counting(1);
    RUN(any, PADDED_IN(long_value, &log, 1, &allocator.base), &outcome);
    assert_int_equal(outcome.result, -ENOMEM);
    allocator = counting(1);
    RUN(any, PADDED_IN(long_both, &log, 1, &allocator.base), &outcome);
    assert_int_equal(outcome.result, -ENOMEM);
    assert_allocated(&allocator, 0);
    assert_int_equal(log.started, 0);
}

/* ---- An any_sender that is made where it is connected from ---- */

struct make_padded {
    struct padded_log *log;
    ssize_t result;
    struct frame_allocator *allocator;
};

static void make_padded_call(struct make_padded *self, struct any_size_sender *made)
{
    long_both_erase_into(made, (struct long_both_sender){.log = self->log, .result = self->result}, self->allocator);
}

SENDER_ANY_MADE(made, any_size, ANY_SENDER_BYTES, make_padded, final)

static void what_connect_makes_is_connected_where_it_was_made(void **state)
{
    (void)state;
    struct counting_allocator receivers = counting(0), named = counting(0);
    struct outcome outcome = outcome_with(&receivers);
    struct padded_log log = {0};
    struct made_op op;
    made_connect(&op, (struct made_sender){{&log, 6, &named.base}}, (struct final_receiver){&outcome});
    assert_int_equal(named.allocated, 1);
    made_start(&op);
    assert_int_equal(outcome.result, 6);
    assert_allocated(&named, 1);
    named = counting(1);
    made_connect(&op, (struct made_sender){{&log, 6, &named.base}}, (struct final_receiver){&outcome});
    made_start(&op);
    assert_int_equal(outcome.result, -ENOMEM);
    assert_int_equal(outcome.completions, 2);

    struct any_size_sender here;
    exact_erase_into(&here, (struct exact_sender){.log = &log, .result = 8}, NULL);
    struct any_op from;
    any_connect_from(&from, &here, (struct final_receiver){&outcome});
    any_start(&from);
    assert_int_equal(outcome.result, 8);
    assert_allocated(&receivers, 0);
}

/* ---- repeat_until(any_sender | let_value(another) | then(count)): two allocations a turn, each failing in turn ----
 */

enum { TURNS = 5 };

struct go_on {
    struct padded_log *log;
};

struct count_turns {
    unsigned *turns;
};

static bool count_turns_call(struct count_turns *self, ssize_t value)
{
    (void)value;
    return ++*self->turns == TURNS;
}

typedef struct unit looped_final_in;
struct looped_final_receiver {
    struct outcome *outcome;
};

SENDER_FUNCTION void looped_final_set_value(struct looped_final_receiver *self, struct unit value)
{
    (void)value;
    outcome_is(self->outcome, 0);
}

SENDER_FUNCTION void looped_final_set_error(struct looped_final_receiver *self, int error)
{
    outcome_is(self->outcome, -error);
}

SENDER_FUNCTION void looped_final_set_stopped(struct looped_final_receiver *self)
{
    outcome_is(self->outcome, -ECANCELED);
}

SENDER_FUNCTION const struct io_env *looped_final_get_env(const struct looped_final_receiver *self)
{
    return &self->outcome->env;
}

RECEIVER(bound, ssize_t);
RECEIVER(bound_inner, ssize_t);
RECEIVER(counted, ssize_t);
RECEIVER(looped, bool);
SENDER_ANY(first, any_size, ANY_SENDER_BYTES, bound)
SENDER_ANY(second, any_size, ANY_SENDER_BYTES, bound_inner)

static struct second_sender go_on_call(struct go_on *self, ssize_t *value)
{
    return (struct second_sender){PADDED(over, self->log, *value)};
}

SENDER_LET_VALUE(bound, first, go_on, second, counted)
SENDER_THEN(counted, bound, count_turns, looped)
SENDER_REPEAT_UNTIL_ON_ONE_THREAD(looped, counted, looped_final)

static ssize_t run_loop_of_two(struct counting_allocator *allocator, unsigned *turns, struct padded_log *log)
{
    struct outcome outcome = outcome_with(allocator);
    struct looped_op op;
    struct looped_sender sender = {
        .child = {.child = {.child = {PADDED(over, log, 1)}, .function = {log}}, .function = {turns}}};
    looped_connect(&op, sender, (struct looped_final_receiver){&outcome});
    looped_start(&op);
    assert_int_equal(outcome.completions, 1);
    return outcome.result;
}

static void every_allocation_failing_gives_enomem_and_no_leak(void **state)
{
    (void)state;
    for (unsigned fail_at = 1; fail_at <= 2 * TURNS + 1; fail_at++) {
        struct counting_allocator allocator = counting(fail_at);
        struct padded_log log = {0};
        unsigned turns = 0;
        ssize_t result = run_loop_of_two(&allocator, &turns, &log);
        assert_int_equal(result, fail_at <= 2 * TURNS ? -ENOMEM : 0);
        assert_int_equal(turns, (fail_at - 1) / 2);
        assert_int_equal(log.started, fail_at - 1);
        assert_allocated(&allocator, fail_at - 1);
    }
}

/* ---- The protocol ---- */

static void an_operation_takes_three_table_calls_and_one_for_the_environment(void **state)
{
    (void)state;
    struct counting_allocator allocator = counting(0);
    struct outcome outcome = outcome_with(&allocator);
    struct padded_log log = {0};
    probe_reset();
    RUN(any, PADDED(exact, &log, 1), &outcome);
    assert_int_equal(probe_counters[PROBE_TABLE_CALL], 3); /* connect, start, set_value */
    RUN(any, PADDED(over, &log, 1), &outcome);
    assert_int_equal(probe_counters[PROBE_TABLE_CALL], 6); /* a block is freed without one */

    struct any_op op;
    any_connect(&op, (struct any_sender){PADDED(exact, &log, LATER)}, (struct final_receiver){&outcome});
    any_start(&op);
    probe_reset();
    struct exact_op *child = op.child;
    assert_ptr_equal(any_size_get_env(&child->receiver), &outcome.env);
    assert_int_equal(probe_counters[PROBE_TABLE_CALL], 1);
    exact_end(child, 7);
    assert_int_equal(probe_counters[PROBE_TABLE_CALL], 2);
    assert_int_equal(outcome.result, 7);
}

static void value_error_and_stopped_come_through_once(void **state)
{
    (void)state;
    static const ssize_t results[] = {0, 5, -EIO, -ECANCELED};
    struct counting_allocator allocator = counting(0);
    struct outcome outcome = outcome_with(&allocator);
    struct padded_log log = {0};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        RUN(any, PADDED(exact, &log, results[i]), &outcome);
        assert_int_equal(outcome.result, results[i]);
        RUN(any, PADDED(over, &log, results[i]), &outcome);
        assert_int_equal(outcome.result, results[i]);
    }
    assert_allocated(&allocator, 4);
}

static void a_child_with_a_destructor_is_destroyed_once(void **state)
{
    (void)state;
    struct counting_allocator allocator = counting(0);
    struct outcome outcome = outcome_with(&allocator);
    struct padded_log log = {0};
    RUN(any, PADDED(owning, &log, 1), &outcome);
    assert_int_equal(log.destroyed, 1);
    RUN(narrow, PADDED(owning, &log, -EIO), &outcome);
    assert_int_equal(log.destroyed, 2);

    struct narrow_op op;
    narrow_connect(&op, (struct narrow_sender){PADDED(owning, &log, LATER)}, (struct final_receiver){&outcome});
    narrow_start(&op);
    narrow_destroy(&op);
    assert_int_equal(log.destroyed, 3);
    assert_int_equal(outcome.completions, 0);
    assert_allocated(&allocator, 2);
}

/* An any_sender may be a child of another. */
ANY_SENDER(any_outer, ssize_t)
SENDER_ANY(nested, any_size, ANY_SENDER_BYTES, any_outer)
ANY_SENDER_OF_OWNING(nested, any_outer)
SENDER_ANY(outer, any_outer, ANY_SENDER_BYTES, final)

static void an_any_sender_in_an_any_sender_allocates_for_itself(void **state)
{
    (void)state;
    struct counting_allocator allocator = counting(0);
    struct outcome outcome = outcome_with(&allocator);
    struct padded_log log = {0};
    RUN(outer, nested_erase((struct nested_sender){PADDED(exact, &log, 9)}, &allocator.base), &outcome);
    assert_int_equal(outcome.result, 9);
    assert_allocated(&allocator, 1);
    RUN(outer, nested_erase((struct nested_sender){PADDED(over, &log, 9)}, &allocator.base), &outcome);
    assert_allocated(&allocator, 3);
}

/* ---- schedule on a pool, erased: the block is freed there ---- */

ANY_SENDER(any_hop, struct unit)
SENDER_SCHEDULE(hop, thread_pool, any_hop)
ANY_SENDER_OF(hop, any_hop)
RECEIVER_SYNC_WAIT(wait_hop, struct unit)
SENDER_ANY(erased_hop, any_hop, sizeof(struct hop_op) - 1, wait_hop)
SENDER_SYNC_WAIT(wait_hop, erased_hop)

static void it_completes_on_another_thread(void **state)
{
    (void)state;
    struct run_loop loop;
    struct thread_pool pool;
    struct counting_allocator allocator = counting(0);
    struct unit value;
    const struct io_env env = {.allocator = &allocator.base};
    assert_int_equal(run_loop_init(&loop, NULL), 0);
    assert_int_equal(thread_pool_init(&pool, 2), 0);
    for (unsigned i = 1; i <= 100; i++) {
        struct erased_hop_sender sender = {hop_erase((struct hop_sender){&pool}, NULL)};
        assert_int_equal(wait_hop(&loop, &env, sender, &value), 0);
        assert_allocated(&allocator, i);
    }
    thread_pool_destroy(&pool);
    run_loop_destroy(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sizes_are_those_that_the_header_states),
        cmocka_unit_test(what_fits_allocates_nothing),
        cmocka_unit_test(what_does_not_fit_allocates_once),
        cmocka_unit_test(the_buffer_is_as_large_as_it_is_told),
        cmocka_unit_test(a_sender_value_that_does_not_fit_is_one_allocation_with_its_operation),
        cmocka_unit_test(a_named_allocator_is_used_instead_of_the_receivers),
        cmocka_unit_test(a_sender_that_is_never_connected_is_freed),
        cmocka_unit_test(an_operation_that_is_never_started_is_freed),
        cmocka_unit_test(without_memory_the_receiver_gets_enomem),
        cmocka_unit_test(what_connect_makes_is_connected_where_it_was_made),
        cmocka_unit_test(every_allocation_failing_gives_enomem_and_no_leak),
        cmocka_unit_test(an_operation_takes_three_table_calls_and_one_for_the_environment),
        cmocka_unit_test(value_error_and_stopped_come_through_once),
        cmocka_unit_test(a_child_with_a_destructor_is_destroyed_once),
        cmocka_unit_test(an_any_sender_in_an_any_sender_allocates_for_itself),
        cmocka_unit_test(it_completes_on_another_thread),
    };
    return cmocka_run_group_tests_name("any_sender", tests, NULL, NULL);
}
