/* opstate: what building an operation costs, by the number of functions that it is composed of.
 *
 * One operation takes a value through `depth` functions, each stateless or with eight bytes of its own, and completes
 * at once. The sender connects and starts just | then x depth; the awaitable is awaited in a coroutine that calls the
 * functions; the floor calls them. The operation state and the coroutine's frame both lie in memory that outlives the
 * operation, and whether a store to it is needed is for the optimiser to find out, in every form alike.
 *
 * The models cxx-awaitable and cxx-sender are the same made by a C++ compiler (bench/cxx/opstate.h).
 */
#include "bench/cxx/opstate.h"
#include "bench/cell.h"
#include "bench/cxx/cells.h"
#include "bench/opstate/awaiting.h"
#include "bench/opstate/forms.h"
#include "bench/opstate/pipeline.h"

#include <stdlib.h>
#include <string.h>

#define FLOOR(depth, F)                                                                                                \
    static int floor_##depth##_##F##_run(struct opstate *state)                                                        \
    {                                                                                                                  \
        struct opstate_keys keys = state->keys;                                                                        \
        for (; state->operations; state->operations--) {                                                               \
            uint64_t value = next_input(state->value);                                                                 \
            STEPS_##depth(F, keys.of, value);                                                                          \
            state->value = value;                                                                                      \
        }                                                                                                              \
        return 0;                                                                                                      \
    }                                                                                                                  \
    static const struct form floor_##depth##_##F = {.run = floor_##depth##_##F##_run};

OPSTATE_GROUPS(FLOOR)
OPSTATE_GROUPS(PIPELINE)
OPSTATE_GROUPS(READY)
OPSTATE_GROUPS(KNOWN)
OPSTATE_NESTED_GROUPS(NESTED)

struct opened {
    const struct form *form;
    struct opstate state;
};

static int opstate_open(const struct cell *cell, const struct run_options *options, void **state)
{
    (void)options;
    struct opened *self = calloc(1, sizeof *self);
    void *operation = calloc(1, OPERATION_BYTES);
    if (!self || !operation) {
        free(self);
        free(operation);
        return -ENOMEM;
    }
    self->form = cell->parameters;
    self->state.operation = operation;
    self->state.env = (struct io_env){.executor = inline_executor(), .allocator = recycling_frame_allocator()};
    for (unsigned i = 0; i < DEPTH_MAX; i++)
        self->state.keys.of[i] = mix(i + 1, 0);
    *state = self;
    return 0;
}

static int opstate_run(void *opened, uint64_t operations, struct outcome *outcome)
{
    struct opened *self = opened;
    struct frame_allocator_counts before = frame_allocator_counts;
    self->state.value = 1;
    self->state.operations = operations;
    int status = self->form->run(&self->state);
    outcome->operations = operations - self->state.operations;
    outcome->checksum = self->state.value;
    outcome->allocations = frame_allocator_counts.calls - before.calls;
    outcome->allocations_fresh = frame_allocator_counts.fresh - before.fresh;
    return status;
}

static void opstate_close(void *opened)
{
    struct opened *self = opened;
    free(self->state.operation);
    free(self);
    recycling_frame_allocator_release();
}

static void opstate_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    const struct form *form = cell->parameters;
    struct row row = *blank;
    row.unit = "B";
    row.metric = "op_state_bytes";
    results_add_exact(results, row, (double)form->operation_bytes);
    row.metric = "frame_bytes";
    if (form->frame_bytes)
        results_add_exact(results, row, (double)form->frame_bytes);
}

