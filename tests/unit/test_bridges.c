/* The cells of the bridges experiment: that every form does its work and allocates what is said of it; and the bridges
 * from an awaitable to a sender in their other channels, when memory is short, and when they are destroyed unfinished.
 */
#include "bench/bridges/bridge.h"
#include "bench/cell.h"
#include "common/stack_meter.h"
#include "sender/connect_awaitable.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

extern const struct experiment experiment_bridges;

enum { OPERATIONS = 2 * LAUNCH_COMPLETIONS + 37 }; /* no multiple of what a launch makes */

/* ---- The cells ---- */

struct allocated {
    unsigned calls, fresh;
};

/* What a mechanism asks of allocators for each operation. */
static struct allocated expected_of(const char *mechanism)
{
    bool allocates = strncmp(mechanism, "connect-awaitable", strlen("connect-awaitable")) == 0;
    if (!allocates || strstr(mechanism, "-inline-frame"))
        return (struct allocated){0, 0};
    return (struct allocated){1, !strstr(mechanism, "-recycling")};
}

static void test_every_form_makes_all_completions_in_order(void **unused)
{
    (void)unused;
    struct mitigation_job expected = {0};
    for (uint64_t i = 0; i < OPERATIONS; i++)
        mitigation_job_completed(&expected, i);
    for (size_t i = 0; i < experiment_bridges.cell_count; i++) {
        const struct cell *cell = &experiment_bridges.cells[i];
        struct allocated each = expected_of(cell->mechanism);
        void *state;
        assert_int_equal(cell->open(cell, NULL, &state), 0);
        for (int again = 0; again < 2; again++) {
            struct outcome outcome = {0};
            assert_int_equal(cell->run(state, OPERATIONS, &outcome), 0);
            assert_int_equal(outcome.operations, OPERATIONS);
            assert_int_equal(outcome.checksum, expected.checksum);
            if (outcome.allocations != each.calls * OPERATIONS || outcome.allocations_fresh != each.fresh * OPERATIONS)
                fail_msg("%s %s: %lu allocations, %lu of them fresh, in %d operations", cell->mechanism, cell->variant,
                         (unsigned long)outcome.allocations, (unsigned long)outcome.allocations_fresh, OPERATIONS);
        }
        if (cell->close)
            cell->close(state);
    }
}

/* The cell with these names. */
static const struct cell *find_cell(const char *model, const char *mechanism, const char *variant)
{
    for (size_t i = 0; i < experiment_bridges.cell_count; i++) {
        const struct cell *cell = &experiment_bridges.cells[i];
        if (strcmp(cell->model, model) == 0 && strcmp(cell->mechanism, mechanism) == 0 &&
            strcmp(cell->variant, variant) == 0)
            return cell;
    }
    fail_msg("no cell %s/%s %s", model, mechanism, variant);
    return NULL;
}

static void test_every_bridge_has_a_native_compiled_as_it_is(void **unused)
{
    (void)unused;
    unsigned bridges = 0;
    for (size_t i = 0; i < experiment_bridges.cell_count; i++) {
        const struct cell *cell = &experiment_bridges.cells[i];
        char model[32];
        if (!cell->native)
            continue;
        const char *slash = strchr(cell->native, '/');
        snprintf(model, sizeof model, "%.*s", (int)(slash - cell->native), cell->native);
        const struct cell *native = find_cell(model, slash + 1, cell->variant);
        if (!cell->toolchain != !native->toolchain)
            fail_msg("%s %s and its native are not both with exceptions on", cell->mechanism, cell->variant);
        assert_true(!cell->toolchain || strstr(cell->toolchain, " exc=on "));
        bridges++;
    }
    assert_true(bridges > 20);
}

static double described(const struct cell *cell, const char *variant, const char *metric)
{
    struct results *results = results_create();
    struct row blank = {.experiment = "bridges",
                        .model = cell->model,
                        .mechanism = cell->mechanism,
                        .variant = cell->variant,
                        .toolchain = "-"};
    double value = -1;
    cell->describe(cell, &blank, results);
    for (size_t i = 0; i < results_count(results); i++) {
        const struct row *row = results_row(results, i);
        if (strcmp(row->metric, metric) == 0 && strcmp(row->variant, variant) == 0)
            value = row->value;
    }
    results_destroy(results);
    return value;
}

static double inline_bytes(const char *mechanism, const char *metric)
{
    return described(find_cell("sender", mechanism, "completes=inline"), "completes=inline", metric);
}

