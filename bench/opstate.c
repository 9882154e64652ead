/* opstate: what building an operation costs: the sizes of what is built, and the instructions, bytes written and time
 * of building it, running it and completing.
 *
 * One operation of most groups takes a value through `depth` functions, each stateless or with eight bytes of its own,
 * and completes at once: as calls (the floor), by a sender that is connected and started, by a coroutine that awaits
 * (bench/opstate/then.c, let_value.c). The other groups have the operations that begin such a pipeline, or join
 * several: when_all, schedule, read_some. Operation state and coroutine frame both lie in memory that outlives the
 * operation, and whether a store to it is needed is for the optimiser to find out, in every form alike.
 *
 * The models cxx-awaitable and cxx-sender are the same made by a C++ compiler (bench/cxx/opstate.h).
 */
#include "bench/cxx/opstate.h"
#include "bench/cell.h"
#include "bench/cxx/cells.h"
#include "bench/opstate/sizes.h"
#include "bench/opstate/sources.h"
#include "bench/opstate/when_all.h"
#include "common/run_loop.h"
#include "common/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE_BYTES = 4096 };

struct opened {
    const struct form *form;
    struct opstate state;
    struct run_loop loop;
    struct memory_stream stream;
    unsigned char source[SOURCE_BYTES];
};

static int opstate_open(const struct cell *cell, const struct run_options *options, void **state)
{
    (void)options;
    struct opened *self = calloc(1, sizeof *self);
    void *operation = calloc(1, OPERATION_BYTES);
    int status = self && operation ? run_loop_init(&self->loop, NULL) : -ENOMEM;
    if (status) {
        free(self);
        free(operation);
        return status;
    }
    for (size_t i = 0; i < SOURCE_BYTES; i++)
        self->source[i] = (unsigned char)(mix(i, 2) >> 56);
    memory_stream_init(&self->stream, self->source, SOURCE_BYTES, UINT64_MAX, sizeof self->state.got, NULL, 0);
    self->form = cell->parameters;
    self->state.operation = operation;
    self->state.loop = &self->loop;
    self->state.stream = &self->stream.stream;
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
    self->stream.read_at = 0;
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
    run_loop_destroy(&self->loop);
    free(self->state.operation);
    free(self);
    recycling_frame_allocator_release();
}

static void add_bytes(struct row row, const char *metric, size_t bytes, struct results *results)
{
    row.metric = metric;
    row.unit = "B";
    results_add_exact(results, row, (double)bytes);
}

static void opstate_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    const struct opstate_sizes *sizes = &((const struct form *)cell->parameters)->sizes;
    if (sizes->op_state) {
        add_bytes(*blank, "op_state_bytes", sizes->op_state, results);
        add_bytes(*blank, "op_state_align_bytes", sizes->align, results);
    }
    if (sizes->block)
        add_bytes(*blank, "op_state_block_bytes", sizes->block, results);
    if (sizes->environment)
        add_bytes(*blank, "op_state_environment_bytes", sizes->environment, results);
    if (sizes->awaitable) {
        add_bytes(*blank, "awaitable_bytes", sizes->awaitable, results);
        add_bytes(*blank, "awaitable_align_bytes", sizes->align, results);
    }
    if (sizes->frame)
        add_bytes(*blank, "frame_bytes", sizes->frame, results);
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
    form.sizes.frame = each.calls ? each.bytes / each.calls : once.bytes;
    struct cell measured = *cell;
    measured.parameters = &form;
    opstate_describe(&measured, blank, results);
}
#endif

#define STATE_S0 "0"
#define STATE_S8 "8"
#define DEPTH_VARIANT(depth, F) "depth=" #depth ",state=" STATE_##F
#define CELL(model_, mechanism_, form_, variant_, modes_, baseline_, describe_)                                        \
    {                                                                                                                  \
        .model = model_,                                                                                               \
        .mechanism = mechanism_,                                                                                       \
        .variant = variant_,                                                                                           \
        .modes = modes_,                                                                                               \
        .baseline = baseline_,                                                                                         \
        .counted = true,                                                                                               \
        .written = true,                                                                                               \
        .parameters = &form_,                                                                                          \
        .open = opstate_open,                                                                                          \
        .run = opstate_run,                                                                                            \
        .close = opstate_close,                                                                                        \
        .describe = describe_,                                                                                         \
    },
#define FLOOR(form, variant, modes) CELL("raw", "floor", form, variant, modes, true, opstate_describe)
#define SENDER(mechanism, form, variant, modes) CELL("sender", mechanism, form, variant, modes, false, opstate_describe)
#define AWAITABLE(mechanism, form, variant, modes)                                                                     \
    CELL("awaitable", mechanism, form, variant, modes, false, opstate_describe)
