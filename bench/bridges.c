/* bridges: what it costs that an operation and its consumer are of two protocols (P2583R0 4.1 and 4.2; P4093R0,
 * P4126R2).
 *
 * Groups: a connection makes operations one after the other (bench/mitigations/job.h), which all complete inline, or
 * all from the run_loop; one operation is one completion. Both natives stand in each group: the awaitable awaited
 * directly by a coroutine, and the sender connected directly to a receiver. An awaitable that completes later posts
 * through its io_env's executor, which is type-erased, and a sender's schedule knows its scheduler's type: so the
 * sender stands there a second time with a type-erased scheduler. The floor is the connection as a bare state machine.
 *
 *   an awaitable as a sender   connect-awaitable, -recycling, -inline-frame, callback-handle. The consumer is a
 *                              receiver that starts one operation after the other (bench/bridges/consumer.h), and the
 *                              native to compare with is the sender. <mechanism>-transfer: the operation is not ready,
 *                              but suspends, and its await_suspend returns the handle of its caller.
 *   a sender as an awaitable   sender-awaitable, handshake-*, ready-flag-*, inline-known, member: forms
 *                              of `mitigations`. The consumer is a coroutine, and the native to compare
 *                              with is the awaitable.
 *
 * What resumes somebody inside a noexcept function is measured with that function's boundary, exceptions on, and as
 * <mechanism>-no-boundary, exceptions off (common/noexcept.h). The toolchain of the former says exc=on, and the natives
 * and the floor stand there compiled so too, <mechanism>-exceptions: each bridge is compared with the native that has
 * exceptions on where it has. The loop, the task and the launch behind a form are this executable's, exceptions off.
 *
 * A launch makes launch_completions_count completions: in a coroutine that awaits senders as written, with the boundary
 * and inline, they nest that deep.
 *
 * Bytes are those of one operation: its operation state, or what the coroutine's frame keeps of it while it waits, and
 * the frame that the bridge adds. The frame of the coroutine that awaits is the consumer's, and is not counted; nor is
 * its allocation, one a launch. Stack is measured of runs without a limit, and, as consumer=nested, with a receiver
 * that starts the next operation inside the completion of the one before.
 *
 * atomics_per_op are the atomic read-modify-writes of an operation, counted by callgrind: an exchange, or an addition
 * with the lock prefix; a plain load or store is none. awaits=task: a task that awaits a fresh task for each operation,
 * once with an await_suspend that returns the handle, and once as cppcoro does it where there is no symmetric transfer
 * (the first variants of both in the experiment `finals`), counted but not timed.
 *
 * calls=dispatch: one operation is one dispatch through executor_ref on the executor's own context, and nothing else.
 */
#include "bench/bridges/bridge.h"
#include "bench/cell.h"
#include "bench/stack/mechanism.h"
#include "common/stack_meter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { STACK_LENGTH = 500, STACK_BYTES = 16 << 20 };

struct bridge_parameters {
    const struct bridge_form *bridge;
    const struct mitigation_form *form; /* where `bridge` is null */
    enum mitigation_boundary boundary;
};

static struct bridge_form form_of(const struct cell *cell)
{
    const struct bridge_parameters *parameters = cell->parameters;
    if (parameters->bridge)
        return *parameters->bridge;
    return (struct bridge_form){.form = parameters->form, .op_state_bytes = parameters->form->operation_bytes};
}

static int run(struct mitigation_job *job, uint64_t operations, struct frame_allocator_counts *allocated)
{
    mitigation_job_prepare(job, operations);
    return mitigation_job_run(job, allocated);
}

/* How many launches that takes: each makes one frame for the coroutine that awaits, if there is one. */
static uint64_t frames_of_consumer(const struct mitigation_job *job, uint64_t operations)
{
    return job->form->frame_bytes ? (operations + job->launch_completions - 1) / job->launch_completions : 0;
}

static int bridge_run(void *state, uint64_t operations, struct outcome *outcome)
{
    struct mitigation_job *job = state;
    struct frame_allocator_counts allocated;
    int status = run(job, operations, &allocated);
    uint64_t consumer = frames_of_consumer(job, operations);
    if (!status && allocated.calls < consumer)
        status = -ENOTRECOVERABLE;
    outcome->operations = job->made;
    outcome->checksum = job->checksum;
    outcome->allocations = allocated.calls - consumer;
    outcome->allocations_fresh = allocated.fresh;
    return status;
}

static void bridge_close(void *state)
{
    mitigation_job_close(state);
    free(state);
}

