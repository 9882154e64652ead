/* mitigations: for each way out of stack growth, what an operation costs when it completes inline and when it does not,
 * and how long others wait (P2583R0 7, 7.1, 8).
 *
 * completes=inline, completes=later: a connection makes operations one after the other (bench/mitigations/job.h), which
 * all complete at once, or all from the run_loop. One operation is one completion. What resumes somebody inside a
 * noexcept function is measured twice: compiled with that function's boundary and exceptions on, as a C++ compiler has
 * it by default, and, as <mechanism>-no-boundary, with exceptions off (common/noexcept.h). The toolchain of the former
 * says exc=on. The floor and the awaitables are compiled with exceptions on as well, <mechanism>-exceptions, so that
 * there are both on both sides. The loop, the task and the launch behind a form are this executable's, exceptions off.
 *
 * starvation: beside a connection whose operations all complete inline, an innocent one on the same run_loop always has
 * work queued. One operation is one service of the innocent connection, so that ns_per_op is how long it waits for its
 * next turn; waited_completions_max is how many completions of the other passed meanwhile. The baseline is the innocent
 * connection alone on the loop. A form that never gives the loop back (starvation=unbounded) holds it until the
 * connection has no more at hand: a launch, LAUNCH_COMPLETIONS here.
 *
 * pipeline: the bytes that today's protocol and its two futures take for the same pipeline (bench/futures.h).
 */
#include "bench/cell.h"
#include "bench/futures.h"
#include "bench/mitigations/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { UNLIMITED = 0, ADAPTIVE = -1, DESCRIBED_SERVICES = 64 };

struct mitigation_parameters {
    const struct mitigation_form *form; /* null: the innocent connection is alone */
    int limit;
    enum mitigation_boundary boundary;
    const char *needs;
};

/* The connection that shares the loop with the one under measurement. */
struct innocent {
    struct work work;
    struct mitigation_job *job;
    uint64_t served, total;
    uint64_t seen, waited_max; /* completions of the other */
    uint64_t checksum;
};

struct opened {
    struct mitigation_job job;
    const struct mitigation_parameters *parameters;
    struct inline_budget budget;
    struct innocent innocent;
};

/* Nothing but the launch is in the queue, or nothing where the innocent connection is alone. */
static void prepare(struct opened *self, uint64_t total)
{
    struct mitigation_job *job = &self->job;
    int limit = self->parameters->limit;
    self->budget = limit == ADAPTIVE ? inline_budget_adaptive() : inline_budget_fixed((unsigned)limit);
    job->budget = limit == UNLIMITED ? NULL : &self->budget;
    mitigation_job_prepare(job, total);
}

static int run_until_finished(struct opened *self, struct outcome *outcome)
{
    struct frame_allocator_counts allocated;
    int status = mitigation_job_run(&self->job, &allocated);
    outcome->allocations = allocated.calls;
    outcome->allocations_fresh = allocated.fresh;
    return status;
}

static int connection_run(void *state, uint64_t operations, struct outcome *outcome)
{
    struct opened *self = state;
    prepare(self, operations);
    int status = run_until_finished(self, outcome);
    outcome->operations = self->job.made;
    outcome->checksum = self->job.checksum;
    return status;
}

/* The other connection ends at its next look at the job. */
static void serve(struct work *work)
{
    struct innocent *self = CONTAINER_OF(work, struct innocent, work);
    struct mitigation_job *job = self->job;
    uint64_t waited = job->made - self->seen;
    self->seen = job->made;
    if (waited > self->waited_max)
        self->waited_max = waited;
    self->checksum = mitigation_fold(self->checksum, ++self->served);
    if (self->served < self->total)
        run_loop_post_work(&job->loop, work);
    else if (job->form)
        job->end = job->total = job->made;
    else
        run_loop_finish(&job->loop);
}

static int starvation_run(void *state, uint64_t operations, struct outcome *outcome)
{
    struct opened *self = state;
    struct innocent *innocent = &self->innocent;
    *innocent = (struct innocent){.work = {.execute = serve}, .job = &self->job, .total = operations};
    prepare(self, UINT64_MAX);
    run_loop_post_work(&self->job.loop, &innocent->work);
    int status = run_until_finished(self, outcome);
    outcome->operations = innocent->served;
    outcome->checksum = innocent->checksum;
    outcome->allocations = outcome->allocations_fresh = 0;            /* of the other connection */
    if (!status && self->job.form && self->job.made < operations / 2) /* a launch is a turn without a completion */
        status = -EPROTO;
    return status;
}