#if !defined ABREAST_CXX_UNAVAILABLE
/* What a run asks the frame allocator for beside what it does once: 0 or negative errno. */
static int measure_frames(const struct cell *cell, struct frame_allocator_counts *once,
                          struct frame_allocator_counts *each)
{
    void *state;
    struct outcome outcome;
    struct frame_allocator_counts counts[3] = {{0}};
    int status = opstate_open(cell, NULL, &state);
    if (status)
        return status;
    for (unsigned i = 0; i < 3 && !status; i++) {
        counts[i] = frame_allocator_counts;
        if (i < 2)
            status = opstate_run(state, i + 1, &outcome);
    }
    opstate_close(state);
    each->calls = (counts[2].calls - counts[1].calls) - (counts[1].calls - counts[0].calls);
    each->bytes = (counts[2].bytes - counts[1].bytes) - (counts[1].bytes - counts[0].bytes);
    once->bytes = counts[1].bytes - counts[0].bytes - each->bytes;
    return status;
}

/* Of a C++ form: how large a frame is its compiler says only to operator new. */
static void cxx_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    struct form form = *(const struct form *)cell->parameters;
    struct frame_allocator_counts once, each;
    int status = measure_frames(cell, &once, &each);
    if (status) {
        struct row row = *blank;
        row.metric = "frame_bytes";
        row.unit = "B";
        results_add_missing(results, &row, strerror(-status));
        return;
    }
    form.frame_bytes = once.bytes;
    if (each.calls) {
        form.operation_bytes = each.bytes;
        form.frame_bytes = each.bytes / each.calls;
    }
    struct cell measured = *cell;
    measured.parameters = &form;
    opstate_describe(&measured, blank, results);
}
#endif

#define STATE_S0 "0"
#define STATE_S8 "8"
#define CELL(model_, mechanism_, form_, depth, F, baseline_, describe_)                                                \
    {                                                                                                                  \
        .model = model_,                                                                                               \
        .mechanism = mechanism_,                                                                                       \
        .variant = "depth=" #depth ",state=" STATE_##F,                                                                \
        .modes = CELL_BOTH,                                                                                            \
        .baseline = baseline_,                                                                                         \
        .counted = true,                                                                                               \
        .parameters = &form_##_##depth##_##F,                                                                          \
        .open = opstate_open,                                                                                          \
        .run = opstate_run,                                                                                            \
        .close = opstate_close,                                                                                        \
        .describe = describe_,                                                                                         \
    },
#if defined ABREAST_CXX_UNAVAILABLE
#define CXX_CELL(model, mechanism, form, depth, F)                                                                     \
    CXX_UNAVAILABLE(model, mechanism, "depth=" #depth ",state=" STATE_##F, "op_state_bytes", "B")
#else
#define CXX_CELL(model, mechanism, form, depth, F) CELL(model, mechanism, form, depth, F, false, cxx_describe)
#endif

/* clang-format off */
#define GROUP(depth, F)                                                                \
    CELL("raw", "floor", floor, depth, F, true, opstate_describe)                      \
    CELL("sender", "pipeline", pipeline, depth, F, false, opstate_describe)            \
    CELL("awaitable", "ready", ready, depth, F, false, opstate_describe)               \
    CELL("awaitable", "ready-known", known, depth, F, false, opstate_describe)         \
    CXX_CELL("cxx-sender", "pipeline", cxx_pipeline, depth, F)                         \
    CXX_CELL("cxx-awaitable", "ready", cxx_ready, depth, F)
#define NESTED_GROUP(depth, F)                                                         \
    CELL("awaitable", "task-in-task", nested, depth, F, false, opstate_describe)       \
    CXX_CELL("cxx-awaitable", "task-in-task", cxx_nested, depth, F)

static const struct cell cells[] = {
    OPSTATE_GROUPS(GROUP)
    OPSTATE_NESTED_GROUPS(NESTED_GROUP)
};
/* clang-format on */

const struct experiment experiment_opstate = {
    .name = "opstate",
    .title = "building an operation: bytes, instructions and time of connect, start and complete, by pipeline depth",
    .published = "the discussion of P4003R1: the construction of operation states is the overhead",
    .operation = "completion",
    .ratio_metric = "ratio_to_floor",
    .cells = cells,
    .cell_count = sizeof cells / sizeof *cells,
};
