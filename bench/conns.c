/* conns: the memory of 1000 to 50,000 concurrent connections, a chain of four nested levels each.
 *
 * Every level's locals are drawn, 64 bytes to 3840, so that frames are of many sizes. Memory is taken when all
 * connections are open for the first time, after ten rounds in each of which about half of them end and as many others
 * are opened, when all chains have ended, and when no connection is left. At the end every connection is woken by a
 * message, whose bytes are checked.
 *
 *   stream=memory   a read waits until it is told: no descriptor
 *   stream=socket   socket pairs on the reactor, as many as a process may have descriptors; the peers' ends are in
 *                   another process
 *   objects=kept    the application keeps small objects, allocated between the frames, that outlive connections: what
 *                   holes frames leave between them is the worst that malloc meets in a server
 *   frames=fixed    locals of 64 bytes and no churn: what an idle connection takes, to the byte, by what it is made of
 *
 * Each run is a process of its own. What an arena would take cannot be told: it takes no frame back.
 */
#include "bench/conns/run.h"
#include "bench/progress.h"
#include "bench/statistics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t sizes[] = {1000, 10000, 50000};
enum { SIZES = sizeof sizes / sizeof *sizes, SMOKE_SIZE = 100, ALLOCATORS_MOST = 3 };

/* ---- Which ---- */

static const struct conns_library libraries[] = {
    {"glibc", NULL, NULL},
    {"glibc-arena-1", NULL, "MALLOC_ARENA_MAX=1"},
    {"glibc-trim-0", NULL, "MALLOC_TRIM_THRESHOLD_=0"},
    {"mimalloc", "libmimalloc.so.2", NULL},
    {"jemalloc", "libjemalloc.so.2", NULL},
    {"tcmalloc", "libtcmalloc_minimal.so.4", NULL},
};
enum { LIBRARIES = sizeof libraries / sizeof *libraries };

/* The pair that the published figure is about. */
static bool is_claim(const struct conns_cell *cell)
{
    const struct conns_plan *plan = &cell->plan;
    return plan->form == &conns_task && !plan->sockets && !plan->fixed && cell->library == libraries;
}

static unsigned rounds_of(const struct conns_cell *cell, const struct run_options *options)
{
    enum { TWO = 2, FEW = 3 };
    if (cell->plan.fixed || options->smoke || cell->library != libraries)
        return 1;
    if (options->full)
        return is_claim(cell) ? CONNS_ROUNDS_MOST : FEW;
    if (!is_claim(cell))
        return 1;
    bool largest = cell->plan.connections == sizes[SIZES - 1];
    return !cell->plan.objects ? FEW : largest ? TWO : 1; /* the longest runs are those with objects */
}

/* Whether the mode wants it: quick mode leaves out what takes long and says little. */
static bool in_mode(const struct conns_cell *cell, const struct run_options *options)
{
    const struct conns_plan *plan = &cell->plan;
    bool plain = strcmp(plan->allocator->name, "malloc") == 0, pool = strcmp(plan->allocator->name, "pool") == 0;
    bool floor = plan->form == &conns_floor, task = plan->form == &conns_task, one_block = !plan->form->frames;
    bool cxx = plan->form == &conns_cxx_task, pipeline = plan->form == &conns_pipeline;
    bool largest = plan->connections == sizes[SIZES - 1], middle = plan->connections == sizes[SIZES - 2];
    if ((!plain && floor) || (pool && (one_block || largest || cxx)) || (plan->form->fixed && !plan->fixed))
        return false;
    if (plan->fixed)
        return cell->library == libraries && (!largest || (options->full && (task || cxx)));
    if (cell->library != libraries)
        return task && !plan->sockets && plan->objects && !options->smoke &&
               (options->full ? largest : middle && plain && cell->library->file);
    if (plan->objects)
        return !plan->sockets && (options->full || (task && (plain || !middle)));
    if (options->full || options->smoke)
        return true;
    if (plan->sockets)
        return !largest && (!middle || task || (pipeline && plain));
    return !largest || plain || task;
}