/* One operation is made before any that counts, so that the consumer's frame is recycled from then on. */
static int bridge_open(const struct cell *cell, const struct run_options *options, void **state)
{
    (void)options;
    struct frame_allocator_counts allocated;
    struct mitigation_job *job = malloc(sizeof *job);
    int status = job ? mitigation_job_open(job, form_of(cell).form) : -ENOMEM;
    if (status) {
        free(job);
        return status;
    }
    status = run(job, 1, &allocated);
    if (status)
        bridge_close(job);
    else
        *state = job;
    return status;
}

/* ---- What needs no clock ---- */

static int run_on_stack(void *context, uint64_t completions)
{
    struct frame_allocator_counts allocated;
    struct mitigation_job *job = context;
    int status = run(job, completions, &allocated);
    return status ? status : job->made == completions ? 0 : -EILSEQ;
}

static int measure_stack(const struct mitigation_form *form, struct stack_profile *profile)
{
    struct stack_meter meter;
    struct mitigation_job job;
    struct stack_work work = {.run = run_on_stack, .context = &job};
    int status = stack_meter_open(&meter, STACK_BYTES);
    if (status)
        return status;
    status = mitigation_job_open(&job, form);
    if (!status) {
        job.launch_completions = UINT64_MAX;
        status = stack_profile(&meter, &work, STACK_LENGTH, 0, profile);
        mitigation_job_close(&job);
    }
    stack_meter_close(&meter);
    return status;
}

static void add_stack(struct row row, const struct mitigation_form *form, struct results *results)
{
    struct stack_profile profile;
    const char *reason = stack_meter_unavailable();
    int status = reason ? 0 : measure_stack(form, &profile);
    row.metric = "stack_bytes_per_completion";
    row.unit = "B";
    if (reason || status)
        results_add_missing(results, &row, reason ? reason : strerror(-status));
    else
        results_add_exact(results, row, profile.bytes_per_completion);
}

static void bridge_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    const struct bridge_parameters *parameters = cell->parameters;
    struct bridge_form form = form_of(cell);
    struct row row = *blank;
    row.unit = "B";
    row.metric = "op_state_bytes";
    results_add_exact(results, row, (double)form.op_state_bytes);
    row.metric = "frame_bytes";
    results_add_exact(results, row, (double)form.frame_bytes);
    row.metric = "bridge_bytes";
    results_add_exact(results, row, (double)(form.op_state_bytes + (form.inside ? 0 : form.frame_bytes)));
    if (cell->baseline) {
        row.metric = "launch_completions_count";
        row.unit = "count";
        results_add_exact(results, row, LAUNCH_COMPLETIONS);
    }
    row.text = mitigation_boundary_words(parameters->boundary);
    if (row.text) {
        row.metric = "noexcept_boundary";
        row.unit = "-";
        results_add(results, &row);
    }
    add_stack(*blank, form.form, results);
    if (form.nested) {
        char variant[64];
        snprintf(variant, sizeof variant, "%s,consumer=nested", blank->variant);
        row = *blank;
        row.variant = variant;
        add_stack(row, form.nested, results);
    }
}

/* ---- A task that awaits a task, which needs no bridge: what its await_suspend costs by what it returns ---- */

extern const struct stack_variant cppcoro_variants[], cppcoro_fallback_variants[];

static int parameters_open(const struct cell *cell, const struct run_options *options, void **state)
{
    (void)options;
    *state = (void *)cell->parameters;
    return 0;
}

static int task_run(void *state, uint64_t operations, struct outcome *outcome)
{
    const struct stack_variant *variant = state;
    struct stack_job job = {.completions = operations};
    int status = variant->run(&job);
    outcome->operations = job.made;
    outcome->checksum = job.checksum;
    return status;
}

/* ---- The executor, through which an awaitable's continuation is resumed ---- */

static int dispatches_run(void *state, uint64_t operations, struct outcome *outcome)
{
    outcome->operations = operations;
    return dispatch_run(*(const enum dispatch_by *)state, operations, &outcome->checksum);
}

/* ---- The cells ---- */

#define CELL(model_, mechanism_, when, modes_, baseline_, exceptions_, native_, ...)                                   \
    {                                                                                                                  \
        .model = model_,                                                                                               \
        .mechanism = mechanism_,                                                                                       \
        .variant = "completes=" when,                                                                                  \
        .modes = modes_,                                                                                               \
        .baseline = baseline_,                                                                                         \
        .toolchain = MITIGATION_TOOLCHAIN(exceptions_),                                                                \
        .counted = true,                                                                                               \
        .native = native_,                                                                                             \
        .parameters = &(const struct bridge_parameters){__VA_ARGS__},                                                  \
        .open = bridge_open,                                                                                           \
        .run = bridge_run,                                                                                             \
        .close = bridge_close,                                                                                         \
        .describe = bridge_describe,                                                                                   \
    },