static int mitigation_open(const struct cell *cell, const struct run_options *options, void **state)
{
    (void)options;
    const struct mitigation_parameters *parameters = cell->parameters;
    struct opened *self = calloc(1, sizeof *self);
    if (!self)
        return -ENOMEM;
    self->parameters = parameters;
    int status = mitigation_job_open(&self->job, parameters->form);
    if (status) {
        free(self);
        return status;
    }
    *state = self;
    return 0;
}

static void mitigation_close(void *state)
{
    struct opened *self = state;
    mitigation_job_close(&self->job);
    free(self);
}

/* ---- What needs no clock ---- */

static void add_word(const struct row *blank, const char *metric, const char *word, struct results *results)
{
    struct row row = *blank;
    row.metric = metric;
    row.unit = "-";
    row.text = word;
    results_add(results, &row);
}

static void connection_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    const struct mitigation_parameters *parameters = cell->parameters;
    struct row row = *blank;
    row.metric = "frame_bytes";
    row.unit = "B";
    if (parameters->form->frame_bytes)
        results_add_exact(results, row, (double)parameters->form->frame_bytes);
    const char *boundary = mitigation_boundary_words(parameters->boundary);
    if (boundary)
        add_word(blank, "noexcept_boundary", boundary, results);
    if (parameters->needs)
        add_word(blank, "needs_from_user", parameters->needs, results);
}

static void starvation_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    struct row row = *blank;
    struct outcome outcome = {0};
    void *state;
    row.metric = "waited_completions_max";
    row.unit = "count";
    int status = mitigation_open(cell, NULL, &state);
    if (!status) {
        struct opened *self = state;
        status = starvation_run(self, DESCRIBED_SERVICES, &outcome);
        if (!status)
            results_add_exact(results, row, (double)self->innocent.waited_max);
        mitigation_close(self);
    }
    if (status)
        results_add_missing(results, &row, "the cell failed");
}

static void add_future(struct row row, const char *pipeline, struct future_size size, size_t value_bytes,
                       unsigned changed, struct results *results)
{
    char variant[64];
    snprintf(variant, sizeof variant, "pipeline=%s", pipeline);
    row.variant = variant;
    row.metric = "op_state_bytes";
    row.unit = "B";
    results_add_exact(results, row, (double)size.op_state);
    row.metric = "frame_bytes";
    results_add_exact(results, row, (double)size.frame);
    row.metric = "value_bytes_through_memory_per_op";
    results_add_exact(results, row, (double)value_bytes);
    row.metric = "functions_changed_count";
    row.unit = "count";
    results_add_exact(results, row, changed);
}

/* A cell for each protocol, with rows for each pipeline of the table. */
static void future_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    for (const struct future_cost *cost = future_costs; cost->pipeline; cost++) {
        if (strcmp(cell->mechanism, "p2300") == 0)
            add_future(*blank, cost->pipeline, cost->p2300, 0, 0, results);
        else if (strcmp(cell->mechanism, "returning") == 0)
            add_future(*blank, cost->pipeline, cost->returning, 0, cost->returning_changed, results);
        else
            add_future(*blank, cost->pipeline, cost->tail, cost->tail_value_bytes, cost->tail_changed, results);
    }
}

struct unavailable_parameters {
    bool starvation;
    const char *needs;
    const char *reason;
};

static void unavailable_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    const struct unavailable_parameters *parameters = cell->parameters;
    struct row row = *blank;
    row.metric = parameters->starvation ? "waited_completions_max" : "instructions_per_op";
    row.unit = parameters->starvation ? "count" : "instructions";
    results_add_missing(results, &row, parameters->reason);
    row.metric = "ns_per_op";
    row.unit = "ns";
    results_add_missing(results, &row, parameters->reason);
    if (parameters->needs)
        add_word(blank, "needs_from_user", parameters->needs, results);
}

/* ---- The cells ---- */

#define CELL(model_, mechanism_, variant_, modes_, baseline_, exceptions_, form_, limit_, boundary_, needs_, how)      \
    {                                                                                                                  \
        .model = model_,                                                                                               \
        .mechanism = mechanism_,                                                                                       \
        .variant = variant_,                                                                                           \
        .modes = modes_,                                                                                               \
        .baseline = baseline_,                                                                                         \
        .toolchain = MITIGATION_TOOLCHAIN(exceptions_),                                                                \
        .counted = COUNTED_##how,                                                                                      \
        .parameters = &(const struct mitigation_parameters){form_, limit_, boundary_, needs_},                         \
        .open = mitigation_open,                                                                                       \
        .run = how##_run,                                                                                              \
        .close = mitigation_close,                                                                                     \
        .describe = how##_describe,                                                                                    \
    },