static void add_cell(struct conns_cells *cells, struct conns_cell cell, const struct run_options *options)
{
    const struct conns_plan *plan = &cell.plan;
    char name[256];
    snprintf(cell.variant, sizeof cell.variant,
             "stream=%s,connections=%zu,frames=%s,objects=%s,allocator=%s,library=%s",
             plan->sockets ? "socket" : "memory", plan->connections, plan->fixed ? "fixed" : "mixed",
             plan->objects ? "kept" : "none", plan->allocator->name, cell.library->name);
    snprintf(name, sizeof name, "conns/%s/%s/%s", plan->form->model, plan->form->mechanism, cell.variant);
    if (!in_mode(&cell, options) || !name_selected(name, options))
        return;
    cell.rounds = rounds_of(&cell, options);
    cells->items[cells->count++] = cell;
}

/* All forms, allocators and mallocs for connections of one kind. */
static void add_kind(struct conns_cells *cells, struct conns_plan plan, const struct run_options *options)
{
    const char *names[ALLOCATORS_MOST] = {"malloc", "recycling", options->full ? "pool" : NULL};
    if (options->allocator) {
        names[1] = strcmp(options->allocator->name, "malloc") == 0 ? NULL : options->allocator->name;
        names[2] = NULL;
    }
    for (size_t library = 0; library < LIBRARIES; library++)
        for (const struct conns_form *const *form = conns_forms; *form; form++)
            for (size_t i = 0; i < ALLOCATORS_MOST; i++) {
                if (!names[i] || strcmp(names[i], "arena") == 0)
                    continue;
                plan.form = *form;
                plan.allocator = frame_allocator_kind_named(names[i]);
                add_cell(cells, (struct conns_cell){.plan = plan, .library = &libraries[library]}, options);
            }
}

int conns_choose(struct conns_cells *cells, const struct run_options *options)
{
    enum { FORMS = 5, KINDS = 3 * SIZES + 2 };
    cells->items = calloc(FORMS * ALLOCATORS_MOST * LIBRARIES * KINDS, sizeof *cells->items);
    cells->count = 0;
    if (!cells->items)
        return -ENOMEM;
    struct conns_plan plan = {.seed = options->seed, .backend = options->backend};
    /* The largest first, so that they do not come last, when one of them is all that runs. */
    for (size_t i = options->smoke ? 1 : SIZES; i-- > 0;) {
        plan.connections = options->smoke ? SMOKE_SIZE : sizes[i];
        for (unsigned kind = 0; kind < 3; kind++) {
            plan.sockets = kind == 2;
            plan.objects = kind == 0;
            add_kind(cells, plan, options);
        }
    }
    plan.sockets = plan.objects = false;
    plan.fixed = true;
    plan.connections = options->smoke ? SMOKE_SIZE : sizes[0];
    add_kind(cells, plan, options);
    plan.connections = sizes[SIZES - 1];
    add_kind(cells, plan, options);
    return 0;
}

/* ---- Rows ---- */

/* One row of the median where the rounds are enough for its interval, else one of each. */
static int add_rounds(struct results *results, struct row row, const double *values, const double *base,
                      unsigned rounds, uint64_t seed)
{
    char variant[224];
    const char *whole = row.variant;
    for (unsigned round = 0; rounds < CONNS_ROUNDS_MOST && round < rounds; round++) {
        snprintf(variant, sizeof variant, "%s,round=%u", whole, round + 1);
        row.variant = variant;
        results_add_exact(results, row, base ? values[round] / base[round] : values[round]);
    }
    if (rounds < CONNS_ROUNDS_MOST)
        return 0;
    struct interval interval;
    struct blocks blocks = {rounds, 1};
    int status = base ? bootstrap_ratio(values, base, blocks, seed, &interval)
                      : bootstrap_median(values, blocks, seed, &interval);
    row.value = interval.value;
    row.low = interval.low;
    row.high = interval.high;
    row.samples = rounds;
    if (!status)
        results_add(results, &row);
    return status;
}

