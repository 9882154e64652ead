/* fanout: where senders are at home: graphs of operations that run at the same time, composed statically, against the
 * same graphs of coroutines and of awaitables.
 *
 * join     when_all of `width` children, which complete inline, from the run_loop (later), or on a pool of two threads
 * race     a read against a timeout, which is a read too, as of a timerfd: the loser is cancelled, and waited for
 * cancel   when_all of `width` reads of which one fails and the others wait for ever: those are cancelled
 * graph    two stages on a pool of two threads: two works at the same time, and when both are done a third
 *
 * One operation is one join, or race, or graph. The floor is the same by counters, with neither protocol.
 * op_state_bytes are those of a join in the coroutine or beside the receiver that waits for it, frame_bytes those of
 * all coroutine frames that a join has of its own, and graph_bytes_per_op both together; what makes one join after the
 * other is not counted. stop_latency_completions is how many reads complete after the one that failed until the join
 * does. ratio_to_native is against the static sender graph of the group: when-all as stdexec has it, where it can be
 * with children in an array beyond eight; when-any; static-graph. The model cxx-sender is the join of children that
 * complete inline, with when_all as P2300R10 writes it, by a C++ compiler (bench/cxx/fanout.cpp).
 */
#include "bench/cxx/cells.h"
#include "bench/fanout/job.h"
#include "bench/fanout/widths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum shape { JOIN, RACE, CANCEL, GRAPH };

struct fanout_parameters {
    const struct fanout_form *form;
    unsigned width;
    bool pool;
    enum shape shape;
    unsigned winner; /* of a race: which of the two streams gives */
};

struct opened {
    struct fanout_job job; /* first: tests find it there */
    struct thread_pool pool;
    pthread_barrier_t barrier; /* of the pool's threads */
    struct frame_allocator_counts counts;
};

void fanout_end(struct fanout_job *job, int status)
{
    if (status)
        job->status = status;
    run_loop_finish(&job->loop);
}

static void launch(struct work *work)
{
    struct fanout_job *job = CONTAINER_OF(work, struct fanout_job, launch);
    int status = job->form->launch(job);
    if (status)
        fanout_end(job, status);
}

/* ---- What the allocators did, on every thread ---- */

struct counting {
    struct work work;
    struct opened *opened;
};

static void add_counts(struct frame_allocator_counts *sum)
{
    sum->calls += frame_allocator_counts.calls;
    sum->fresh += frame_allocator_counts.fresh;
    sum->frees += frame_allocator_counts.frees;
}

/* On every thread of the pool, for none goes on before all have come. */
static void count_thread(struct work *work)
{
    struct opened *self = CONTAINER_OF(work, struct counting, work)->opened;
    pthread_barrier_wait(&self->barrier);
    pthread_mutex_lock(&self->pool.mutex);
    add_counts(&self->counts);
    pthread_mutex_unlock(&self->pool.mutex);
    pthread_barrier_wait(&self->barrier);
}

static struct frame_allocator_counts count_threads(struct opened *self)
{
    self->counts = (struct frame_allocator_counts){0};
    add_counts(&self->counts);
    if (self->job.pool) {
        struct counting counting[FANOUT_POOL_THREADS];
        for (unsigned i = 0; i < FANOUT_POOL_THREADS; i++) {
            counting[i] = (struct counting){.work.execute = count_thread, .opened = self};
            thread_pool_post_work(&self->pool, &counting[i].work);
        }
        pthread_barrier_wait(&self->barrier);
        pthread_barrier_wait(&self->barrier);
    }
    return self->counts;
}

/* ---- Running ---- */

static int fanout_run(void *state, uint64_t operations, struct outcome *outcome)
{
    struct opened *self = state;
    struct fanout_job *job = &self->job;
    struct frame_allocator_counts before = count_threads(self);
    job->made = job->checksum = job->bytes = 0;
    job->total = operations;
    job->status = 0;
    job->counts = (struct fanout_stream_counts){0};
    job->launch.execute = launch;
    run_loop_post_work(&job->loop, &job->launch);
    int status = run_loop_run(&job->loop);
    struct frame_allocator_counts after = count_threads(self);
    *outcome = (struct outcome){
        .operations = job->made,
        .bytes = job->bytes,
        .checksum = job->checksum,
        .allocations = after.calls - before.calls,
        .allocations_fresh = after.fresh - before.fresh,
    };
    if (!status && !job->status && after.frees - before.frees != outcome->allocations)
        status = -ENOTRECOVERABLE;
    return status ? status : job->status;
}