static void test_a_frame_is_counted_once(void **unused)
{
    (void)unused;
    assert_true(inline_bytes("connect-awaitable", "bridge_bytes") ==
                inline_bytes("connect-awaitable", "op_state_bytes") + inline_bytes("connect-awaitable", "frame_bytes"));
    assert_true(inline_bytes("connect-awaitable-inline-frame", "bridge_bytes") ==
                inline_bytes("connect-awaitable-inline-frame", "op_state_bytes"));
    assert_true(inline_bytes("connect-awaitable-inline-frame", "frame_bytes") > 0);
    assert_true(inline_bytes("callback-handle", "frame_bytes") == 0);
    assert_true(inline_bytes("callback-handle", "op_state_bytes") <
                inline_bytes("connect-awaitable-inline-frame", "op_state_bytes"));
    assert_true(inline_bytes("sender-awaitable", "op_state_bytes") > inline_bytes("member", "op_state_bytes"));
}

/* Whatever this build's flags are: a consumer that nests makes the stack grow through a function that has the boundary
 * around what it resumes, a loop never; and a coroutine that awaits a sender as written is resumed by such a function.
 */
static void test_the_boundary_lets_the_stack_grow(void **unused)
{
    (void)unused;
    const char *metric = "stack_bytes_per_completion";
    if (stack_meter_unavailable())
        skip();
    static const char *const growing[] = {"connect-awaitable", "connect-awaitable-recycling",
                                          "connect-awaitable-inline-frame", "callback-handle-transfer"};
    for (size_t i = 0; i < sizeof growing / sizeof *growing; i++) {
        const struct cell *cell = find_cell("sender", growing[i], "completes=inline");
        assert_true(described(cell, "completes=inline", metric) == 0);
        assert_true(described(cell, "completes=inline,consumer=nested", metric) >= sizeof(void *));
    }
    assert_true(inline_bytes("sender-awaitable", metric) >= sizeof(void *));
    assert_true(inline_bytes("handshake-thread-id", metric) == 0);
    assert_true(described(find_cell("sender", "connect-awaitable", "completes=later"),
                          "completes=later,consumer=nested", metric) == 0);
}

/* ---- The other channels ---- */

/* An awaitable that has `result`, at once or when its caller is resumed. */
struct given {
    ssize_t result;
    bool later;
    struct coro **caller;
};

static bool given_await_ready(struct given *self)
{
    return !self->later;
}

static struct coro *given_await_suspend(struct given *self, struct coro *caller, const struct io_env *env)
{
    (void)env;
    *self->caller = caller;
    return noop_coroutine();
}

static ssize_t given_await_resume(struct given *self)
{
    return self->result;
}

/* A receiver that keeps what it got: a value, minus an errno, or STOPPED. */
enum { NOTHING = -20000, STOPPED = -10000 };

struct end {
    struct io_env env;
    ssize_t got;
};

typedef ssize_t end_in;
struct end_receiver {
    struct end *end;
};

SENDER_FUNCTION void end_set_value(struct end_receiver *self, ssize_t value)
{
    self->end->got = value;
}

SENDER_FUNCTION void end_set_error(struct end_receiver *self, int error)
{
    self->end->got = -error;
}

SENDER_FUNCTION void end_set_stopped(struct end_receiver *self)
{
    self->end->got = STOPPED;
}

SENDER_FUNCTION const struct io_env *end_get_env(const struct end_receiver *self)
{
    return &self->end->env;
}

/* An allocator that has nothing left after `left` frames, and knows how many are out. */
struct limited {
    struct frame_allocator allocator;
    unsigned left, out;
};

static void *limited_allocate(struct frame_allocator *allocator, size_t bytes)
{
    struct limited *self = (struct limited *)allocator;
    if (!self->left)
        return NULL;
    self->left--;
    self->out++;
    return malloc(bytes);
}

static void limited_deallocate(struct frame_allocator *allocator, void *memory, size_t bytes)
{
    (void)bytes;
    ((struct limited *)allocator)->out--;
    free(memory);
}

static const struct frame_allocator_ops limited_ops = {
    .name = "limited", .allocate = limited_allocate, .deallocate = limited_deallocate};

/* Whoever has the handle may destroy it: there is nothing to free. */
#define DESTROY_HANDLE(N, handle)                                                                                      \
    SENDER_FUNCTION void N##_destroy(struct N##_op *op)                                                                \
    {                                                                                                                  \
        coro_destroy(&op->handle);                                                                                     \
    }