/* The same cell with malloc; null: it did not run. */
static const struct conns_cell *malloc_of(const struct conns_cells *cells, const struct conns_cell *cell)
{
    for (size_t i = 0; i < cells->count; i++) {
        const struct conns_cell *other = &cells->items[i];
        struct conns_plan plan = other->plan;
        if (strcmp(plan.allocator->name, "malloc") != 0 || other == cell)
            continue;
        plan.allocator = cell->plan.allocator;
        if (plan.form == cell->plan.form && plan.sockets == cell->plan.sockets && plan.objects == cell->plan.objects &&
            plan.fixed == cell->plan.fixed && plan.connections == cell->plan.connections &&
            other->library == cell->library)
            return other->skipped ? NULL : other;
    }
    return NULL;
}

static int add_resident(const struct conns_cells *cells, const struct conns_cell *cell, enum conns_moment moment,
                        struct row row, uint64_t seed, struct results *results)
{
    double rss[CONNS_ROUNDS_MOST], base[CONNS_ROUNDS_MOST];
    const struct conns_cell *plain = malloc_of(cells, cell);
    bool positive = plain != NULL && moment <= CONNS_rest;
    row.metric = "rss_bytes_per_connection";
    row.unit = "B";
    for (unsigned round = 0; round < cell->rounds; round++) {
        double connections = (double)cell->plan.connections;
        if (cell->footprints[round][moment].rss == RSS_UNKNOWN) {
            results_add_missing(results, &row, "the system has no /proc/self/smaps_rollup to tell resident memory");
            return 0;
        }
        rss[round] = (double)cell->footprints[round][moment].rss / connections;
        base[round] = plain ? (double)plain->footprints[round][moment].rss / connections : 0;
        positive = positive && rss[round] > 0 && base[round] > 0;
    }
    int status = add_rounds(results, row, rss, NULL, cell->rounds, seed);
    row.metric = "ratio_to_malloc";
    row.unit = "ratio";
    return status || !positive ? status : add_rounds(results, row, rss, base, cell->rounds, seed);
}

/* What malloc and the connections themselves account for: the same in every run from this seed. */
static void add_accounts(const struct conns_cell *cell, enum conns_moment moment, struct row row,
                         struct results *results)
{
    const struct footprint *at = &cell->footprints[0][moment];
    double connections = (double)cell->plan.connections;
    bool accounted = !cell->library->file && at->held > 0;
    row.unit = "B";
    row.metric = "live_bytes_per_connection";
    results_add_exact(results, row, (double)at->live / connections);
    row.metric = "retained_bytes_per_connection";
    if (at->retained)
        results_add_exact(results, row, (double)at->retained / connections);
    row.metric = "heap_bytes_per_connection";
    if (accounted)
        results_add_exact(results, row, (double)at->in_use / connections);
    row.metric = "held_bytes_per_connection";
    if (accounted)
        results_add_exact(results, row, (double)at->held / connections);
    row.metric = "held_bytes_per_live_byte";
    row.unit = "ratio";
    if (accounted && at->live)
        results_add_exact(results, row, (double)at->held / (double)at->live);
}

/* What an idle connection is made of. What is left of the heap in use is the allocators' rounding and malloc's headers.
 * Where the compiler has made the frames it also says what else is in them. */
static void add_parts(const struct conns_cell *cell, struct row row, struct results *results)
{
    const struct conns_form *form = cell->plan.form;
    const struct conns_parts *parts = &form->parts;
    const struct footprint *at = &cell->footprints[0][CONNS_fresh];
    double connections = (double)cell->plan.connections;
    bool counted = form->frames && !form->frame_bytes;
    size_t declared = parts->connection + parts->stream + parts->launch + parts->promises + parts->operation;
    double rest = (double)at->live / connections - (double)declared - LEVELS * LOCALS_LEAST;
    const struct {
        const char *name;
        double bytes;
        bool unknown;
    } table[] = {
        {"connection", (double)parts->connection, false},
        {"stream", (double)parts->stream, false},
        {"launch", (double)parts->launch, false},
        {"promises", (double)parts->promises, false},
        {"children", (double)parts->children, counted},
        {"operation", (double)parts->operation, false},
        {"bodies", (double)parts->bodies, counted},
        {"compiler", rest, !counted},
        {"locals", LEVELS * LOCALS_LEAST, false},
        {"rounding", (double)(at->in_use - at->live) / connections, false},
    };
    bool accounted = at->held > 0;
    row.unit = "B";
    row.metric = "idle_bytes_per_connection";
    results_add_exact(results, row, (double)(accounted ? at->in_use : at->live) / connections);
    row.metric = "idle_part_bytes";
    for (size_t i = 0; i < sizeof table / sizeof *table - !accounted; i++) {
        char variant[224];
        struct row part = row;
        if (table[i].unknown)
            continue;
        snprintf(variant, sizeof variant, "%s,part=%s", row.variant, table[i].name);
        part.variant = variant;
        results_add_exact(results, part, table[i].bytes);
    }
}

