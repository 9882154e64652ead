/* grid: what a read costs by execution model, by how much of the stream's type is known, and by whether the stream's
 * protocol is the execution model's own or bridged (the published grid: cppalliance/capy, bench/, May 2026).
 *
 * One operation is one read_some of a no-op stream, which completes from a thread pool of one (stream=native, abstract,
 * type-erased) or at once (stream=synchronous); bench/grid/grid.def says what each mechanism is. The pool's thread is
 * the one that measures: it attaches itself to the pool, so that every cell is timed over the same region, from the
 * post of its first session to the end of its last, with no other thread in it.
 *
 * Both models' allocations come from the same recycling resource, unless the mechanism says otherwise.
 *
 * The models cxx-awaitable and cxx-sender are two forms of the synchronous stream made by a C++ compiler
 * (bench/cxx/grid.cpp).
 */
#include "bench/cell.h"
#include "bench/cxx/cells.h"
#include "bench/grid/job.h"

#include <errno.h>
#include <stdlib.h>

enum grid_executor { POOL, SCHEDULE, SCHEDULE_RECYCLED };

struct grid_parameters {
    const struct grid_form *form;
    const struct grid_view *view;
    enum grid_executor executor;
};

static void launch(struct work *work)
{
    struct grid_job *job = CONTAINER_OF(work, struct grid_job, launch);
    uint64_t left = job->total - job->made;
    job->end = job->made + (left < SESSION_READS ? left : SESSION_READS);
    int status = job->form->launch(job);
    if (status)
        grid_session_ended(job, status);
}

void grid_session_ended(struct grid_job *job, int status)
{
    if (status)
        job->status = status;
    if (status || job->made >= job->total)
        thread_pool_detach();
    else
        thread_pool_post_work(&job->pool, &job->launch);
}

static int grid_run(void *state, uint64_t operations, struct outcome *outcome)
{
    struct grid_job *job = state;
    struct frame_allocator_counts before = frame_allocator_counts;
    job->made = job->checksum = job->stream->reads = 0;
    job->total = operations;
    job->status = 0;
    thread_pool_post_work(&job->pool, &job->launch);
    thread_pool_attach(&job->pool);
    outcome->operations = job->made;
    outcome->bytes = job->stream->reads;
    outcome->checksum = job->checksum;
    outcome->allocations = frame_allocator_counts.calls - before.calls;
    outcome->allocations_fresh = frame_allocator_counts.fresh - before.fresh;
    if (frame_allocator_counts.frees - before.frees != outcome->allocations)
        return -ENOTRECOVERABLE;
    return job->status;
}

static void free_job(struct grid_job *job)
{
    free(job->storage);
    free(job->stream);
    free(job);
}

/* What is open of a job: all of it where status is 0, else only its memory. */
static int open_job(struct grid_job *job, const struct grid_parameters *parameters)
{
    int status = job->stream && job->storage ? thread_pool_init(&job->pool, 0) : -ENOMEM;
    if (status)
        return status;
    enum grid_executor executor = parameters->executor;
    job->stream->pool = &job->pool;
    job->scheduling = (struct grid_scheduling){&job->pool, executor == SCHEDULE ? malloc_frame_allocator()
                                                                                : recycling_frame_allocator()};
    job->env = (struct io_env){
        .executor = executor == POOL ? thread_pool_executor(&job->pool) : grid_scheduling_executor(&job->scheduling),
        .allocator = recycling_frame_allocator(),
    };
    job->trampoline = (struct trampoline)TRAMPOLINE_DEFAULTS;
    job->launch.execute = launch;
    if (job->view->wrap)
        status = job->view->wrap(job);
    if (status)
        thread_pool_destroy(&job->pool);
    return status;
}

static int grid_open(const struct cell *cell, const struct run_options *options, void **state)
{
    (void)options;
    const struct grid_parameters *parameters = cell->parameters;
    const struct grid_form *form = parameters->form;
    struct grid_job *job = calloc(1, sizeof *job);
    if (!job)
        return -ENOMEM;
    job->form = form;
    job->view = parameters->view;
    job->storage = calloc(1, form->storage_bytes ? form->storage_bytes : 1);
    job->stream = calloc(1, sizeof *job->stream);
    int status = open_job(job, parameters);
    if (status) {
        free_job(job);
        return status;
    }
    *state = job;
    return 0;
}

