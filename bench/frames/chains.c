#include "bench/frames/chains.h"
#include "awaitable/task.h"
#include "bench/frames/crew.h"
#include "bench/progress.h"
#include "bench/statistics.h"
#include "common/arena_frame_allocator.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Chains to a launch. The tasks of the sender model resume their awaiter by a plain call, so that, unless the optimiser
 * makes it a jump, each chain stays on the stack until the root has ended. */
enum { LAUNCH_CHAINS = 64, SMALLEST = 64, OCTAVES = 6, STEP = 16, CACHE_LINE = 64 };

struct chains {
    struct chain_env env;
    const struct chain_parameters *parameters;
    const struct frame_allocator_kind *kind;
    struct frame_allocator *allocator;
    struct crew *crew; /* null: one thread */
    void (*between)(struct frame_allocator *);
    struct frame_allocator by_table;    /* the same at another address, by which frame_allocate does not know it */
    struct counting_allocator counting; /* where it is asked for, between the coroutines and the allocator */
    struct task *ring[HANDED_FRAMES];
};

/* ---- One thread's part ---- */

static int make_chains(struct chains *chains, uint64_t frames, uint64_t *sum)
{
    const struct chain_parameters *parameters = chains->parameters;
    uint64_t most = (uint64_t)LAUNCH_CHAINS * (parameters->piece ? parameters->piece : parameters->depth);
    struct chain_order order = {
        .env = &chains->env.env,
        .depth = parameters->depth,
        .between = chains->between,
        .allocator = chains->allocator,
    };
    while (frames > 0 && order.result >= 0) {
        order.frames = frames < most ? frames : most;
        frames -= order.frames;
        parameters->launch(&order);
    }
    *sum = order.sum;
    return order.result < 0 ? (int)order.result : 0;
}

/* Unrolled, so that the count of its instructions has none of a loop. */
#define PAIRS(count, allocate, deallocate)                                                                             \
    _Pragma("GCC unroll 8") for (unsigned i = 0; i < (count); i++)                                                     \
    {                                                                                                                  \
        void *frame = allocate(allocator, bytes);                                                                      \
        if (!frame)                                                                                                    \
            return -ENOMEM;                                                                                            \
        deallocate(allocator, frame, bytes);                                                                           \
    }

static int make_pairs(struct chains *chains, uint64_t pairs, uint64_t *sum)
{
    struct frame_allocator *allocator = chains->env.env.allocator;
    const size_t bytes = chains->parameters->bytes;
    for (uint64_t left = pairs; left > 0;) {
        unsigned count = left < LAUNCH_CHAINS ? (unsigned)left : LAUNCH_CHAINS;
        if (chains->parameters->calls)
            PAIRS(count, allocate_nothing, free_nothing)
        else
            PAIRS(count, frame_allocate, frame_deallocate)
        left -= count;
        if (chains->between)
            chains->between(chains->allocator);
    }
    *sum = pairs;
    return 0;
}

/* What a run is between two threads; one thread has part 0 alone. */
struct parts {
    struct chains *chains;
    uint64_t operations[2], sums[2];
    struct frame_allocator_counts counts[2];
    double real_ns[2];
    int status[2];
    _Atomic unsigned turns; /* of the ring: even, it is empty; odd, it is full */
};

/* Creates coroutines; the other thread runs and destroys them. */
static int hand_over(struct parts *parts)
{
    struct chains *chains = parts->chains;
    uint64_t left = parts->operations[0], position = 0;
    int status = 0;
    set_current_frame_allocator(chains->env.env.allocator);
    for (unsigned turn = 0; left > 0; turn += 2) {
        crew_await(&parts->turns, turn);
        for (size_t i = 0; i < HANDED_FRAMES && i < left; i++) {
            chains->ring[i] = chain_link_create(&chains->env.env, position++);
            status = chains->ring[i] ? status : -ENOMEM;
        }
        left -= left < HANDED_FRAMES ? left : HANDED_FRAMES;
        parts->turns = turn + 1;
    }
    set_current_frame_allocator(NULL);
    return status;
}

static void take_over(struct parts *parts)
{
    struct chains *chains = parts->chains;
    uint64_t left = parts->operations[0];
    for (unsigned turn = 1; left > 0; turn += 2) {
        crew_await(&parts->turns, turn);
        for (size_t i = 0; i < HANDED_FRAMES && left > 0; i++, left--) {
            struct task *task = chains->ring[i];
            if (!task)
                continue;
            task->continuation = noop_coroutine();
            task->env = &chains->env.env;
            coro_resume(&task->frame.coro);
            parts->sums[1] += (uint64_t)task->result;
            coro_destroy(&task->frame.coro);
        }
        parts->turns = turn + 1;
    }
}