#if defined ABREAST_CXX_UNAVAILABLE
#define CXX_SENDER(mechanism, form, variant, modes)                                                                    \
    CXX_UNAVAILABLE("cxx-sender", mechanism, variant, "op_state_bytes", "B")
#define CXX_AWAITABLE(mechanism, form, variant, modes)                                                                 \
    CXX_UNAVAILABLE("cxx-awaitable", mechanism, variant, "frame_bytes", "B")
#else
#define CXX_SENDER(mechanism, form, variant, modes)                                                                    \
    CELL("cxx-sender", mechanism, form, variant, modes, false, cxx_describe)
#define CXX_AWAITABLE(mechanism, form, variant, modes)                                                                 \
    CELL("cxx-awaitable", mechanism, form, variant, modes, false, cxx_describe)
#endif

/* clang-format off */
#define GROUP(depth, F, modes)                                                                        \
    FLOOR(then_floor_##depth##_##F, DEPTH_VARIANT(depth, F), modes)                                   \
    SENDER("pipeline", then_pipeline_##depth##_##F, DEPTH_VARIANT(depth, F), modes)                   \
    AWAITABLE("ready", then_ready_##depth##_##F, DEPTH_VARIANT(depth, F), modes)                      \
    AWAITABLE("ready-known", then_known_##depth##_##F, DEPTH_VARIANT(depth, F), modes)
#define NESTED_GROUP(depth, F, modes)                                                                 \
    SENDER("pipeline-as-written", then_written_##depth##_##F, DEPTH_VARIANT(depth, F), modes)         \
    SENDER("let-value", let_pipeline_##depth##_##F, DEPTH_VARIANT(depth, F), modes)                   \
    SENDER("let-value-as-written", let_written_##depth##_##F, DEPTH_VARIANT(depth, F), modes)         \
    AWAITABLE("ready-each", let_ready_##depth##_##F, DEPTH_VARIANT(depth, F), modes)                  \
    AWAITABLE("ready-each-known", let_known_##depth##_##F, DEPTH_VARIANT(depth, F), modes)            \
    AWAITABLE("task-in-task", then_nested_##depth##_##F, DEPTH_VARIANT(depth, F), modes)

#define CXX_GROUP(depth, F, modes)                                                                    \
    CXX_SENDER("pipeline", cxx_then_pipeline_##depth##_##F, DEPTH_VARIANT(depth, F), modes)           \
    CXX_AWAITABLE("ready", cxx_then_ready_##depth##_##F, DEPTH_VARIANT(depth, F), modes)
#define CXX_LET_GROUP(depth, F, modes)                                                                \
    CXX_SENDER("let-value", cxx_let_pipeline_##depth##_##F, DEPTH_VARIANT(depth, F), modes)           \
    CXX_AWAITABLE("ready-each", cxx_let_ready_##depth##_##F, DEPTH_VARIANT(depth, F), modes)
#define CXX_NESTED_GROUP(depth, F, modes)                                                             \
    CXX_AWAITABLE("task-in-task", cxx_then_nested_##depth##_##F, DEPTH_VARIANT(depth, F), modes)
#define CXX_WHEN_ALL_GROUP(count, modes) CXX_SENDER("as-written", cxx_when_all_##count, CHILDREN(count), modes)

/* Only the size, where a mode does not run the cell: of every depth. The executables of cells, which have
 * ABREAST_EXPERIMENTS, do without. */
#define SIZES_OF_BOTH(X, depth) X(depth, S0, CELL_BOTH) X(depth, S8, CELL_BOTH)
#define SIZES_GROUPS(X)                                                                               \
    X(1, S0, CELL_BOTH) X(2, S0, CELL_BOTH) X(2, S8, CELL_QUICK) X(4, S0, CELL_QUICK)                 \
    X(8, S0, CELL_BOTH) X(8, S8, CELL_QUICK) X(16, S0, CELL_BOTH)                                     \
    SIZES_OF_BOTH(X, 3) SIZES_OF_BOTH(X, 5) SIZES_OF_BOTH(X, 6) SIZES_OF_BOTH(X, 7)                   \
    SIZES_OF_BOTH(X, 9) SIZES_OF_BOTH(X, 10) SIZES_OF_BOTH(X, 11) SIZES_OF_BOTH(X, 12)                \
    SIZES_OF_BOTH(X, 13) SIZES_OF_BOTH(X, 14) SIZES_OF_BOTH(X, 15)
#define SIZES_CELL(mechanism_, form, variant_, modes_)                                                \
    {.model = "sender", .mechanism = mechanism_, .variant = variant_, .modes = modes_,                \
     .parameters = &form, .describe = opstate_describe},
#define SIZES(depth, F, modes)                                                                        \
    SIZES_CELL("pipeline", then_sizes_##depth##_##F, DEPTH_VARIANT(depth, F), modes)
#define LET_SIZES(depth, F, modes)                                                                    \
    SIZES_CELL("let-value", let_sizes_##depth##_##F, DEPTH_VARIANT(depth, F), modes)
#define SOURCE_SIZES(depth, F, source, name)                                                          \
    SIZES_CELL("pipeline", sizes_##source##_##depth##_##F, "source=" name "," DEPTH_VARIANT(depth, F), CELL_BOTH)
#define SOURCES_SIZES(source, name) OPSTATE_SOURCE_DEPTHS(SOURCE_SIZES, source, name)

#define CHILDREN(count) "algorithm=when-all,children=" #count
#define WHEN_ALL_GROUP(count, modes)                                                                  \
    FLOOR(when_all_floor_##count, CHILDREN(count), modes)                                             \
    SENDER("pipeline", when_all_pipeline_##count, CHILDREN(count), modes)                             \
    SENDER("as-written", when_all_as_written_##count, CHILDREN(count), modes)                         \
    SENDER("inline-known", when_all_known_##count, CHILDREN(count), modes)                            \
    SENDER("array", when_all_array_##count, CHILDREN(count), modes)                                   \
    AWAITABLE("ready", when_all_ready_##count, CHILDREN(count), modes)                                \
    AWAITABLE("task-in-task", when_all_nested_##count, CHILDREN(count), modes)

#define SCHEDULE "algorithm=schedule"
#define READ_SOME "algorithm=read-some"

static const struct cell cells[] = {
    OPSTATE_GROUPS(GROUP)
    OPSTATE_NESTED_GROUPS(NESTED_GROUP)
    OPSTATE_CXX_GROUPS(CXX_GROUP)
    OPSTATE_CXX_LET_GROUPS(CXX_LET_GROUP)
    OPSTATE_CXX_NESTED_GROUPS(CXX_NESTED_GROUP)
    OPSTATE_WHEN_ALL_GROUPS(WHEN_ALL_GROUP)
    OPSTATE_CXX_WHEN_ALL_GROUPS(CXX_WHEN_ALL_GROUP)
    FLOOR(schedule_floor, SCHEDULE, CELL_BOTH)
    SENDER("pipeline", schedule_pipeline, SCHEDULE, CELL_BOTH)
    SENDER("task-scheduler", schedule_task_scheduler, SCHEDULE, CELL_BOTH)
    AWAITABLE("transfer", schedule_transfer, SCHEDULE, CELL_BOTH)
    CXX_SENDER("pipeline", cxx_schedule_pipeline, SCHEDULE, CELL_BOTH)
    CXX_AWAITABLE("transfer", cxx_schedule_transfer, SCHEDULE, CELL_BOTH)
    FLOOR(read_some_floor, READ_SOME, CELL_BOTH)
    SENDER("pipeline", read_some_pipeline, READ_SOME, CELL_BOTH)
    SENDER("any-sender", read_some_any_sender, READ_SOME, CELL_BOTH)
    SENDER("any-sender-fits", read_some_any_sender_fits, READ_SOME, CELL_BOTH)
    SENDER("table-sender", read_some_table_sender, READ_SOME, CELL_BOTH)
    AWAITABLE("ready", read_some_ready, READ_SOME, CELL_BOTH)
    AWAITABLE("any-stream", read_some_any_stream, READ_SOME, CELL_BOTH)
    CXX_SENDER("pipeline", cxx_read_some_pipeline, READ_SOME, CELL_BOTH)
    CXX_AWAITABLE("ready", cxx_read_some_ready, READ_SOME, CELL_BOTH)
#if !defined ABREAST_EXPERIMENTS
    SIZES_GROUPS(SIZES)
    LET_SIZES(0, S0, CELL_BOTH)
    SIZES_GROUPS(LET_SIZES)
    OPSTATE_SOURCES(SOURCES_SIZES)
#endif
};
/* clang-format on */

const struct experiment experiment_opstate = {
    .name = "opstate",
    .title = "building an operation: sizes, instructions, bytes written and time of connect, start and complete, and "
             "of await",
    .published = "the discussion of P4003R1: the construction of operation states is the overhead",
    .operation = "completion",
    .ratio_metric = "ratio_to_floor",
    .rates = true,
    .cells = cells,
    .cell_count = sizeof cells / sizeof *cells,
};