/* Runs one operation: to its end, or destroyed while it is suspended. */
#define RUN(N)                                                                                                         \
    static ssize_t N##_run(struct limited *allocator, struct given given, bool finish)                                 \
    {                                                                                                                  \
        struct coro *caller = NULL;                                                                                    \
        struct end end = {.env = {.executor = inline_executor(), .allocator = &allocator->allocator}, .got = NOTHING}; \
        struct N##_op op;                                                                                              \
        given.caller = &caller;                                                                                        \
        N##_connect(&op, (struct N##_sender){given}, (struct end_receiver){&end});                                     \
        N##_start(&op);                                                                                                \
        if (caller && finish)                                                                                          \
            coro_resume(caller);                                                                                       \
        N##_destroy(&op);                                                                                              \
        return end.got;                                                                                                \
    }

SENDER_CONNECT_AWAITABLE_ALLOCATOR(by_allocator, given, end)
RUN(by_allocator)
SENDER_CONNECT_AWAITABLE_INLINE_FRAME(inside, given, end)
DESTROY_HANDLE(inside, bridge.task.frame.coro)
RUN(inside)
SENDER_CONNECT_AWAITABLE_IN_PLACE(by_handle, given, end)
DESTROY_HANDLE(by_handle, caller)
RUN(by_handle)

static ssize_t (*const runs[])(struct limited *, struct given, bool) = {by_allocator_run, inside_run, by_handle_run};
enum { RUNS = sizeof runs / sizeof *runs };

static void test_every_channel_inline_and_later(void **unused)
{
    (void)unused;
    static const struct {
        ssize_t result, got;
    } expected[] = {{7, 7}, {0, 0}, {-ECONNRESET, -ECONNRESET}, {-ECANCELED, STOPPED}};
    for (unsigned i = 0; i < RUNS; i++) {
        for (unsigned e = 0; e < sizeof expected / sizeof *expected; e++) {
            for (unsigned later = 0; later < 2; later++) {
                struct limited allocator = {.allocator = {&limited_ops}, .left = 1};
                uint64_t asked = frame_allocator_counts.calls;
                struct given given = {.result = expected[e].result, .later = later};
                assert_int_equal(runs[i](&allocator, given, true), expected[e].got);
                assert_int_equal(frame_allocator_counts.calls - asked, i == 0);
                assert_int_equal(allocator.left, i == 0 ? 0 : 1);
                assert_int_equal(allocator.out, 0);
            }
        }
    }
}

static void test_destroyed_while_suspended_frees_the_frame(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < RUNS; i++) {
        struct limited allocator = {.allocator = {&limited_ops}, .left = 1};
        assert_int_equal(runs[i](&allocator, (struct given){.result = 1, .later = true}, false), NOTHING);
        assert_int_equal(allocator.out, 0);
    }
}

/* A coroutine that goes on allocates from its environment's allocator; where none goes on, nobody asked for that. */
static void test_only_a_coroutine_sets_the_frame_allocator(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < RUNS; i++) {
        struct limited allocator = {.allocator = {&limited_ops}, .left = 1};
        bool coroutine = runs[i] != by_handle_run;
        set_current_frame_allocator(NULL);
        assert_int_equal(runs[i](&allocator, (struct given){.result = 3, .later = true}, true), 3);
        assert_ptr_equal(get_current_frame_allocator(), coroutine ? &allocator.allocator : NULL);
        set_current_frame_allocator(NULL);
    }
}

/* Only a frame that is allocated can lack memory; the receiver is told, and nothing is awaited. */
static void test_without_memory(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < RUNS; i++) {
        struct limited allocator = {.allocator = {&limited_ops}};
        assert_int_equal(runs[i](&allocator, (struct given){.result = 3}, true), i == 0 ? -ENOMEM : 3);
        assert_int_equal(allocator.out, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_makes_all_completions_in_order),
        cmocka_unit_test(test_every_bridge_has_a_native_compiled_as_it_is),
        cmocka_unit_test(test_a_frame_is_counted_once),
        cmocka_unit_test(test_the_boundary_lets_the_stack_grow),
        cmocka_unit_test(test_every_channel_inline_and_later),
        cmocka_unit_test(test_destroyed_while_suspended_frees_the_frame),
        cmocka_unit_test(test_only_a_coroutine_sets_the_frame_allocator),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