static void fanout_close(void *state)
{
    struct opened *self = state;
    if (self->job.pool) {
        thread_pool_destroy(&self->pool);
        pthread_barrier_destroy(&self->barrier);
    }
    run_loop_destroy(&self->job.loop);
    recycling_frame_allocator_release();
    free(self->job.storage);
    free(self->job.streams);
    free(self->job.buffers);
    free(self);
}

static int start_pool(struct opened *self)
{
    int status = -pthread_barrier_init(&self->barrier, NULL, FANOUT_POOL_THREADS + 1);
    if (status)
        return status;
    status = thread_pool_init(&self->pool, FANOUT_POOL_THREADS);
    if (status)
        pthread_barrier_destroy(&self->barrier);
    else
        self->job.pool = &self->pool;
    return status;
}

static enum fanout_stream_kind stream_kind(const struct fanout_parameters *parameters, unsigned stream)
{
    if (parameters->shape == CANCEL)
        return stream == 0 ? STREAM_FAILS : STREAM_SILENT;
    return stream == parameters->winner ? STREAM_GIVES : STREAM_SILENT;
}

static int fanout_open(const struct cell *cell, const struct run_options *options, void **state)
{
    (void)options;
    const struct fanout_parameters *parameters = cell->parameters;
    const struct fanout_form *form = parameters->form;
    struct opened *self = calloc(1, sizeof *self);
    if (!self)
        return -ENOMEM;
    struct fanout_job *job = &self->job;
    job->form = form;
    job->width = parameters->width;
    int status = run_loop_init(&job->loop, NULL);
    if (status) {
        free(self);
        return status;
    }
    job->storage = calloc(1, form->storage_bytes + parameters->width * form->storage_bytes_each);
    job->streams = calloc(parameters->width, sizeof *job->streams);
    job->buffers = calloc(parameters->width, sizeof *job->buffers);
    status = job->storage && job->streams && job->buffers ? 0 : -ENOMEM;
    if (!status && parameters->pool)
        status = start_pool(self);
    if (status) {
        fanout_close(self);
        return status;
    }
    for (unsigned i = 0; i < parameters->width; i++)
        fanout_stream_init(&job->streams[i], stream_kind(parameters, i), &job->loop, &job->counts);
    job->env.executor = job->pool ? thread_pool_executor(job->pool) : run_loop_executor(&job->loop);
    job->env.allocator = recycling_frame_allocator();
    *state = self;
    return 0;
}

/* ---- What needs no clock ---- */

static void add(const struct row *blank, const char *metric, const char *unit, double value, struct results *results)
{
    struct row row = *blank;
    row.metric = metric;
    row.unit = unit;
    results_add_exact(results, row, value);
}

static void describe_latency(const struct cell *cell, const struct row *blank, struct results *results)
{
    enum { JOINS = 64 };
    struct row row = *blank;
    struct outcome outcome;
    void *state;
    int status = fanout_open(cell, NULL, &state);
    if (!status) {
        struct opened *self = state;
        status = fanout_run(self, JOINS, &outcome);
        if (!status)
            add(blank, "stop_latency_completions", "count", (double)self->job.latency_max, results);
        fanout_close(self);
    }
    row.metric = "stop_latency_completions";
    row.unit = "count";
    if (status)
        results_add_missing(results, &row, strerror(-status));
}

static void fanout_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    const struct fanout_parameters *parameters = cell->parameters;
    const struct fanout_form *form = parameters->form;
    size_t operation = form->operation_bytes + parameters->width * form->operation_bytes_each;
    size_t frames = form->frame_bytes + parameters->width * form->frame_bytes_each;
    add(blank, "op_state_bytes", "B", (double)operation, results);
    add(blank, "frame_bytes", "B", (double)frames, results);
    add(blank, "graph_bytes_per_op", "B", (double)(operation + frames), results);
    if (parameters->shape == CANCEL)
        describe_latency(cell, blank, results);
}