static void do_part(void *context, unsigned who)
{
    struct parts *parts = context;
    struct chains *chains = parts->chains;
    struct frame_allocator_counts before = frame_allocator_counts;
    uint64_t started = chains->crew ? clock_ns() : 0;
    if (chains->parameters->handed && who)
        take_over(parts);
    else if (chains->parameters->handed)
        parts->status[who] = hand_over(parts);
    else if (!chains->parameters->depth)
        parts->status[who] = make_pairs(chains, parts->operations[who], &parts->sums[who]);
    else
        parts->status[who] = make_chains(chains, parts->operations[who], &parts->sums[who]);
    parts->real_ns[who] = chains->crew ? (double)(clock_ns() - started) : 0;
    parts->counts[who] = (struct frame_allocator_counts){
        .calls = frame_allocator_counts.calls - before.calls,
        .fresh = frame_allocator_counts.fresh - before.fresh,
        .frees = frame_allocator_counts.frees - before.frees,
    };
}

int chains_run(void *state, uint64_t operations, struct outcome *outcome)
{
    struct chains *chains = state;
    bool divided = chains->parameters->two_threads && !chains->parameters->handed;
    struct parts parts = {.chains = chains, .operations = {operations - (divided ? operations / 2 : 0)}};
    parts.operations[1] = operations - parts.operations[0];
    if (chains->crew)
        crew_run(chains->crew, do_part, &parts);
    else
        do_part(&parts, 0);
    *outcome = (struct outcome){
        .operations = operations,
        .checksum = parts.sums[0] + parts.sums[1],
        .allocations = parts.counts[0].calls + parts.counts[1].calls,
        .allocations_fresh = parts.counts[0].fresh + parts.counts[1].fresh,
        .real_ns = parts.real_ns[0] > parts.real_ns[1] ? parts.real_ns[0] : parts.real_ns[1],
    };
    int status = parts.status[0] ? parts.status[0] : parts.status[1];
    uint64_t frames = chains->parameters->calls ? 0 : operations;
    if (!status && (outcome->checksum != operations || outcome->allocations != frames))
        status = -EBADMSG;
    if (!status && parts.counts[0].frees + parts.counts[1].frees != frames)
        status = -ENOTRECOVERABLE;
    return status;
}

/* ---- Set-up ---- */

static void choose_sizes(struct chains *chains, uint64_t seed)
{
    for (size_t i = 0; i < CHAIN_SIZES; i++) {
        size_t octave = (size_t)SMALLEST << random_below(&seed, OCTAVES);
        size_t mixed = octave + STEP * random_below(&seed, octave / STEP);
        chains->env.sizes[i] = (uint16_t)(chains->parameters->bytes ? chains->parameters->bytes : mixed);
    }
}

/* What a pool or an arena must have for the frames between two resets, each as large as the largest and with room for
 * what an allocator adds. */
static size_t capacity(const struct chain_parameters *parameters)
{
    size_t frames = parameters->piece ? parameters->piece : parameters->depth;
    return (frames > LAUNCH_CHAINS ? frames : LAUNCH_CHAINS) * (RECYCLING_LARGEST_BYTES + 2 * CACHE_LINE);
}

/* Sooner or later both threads have all of their frames at once: what they share has so many from the start. */
static int fill(struct frame_allocator *allocator, const struct chain_parameters *parameters)
{
    void *frames[2 * UINT8_MAX];
    const size_t count = parameters->handed ? 0 : (size_t)2 * parameters->depth;
    size_t made = 0;
    while (made < count && (frames[made] = frame_allocate(allocator, parameters->bytes)))
        made++;
    int status = made < count ? -ENOMEM : 0;
    while (made > 0)
        frame_deallocate(allocator, frames[--made], parameters->bytes);
    return status;
}