enum { COUNTED_connection = true, COUNTED_starvation = false };

#define FLOOR(when)                                                                                                    \
    CELL("raw", "floor", "completes=" #when, CELL_BOTH, true, false, &mitigation_floor_##when, UNLIMITED,              \
         NO_RESUMPTION, NULL, connection)
#define ALONE(waits)                                                                                                   \
    CELL("raw", "alone", "starvation=" waits, CELL_BOTH, true, false, NULL, UNLIMITED, NO_RESUMPTION, NULL, starvation)

/* What has nothing to do with the boundary, compiled with exceptions on too. */
#define WITH_EXCEPTIONS(when)                                                                                          \
    CELL("raw", "floor-exceptions", "completes=" #when, CELL_BOTH, false, true, &mitigation_boundary_floor_##when,     \
         UNLIMITED, NO_RESUMPTION, NULL, connection)                                                                   \
    CELL("awaitable", "ready-exceptions", "completes=" #when, CELL_BOTH, false, true,                                  \
         &mitigation_boundary_ready_##when, UNLIMITED, NO_RESUMPTION, NULL, connection)                                \
    CELL("awaitable", "transfer-exceptions", "completes=" #when, CELL_FULL, false, true,                               \
         &mitigation_boundary_transfer_##when, UNLIMITED, NO_RESUMPTION, NULL, connection)

#define FUTURE(mechanism_)                                                                                             \
    {                                                                                                                  \
        .model = "sender",                                                                                             \
        .mechanism = mechanism_,                                                                                       \
        .variant = "pipeline=*",                                                                                       \
        .modes = CELL_BOTH,                                                                                            \
        .describe = future_describe,                                                                                   \
    },

/* clang-format off */
static const struct cell cells[] = {
    FLOOR(inline)
    WITH_EXCEPTIONS(inline)
#define MITIGATION_LATER(...)
#define UNAVAILABLE(...)
#define MITIGATION(model, name, mechanism, modes, limit, waits, boundary, needs) \
    CELL(#model, mechanism, "completes=inline", modes, false, boundary == WITHIN, &mitigation_##name##_inline, limit, \
         boundary, needs, connection)
#include "bench/mitigations/mitigations.def"
#undef MITIGATION
    ALONE("bounded")
    ALONE("unbounded")
#define MITIGATION(model, name, mechanism, modes, limit, waits, boundary, needs) \
    CELL(#model, mechanism, "starvation=" waits, CELL_BOTH, false, boundary == WITHIN, &mitigation_##name##_inline, \
         limit, boundary, NULL, starvation)
#include "bench/mitigations/mitigations.def"
#undef MITIGATION
#undef MITIGATION_LATER
#undef UNAVAILABLE
    FLOOR(later)
    WITH_EXCEPTIONS(later)
#define MITIGATION(...)
#define MITIGATION_LATER(model, name, mechanism, limit, boundary) \
    CELL(#model, mechanism, "completes=later", CELL_BOTH, false, boundary == WITHIN, &mitigation_##name##_later, \
         limit, boundary, NULL, connection)
#define UNAVAILABLE(model_, mechanism_, variant_, starvation_, needs_, reason_)                                \
    {                                                                                                          \
        .model = #model_,                                                                                      \
        .mechanism = mechanism_,                                                                               \
        .variant = variant_,                                                                                   \
        .modes = CELL_BOTH,                                                                                    \
        .parameters =                                                                                          \
            &(const struct unavailable_parameters){.starvation = starvation_, .needs = needs_, .reason = reason_}, \
        .describe = unavailable_describe,                                                                      \
    },
#include "bench/mitigations/mitigations.def"
#undef MITIGATION
#undef MITIGATION_LATER
#undef UNAVAILABLE
    FUTURE("p2300")
    FUTURE("returning")
    FUTURE("tail")
};
/* clang-format on */

const struct experiment experiment_mitigations = {
    .name = "mitigations",
    .title = "each way out of stack growth: its cost when an operation completes inline and when not, who waits for it",
    .published = "P2583R0 7, 7.1 and 8: costs are named, not measured",
    .operation = "completion",
    .ratio_metric = "ratio_to_floor",
    .cells = cells,
    .cell_count = sizeof cells / sizeof cells[0],
};