/* ---- The cells ---- */

/* What a cell is in its group: the floor, the static sender graph, or compared with both. */
enum role { BASELINE, REFERENCE, OTHER };
enum { NAMED_MAX = 8 }; /* children with a name each */

#define CELL(role_, reference_, model_, mechanism_, variant_, modes_, counted_, form_, ...)                            \
    {                                                                                                                  \
        .model = model_,                                                                                               \
        .mechanism = mechanism_,                                                                                       \
        .variant = variant_,                                                                                           \
        .modes = modes_,                                                                                               \
        .baseline = (role_) == BASELINE,                                                                               \
        .native = (role_) == OTHER ? (reference_) : NULL,                                                              \
        .counted = counted_,                                                                                           \
        .parameters = &(const struct fanout_parameters){.form = &fanout_##form_, __VA_ARGS__},                         \
        .open = fanout_open,                                                                                           \
        .run = fanout_run,                                                                                             \
        .close = fanout_close,                                                                                         \
        .describe = fanout_describe,                                                                                   \
    },

#if defined ABREAST_CXX_UNAVAILABLE
#define CXX_JOIN(width)                                                                                                \
    CXX_UNAVAILABLE("cxx-sender", "when-all-as-written", "shape=join,completes=inline,width=" #width,                  \
                    "op_state_bytes", "B")
#else
extern const struct fanout_form fanout_cxx_written_2, fanout_cxx_written_8;
#define CXX_JOIN(width)                                                                                                \
    FANOUT_JOIN(OTHER, "cxx-sender", "when-all-as-written", "inline", width, CELL_BOTH, true, cxx_written_##width)
#endif

/* clang-format off */
static const struct cell cells[] = {
#define STATIC_JOIN(width) ((width) <= NAMED_MAX ? "sender/when-all" : "sender/when-all-array")
#define JOIN_CELL(role, model, mechanism, completes, width_, modes, counted, form, pool_) \
    CELL(role, STATIC_JOIN(width_), model, mechanism, "shape=join,completes=" completes ",width=" #width_, modes, \
         counted, form, .width = width_, .pool = pool_)
#define FANOUT_JOIN(role, model, mechanism, completes, width, modes, counted, form) \
    JOIN_CELL(role, model, mechanism, completes, width, modes, counted, form, false)
#define FANOUT_JOIN_ON_POOL(role, model, mechanism, width, form) \
    JOIN_CELL(role, model, mechanism, "pool", width, CELL_FULL, false, form, true)
#define FANOUT_RACE(role, model, mechanism, wins, winner_, form) \
    CELL(role, "sender/when-any", model, mechanism, "shape=race,wins=" wins, CELL_BOTH, true, form, .width = 2, \
         .shape = RACE, .winner = winner_)
#define FANOUT_CANCEL(role, model, mechanism, width_, modes, counted, form) \
    CELL(role, STATIC_JOIN(width_), model, mechanism, "shape=cancel,width=" #width_, modes, counted, form, \
         .width = width_, .shape = CANCEL)
#define FANOUT_GRAPH(role, model, mechanism, form_) \
    CELL(role, "sender/static-graph", model, mechanism, "shape=graph", CELL_FULL, false, form_, .width = 2, \
         .pool = true, .shape = GRAPH)
#include "bench/fanout/cells.def"
    CXX_JOIN(2)
    CXX_JOIN(8)
};
/* clang-format on */

const struct experiment experiment_fanout = {
    .name = "fanout",
    .title = "graphs of operations at the same time, composed statically and of coroutines: joins, races, cancellation",
    .published = "P2583R0 8 and P4255R0 4: static composition is the senders' own ground",
    .operation = "join",
    .ratio_metric = "ratio_to_floor",
    .cells = cells,
    .cell_count = sizeof cells / sizeof *cells,
};