static void grid_close(void *state)
{
    struct grid_job *job = state;
    if (job->view->unwrap)
        job->view->unwrap(job);
    thread_pool_destroy(&job->pool);
    recycling_frame_allocator_release();
    free_job(job);
}

static void grid_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    const struct grid_form *form = ((const struct grid_parameters *)cell->parameters)->form;
    struct row row = *blank;
    row.unit = "B";
    row.metric = "op_state_bytes";
    if (form->op_state_bytes)
        results_add_exact(results, row, (double)form->op_state_bytes);
    row.metric = "frame_bytes";
    if (form->frame_bytes)
        results_add_exact(results, row, (double)form->frame_bytes);
}

/* ---- The cells ---- */

const struct grid_view grid_hidden_itself = {0};

#define GRID(stream, model, mechanism, form, view, executor, modes)                                                    \
    extern const struct grid_form grid_##form;                                                                         \
    extern const struct grid_view grid_hidden_##view;
GRID("native", "raw", "floor", floor_native, itself, , )
GRID("synchronous", "raw", "floor", floor_synchronous, itself, , )
GRID("abstract", "raw", "floor", floor_hidden, from_floor, , )
#include "bench/grid/grid.def"
#if !defined ABREAST_CXX_UNAVAILABLE
GRID("synchronous", "cxx-awaitable", "task-ready", cxx_task_ready, itself, , )
GRID("synchronous", "cxx-sender", "pipeline-direct", cxx_pipeline_direct, itself, , )
#endif
#undef GRID

#define CELL(stream, model_, mechanism_, form_, view_, executor_, modes_, baseline_)                                   \
    {                                                                                                                  \
        .model = model_,                                                                                               \
        .mechanism = mechanism_,                                                                                       \
        .variant = "stream=" stream,                                                                                   \
        .modes = modes_,                                                                                               \
        .baseline = baseline_,                                                                                         \
        .counted = true,                                                                                               \
        .parameters = &(const struct grid_parameters){&grid_##form_, &grid_hidden_##view_, executor_},                 \
        .open = grid_open,                                                                                             \
        .run = grid_run,                                                                                               \
        .close = grid_close,                                                                                           \
        .describe = grid_describe,                                                                                     \
    },

#define FLOOR(stream, form, view) CELL(stream, "raw", "floor", form, view, POOL, CELL_BOTH, true)
#define GRID(stream, model, mechanism, form, view, executor, modes)                                                    \
    CELL(stream, model, mechanism, form, view, executor, modes, false)

#if defined ABREAST_CXX_UNAVAILABLE
#define CXX(model, mechanism, form)                                                                                    \
    CXX_UNAVAILABLE(model, mechanism, "stream=synchronous", "instructions_per_op", "instructions")
#else
#define CXX(model, mechanism, form) GRID("synchronous", model, mechanism, form, itself, POOL, CELL_BOTH)
#endif

/* clang-format off */
static const struct cell cells[] = {
    FLOOR("native", floor_native, itself)
    FLOOR("abstract", floor_hidden, from_floor)
    FLOOR("type-erased", floor_hidden, from_floor)
    FLOOR("synchronous", floor_synchronous, itself)
#include "bench/grid/grid.def"
    CXX("cxx-awaitable", "task-ready", cxx_task_ready)
    CXX("cxx-sender", "pipeline-direct", cxx_pipeline_direct)
};
/* clang-format on */

const struct experiment experiment_grid = {
    .name = "grid",
    .title = "a read by execution model, by how much of the stream's type is known, native or bridged",
    .published = "Capy, May 2026: 3 execution models x 4 streams x native or bridged",
    .operation = "read",
    .ratio_metric = "ratio_to_floor",
    .cells = cells,
    .cell_count = sizeof cells / sizeof *cells,
};