/* What needs no bridge, exceptions off and on. */
#define FLOOR(when)                                                                                                    \
    CELL("raw", "floor", #when, CELL_BOTH, true, false, NULL, .form = &mitigation_floor_##when)                        \
    CELL("raw", "floor-exceptions", #when, CELL_BOTH, false, true, NULL, .form = &mitigation_boundary_floor_##when)
#define AWAITED(mechanism, when, modes, name)                                                                          \
    CELL("awaitable", mechanism, when, modes, false, false, NULL, .form = &mitigation_##name)                          \
    CELL("awaitable", mechanism "-exceptions", when, modes, false, true, NULL, .form = &mitigation_boundary_##name)
#define CONNECTED(mechanism, when, name)                                                                               \
    CELL("sender", mechanism, when, CELL_BOTH, false, false, NULL, .bridge = &bridge_##name)                           \
    CELL("sender", mechanism "-exceptions", when, CELL_BOTH, false, true, NULL, .bridge = &bridge_boundary_##name)

/* A bridge that resumes somebody inside a noexcept function: with the boundary, and without it in the second modes. The
 * member of the parameters has the forms, `forms` and a name. */
#define BRIDGED(mechanism, when, modes, modes_without, native, member, forms, name)                                    \
    CELL("sender", mechanism, when, modes, false, true, native "-exceptions", .member = &forms##_boundary_##name,      \
         .boundary = WITHIN)                                                                                           \
    CELL("sender", mechanism "-no-boundary", when, modes_without, false, false, native, .member = &forms##_##name,     \
         .boundary = WITHOUT)
#define TO_SENDER(mechanism, when, modes, modes_without, name)                                                         \
    BRIDGED(mechanism, when, modes, modes_without, "sender/native", bridge, bridge, name)
#define TO_AWAITABLE(mechanism, when, modes, modes_without, name)                                                      \
    BRIDGED(mechanism, when, modes, modes_without, "awaitable/native", form, mitigation, name)

/* One that resumes nobody there. */
#define TO_SENDER_PLAIN(mechanism, when, name)                                                                         \
    CELL("sender", mechanism, when, CELL_BOTH, false, false, "sender/native", .bridge = &bridge_##name)
#define TO_AWAITABLE_PLAIN(mechanism, when, name)                                                                      \
    CELL("sender", mechanism, when, CELL_BOTH, false, false, "awaitable/native", .form = &mitigation_##name)

/* The first variant of each: a loop that awaits a fresh task for each completion. */
#define TASK_AWAITS_TASK(mechanism_, variants)                                                                         \
    {                                                                                                                  \
        .model = "awaitable",                                                                                          \
        .mechanism = mechanism_,                                                                                       \
        .variant = "awaits=task",                                                                                      \
        .modes = CELL_BOTH,                                                                                            \
        .untimed = CELL_BOTH,                                                                                          \
        .counted = true,                                                                                               \
        .parameters = variants,                                                                                        \
        .open = parameters_open,                                                                                       \
        .run = task_run,                                                                                               \
    },

#define DISPATCHES(model_, mechanism_, baseline_, by)                                                                  \
    {                                                                                                                  \
        .model = model_,                                                                                               \
        .mechanism = mechanism_,                                                                                       \
        .variant = "calls=dispatch",                                                                                   \
        .modes = CELL_BOTH,                                                                                            \
        .baseline = baseline_,                                                                                         \
        .counted = true,                                                                                               \
        .parameters = &(const enum dispatch_by){by},                                                                   \
        .open = parameters_open,                                                                                       \
        .run = dispatches_run,                                                                                         \
    },

/* clang-format off */
static const struct cell cells[] = {
    FLOOR(inline)
    AWAITED("native", "inline", CELL_BOTH, ready_inline)
    AWAITED("native-transfer", "inline", CELL_FULL, transfer_inline)
    CONNECTED("native", "inline", direct_ready)
    TO_SENDER("connect-awaitable", "inline", CELL_BOTH, CELL_BOTH, allocated_ready)
    TO_SENDER("connect-awaitable-recycling", "inline", CELL_BOTH, CELL_FULL, allocator_ready)
    TO_SENDER("connect-awaitable-inline-frame", "inline", CELL_BOTH, CELL_FULL, inline_frame_ready)
    TO_SENDER_PLAIN("callback-handle", "inline", handle_ready)
    TO_SENDER("connect-awaitable-transfer", "inline", CELL_FULL, CELL_FULL, allocated_transfer)
    TO_SENDER("connect-awaitable-recycling-transfer", "inline", CELL_FULL, CELL_FULL, allocator_transfer)
    TO_SENDER("connect-awaitable-inline-frame-transfer", "inline", CELL_FULL, CELL_FULL, inline_frame_transfer)
    TO_SENDER("callback-handle-transfer", "inline", CELL_BOTH, CELL_FULL, handle_transfer)
    TO_AWAITABLE("sender-awaitable", "inline", CELL_BOTH, CELL_BOTH, p2300_inline)
    TO_AWAITABLE("handshake-exchange", "inline", CELL_BOTH, CELL_FULL, handshake_exchange_inline)
    TO_AWAITABLE("handshake-thread-id", "inline", CELL_BOTH, CELL_FULL, handshake_thread_id_inline)
    TO_AWAITABLE("handshake-thread-id-look-first", "inline", CELL_FULL, CELL_FULL, handshake_look_first_inline)
    TO_AWAITABLE("ready-flag-one-thread", "inline", CELL_BOTH, CELL_FULL, ready_flag_one_thread_inline)
    TO_AWAITABLE("ready-flag-exchange", "inline", CELL_BOTH, CELL_FULL, ready_flag_exchange_inline)
    TO_AWAITABLE("ready-flag-thread-id", "inline", CELL_BOTH, CELL_FULL, ready_flag_thread_id_inline)
    TO_AWAITABLE_PLAIN("inline-known", "inline", inline_known_inline)
    TO_AWAITABLE_PLAIN("member", "inline", member_inline)

    FLOOR(later)
    AWAITED("native", "later", CELL_BOTH, ready_later)
    CONNECTED("native", "later", direct_later)
    CELL("sender", "native-type-erased", "later", CELL_BOTH, false, false, NULL, .bridge = &bridge_direct_erased_later)
    TO_SENDER("connect-awaitable", "later", CELL_BOTH, CELL_BOTH, allocated_later)
    TO_SENDER("connect-awaitable-recycling", "later", CELL_BOTH, CELL_FULL, allocator_later)
    TO_SENDER("connect-awaitable-inline-frame", "later", CELL_BOTH, CELL_FULL, inline_frame_later)
    TO_SENDER("callback-handle", "later", CELL_BOTH, CELL_FULL, handle_later)
    TO_AWAITABLE("sender-awaitable", "later", CELL_BOTH, CELL_BOTH, p2300_later)
    TO_AWAITABLE("handshake-exchange", "later", CELL_BOTH, CELL_FULL, handshake_exchange_later)
    TO_AWAITABLE("handshake-thread-id", "later", CELL_BOTH, CELL_FULL, handshake_thread_id_later)
    TO_AWAITABLE("handshake-thread-id-look-first", "later", CELL_FULL, CELL_FULL, handshake_look_first_later)
    TO_AWAITABLE("ready-flag-one-thread", "later", CELL_BOTH, CELL_FULL, ready_flag_one_thread_later)
    TO_AWAITABLE("ready-flag-exchange", "later", CELL_BOTH, CELL_FULL, ready_flag_exchange_later)
    TO_AWAITABLE("ready-flag-thread-id", "later", CELL_BOTH, CELL_FULL, ready_flag_thread_id_later)
    TO_AWAITABLE_PLAIN("member", "later", member_later)

    TASK_AWAITS_TASK("cppcoro", cppcoro_variants)
    TASK_AWAITS_TASK("cppcoro-fallback", cppcoro_fallback_variants)

    DISPATCHES("raw", "floor", true, DISPATCH_DIRECT)
    DISPATCHES("awaitable", "executor-ref-inline", false, DISPATCH_INLINE)
    DISPATCHES("awaitable", "executor-ref-run-loop", false, DISPATCH_RUN_LOOP)
};
/* clang-format on */

const struct experiment experiment_bridges = {
    .name = "bridges",
    .title = "an awaitable as a sender, a sender as an awaitable: bytes, allocations, stack and time of each bridge",
    .published = "P2583R0 4.1 and 4.2; P4093R0, P4126R2",
    .operation = "completion",
    .ratio_metric = "ratio_to_floor",
    .counts_atomics = true,
    .cells = cells,
    .cell_count = sizeof cells / sizeof cells[0],
};