static int open_chains(const struct cell *cell, uint64_t seed, bool count, struct chains **made)
{
    const struct chain_parameters *parameters = cell->parameters;
    struct chains *chains = calloc(1, sizeof *chains);
    if (!chains)
        return -ENOMEM;
    chains->parameters = parameters;
    chains->kind = frame_allocator_kind_named(parameters->allocator);
    chains->allocator = chains->kind ? chains->kind->create(capacity(parameters)) : NULL;
    int status = !chains->kind ? -ENOENT : !chains->allocator ? -ENOMEM : 0;
    if (!status && parameters->two_threads)
        status = fill(chains->allocator, parameters);
    if (!status && parameters->two_threads)
        status = crew_open(&chains->crew);
    if (status) {
        if (chains->allocator)
            chains->kind->destroy(chains->allocator);
        free(chains);
        return status;
    }
    if (strcmp(chains->kind->name, "arena") == 0)
        chains->between = arena_frame_allocator_reset;
    else if (parameters->cold)
        chains->between = chains->allocator->ops->release;
    counting_allocator_init(&chains->counting, chains->allocator);
    chains->by_table = *chains->allocator;
    chains->env.env = (struct io_env){
        .executor = inline_executor(),
        .allocator = count                  ? &chains->counting.base
                     : parameters->by_table ? &chains->by_table
                                            : chains->allocator,
    };
    choose_sizes(chains, seed);
    *made = chains;
    return 0;
}

int chains_open(const struct cell *cell, const struct run_options *options, void **state)
{
    struct chains *chains;
    int status = open_chains(cell, options->seed, false, &chains);
    if (!status)
        *state = chains;
    return status;
}

void chains_close(void *state)
{
    struct chains *chains = state;
    if (chains->crew)
        crew_close(chains->crew);
    chains->kind->destroy(chains->allocator);
    free(chains);
}

struct memory {
    const struct cell *cell;
    int status;
    double frame, peak, retained; /* retained: less than 0: nothing says it */
};

/* What malloc holds and cannot use for anything but another block of the same size: glibc counts the thread's cache as
 * in use, and the fast bins apart. The rest of what is free is the heap's. Less than 0: this malloc does not say. */
static double malloc_holds(void)
{
    if (strcmp(malloc_library_name(), "malloc") != 0 || !strstr(toolchain, "san=none"))
        return -1;
    struct mallinfo2 info = mallinfo2();
    return (double)info.uordblks + (double)info.fsmblks;
}

static void measure_memory(struct memory *memory)
{
    enum { FRAMES = CHAIN_SIZES * TREE_FRAMES };
    struct chains *chains;
    struct outcome outcome;
    memory->retained = -1;
    memory->status = open_chains(memory->cell, 1, true, &chains);
    if (memory->status)
        return;
    const struct frame_allocator_ops *ops = chains->allocator->ops;
    const struct counting_allocator *counting = &chains->counting;
    if (ops->release)
        ops->release(chains->allocator);
    double before = malloc_holds();
    memory->status = chains_run(chains, FRAMES, &outcome);
    if (!memory->status) {
        memory->frame = (double)counting->bytes / (double)counting->calls;
        memory->peak = (double)counting->peak;
    }
    if (!memory->status && ops->retained_bytes)
        memory->retained = (double)ops->retained_bytes(chains->allocator);
    else if (!memory->status && before >= 0)
        memory->retained = malloc_holds() - before;
    chains_close(chains);
}

static void *measure_memory_of(void *memory)
{
    measure_memory(memory);
    return NULL;
}

/* On a thread of its own, for which no allocator holds anything yet. */
static struct memory measure_memory_anew(const struct cell *cell)
{
    struct memory memory = {.cell = cell};
    pthread_t thread;
    int error = pthread_create(&thread, NULL, measure_memory_of, &memory);
    if (!error)
        error = pthread_join(thread, NULL);
    if (error)
        memory.status = -error;
    return memory;
}

void chains_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    struct memory memory = measure_memory_anew(cell);
    const struct {
        const char *metric;
        double bytes;
    } rows[] = {{"frame_bytes", memory.frame}, {"peak_bytes", memory.peak}, {"retained_bytes", memory.retained}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct row row = *blank;
        row.metric = rows[i].metric;
        row.unit = "B";
        bool held = i + 1 == sizeof rows / sizeof *rows;
        if (memory.status)
            results_add_missing(results, &row, strerror(-memory.status));
        else if (!cell->preload && rows[i].bytes >= 0)
            results_add_exact(results, row, rows[i].bytes);
        else if (held) /* a library's frames are as those of malloc */
            results_add_missing(results, &row, "what malloc holds only glibc's own tells (mallinfo2)");
    }
}