int conns_add_rows(const struct conns_cells *cells, const struct run_options *options, struct results *results)
{
    int status = 0;
    for (size_t i = 0; i < cells->count && !status; i++) {
        const struct conns_cell *cell = &cells->items[i];
        const struct conns_form *form = cell->plan.form;
        struct row row = {.experiment = "conns",
                          .model = form->model,
                          .mechanism = form->mechanism,
                          .variant = cell->variant,
                          .toolchain = toolchain};
        if (cell->skipped)
            continue;
        if (cell->plan.fixed) {
            add_parts(cell, row, results);
            continue;
        }
        for (unsigned moment = 0; moment < CONNS_MOMENT_COUNT && !status; moment++) {
            char variant[192];
            snprintf(variant, sizeof variant, "%s,moment=%s", cell->variant, conns_moment_names[moment]);
            row.variant = variant;
            add_accounts(cell, moment, row, results);
            if (!options->smoke)
                status = add_resident(cells, cell, moment, row, options->seed, results);
        }
    }
    return status;
}

/* ---- The experiment ---- */

static void add_skipped(const struct conns_cells *cells, const struct experiment *experiment,
                        const struct run_options *options, struct results *results)
{
    for (size_t i = 0; i < cells->count; i++) {
        const struct conns_cell *cell = &cells->items[i];
        char name[256], reason[128];
        if (!cell->skipped)
            continue;
        snprintf(name, sizeof name, "%s/%s/%s", cell->plan.form->model, cell->plan.form->mechanism, cell->variant);
        snprintf(reason, sizeof reason, "a process may have %zu descriptors here: %s", cell->limit, cell->skipped);
        results_add_skipped(results, experiment->name, name, cell->limit ? reason : cell->skipped);
    }
    if (options->allocator && strcmp(options->allocator->name, "arena") == 0)
        results_add_skipped(results, experiment->name, "allocator=arena",
                            "an arena takes no frame back, and connections come and go");
}

static int run(const struct experiment *experiment, const struct run_options *options, struct results *results,
               struct progress *progress)
{
    struct conns_cells cells;
    int status = conns_choose(&cells, options);
    if (!status)
        status = conns_run_cells(&cells, experiment->name, progress);
    if (!status)
        status = conns_add_rows(&cells, options, results);
    if (!status)
        add_skipped(&cells, experiment, options, results);
    free(cells.items);
    return status;
}

static const struct listed listed[] = {
    {"raw", "floor", "a bare state machine, all in the connection"},
    {"awaitable", "task", "a chain of four tasks, a frame each"},
    {"sender", "pipeline", "a pipeline, its operation state in the connection"},
    {"sender", "p2300-task", "a chain of four tasks that are senders, a frame each"},
    {"cxx-awaitable", "task", "a chain of four C++20 coroutines, a frame each; with frames=fixed"},
    {NULL, NULL, NULL},
};

const struct experiment experiment_conns = {
    .name = "conns",
    .title = "memory of 1000 to 50,000 concurrent connections, by model and frame allocator, fresh and after churn",
    .published = "the discussion of P4003R1: 60 % less at 50,000",
    .operation = "connection",
    .takes_allocator = true,
    .listed = listed,
    .run = run,
};
