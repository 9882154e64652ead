#include "bench/frames/chains.h"
#include "awaitable/task.h"
#include "bench/frames/crew.h"
#include "bench/progress.h"
#include "bench/statistics.h"
#include "common/arena_frame_allocator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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
    chains->env.env =
        (struct io_env){.executor = inline_executor(), .allocator = count ? &chains->counting.base : chains->allocator};
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
    int status;
    double frame, peak, retained; /* retained: less than 0: the allocator does not say */
};

static struct memory measure_memory(const struct cell *cell)
{
    enum { FRAMES = CHAIN_SIZES * TREE_FRAMES };
    struct memory memory = {.retained = -1};
    struct chains *chains;
    struct outcome outcome;
    memory.status = open_chains(cell, 1, true, &chains);
    if (memory.status)
        return memory;
    const struct frame_allocator_ops *ops = chains->allocator->ops;
    const struct counting_allocator *counting = &chains->counting;
    if (ops->release)
        ops->release(chains->allocator);
    memory.status = chains_run(chains, FRAMES, &outcome);
    if (!memory.status) {
        memory.frame = (double)counting->bytes / (double)counting->calls;
        memory.peak = (double)counting->peak;
    }
    if (!memory.status && ops->retained_bytes)
        memory.retained = (double)ops->retained_bytes(chains->allocator);
    chains_close(chains);
    return memory;
}

/* In a process that ends with it: malloc is another one in a process that has ever had a second thread. */
static struct memory measure_memory_apart(const struct cell *cell)
{
    struct memory memory = {.status = -ECHILD};
    int ends[2];
    if (pipe(ends))
        return (struct memory){.status = -errno};
    fflush(NULL);
    pid_t process = fork();
    if (process == 0) {
        memory = measure_memory(cell);
        _exit(write(ends[1], &memory, sizeof memory) != sizeof memory);
    }
    close(ends[1]);
    if (process < 0 || read(ends[0], &memory, sizeof memory) != sizeof memory)
        memory.status = -ECHILD;
    close(ends[0]);
    while (process > 0 && waitpid(process, NULL, 0) < 0 && errno == EINTR)
        continue;
    return memory;
}

void chains_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    const struct chain_parameters *parameters = cell->parameters;
    struct memory memory = parameters->two_threads ? measure_memory_apart(cell) : measure_memory(cell);
    const struct {
        const char *metric;
        double bytes;
    } rows[] = {{"frame_bytes", memory.frame}, {"peak_bytes", memory.peak}, {"retained_bytes", memory.retained}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct row row = *blank;
        row.metric = rows[i].metric;
        row.unit = "B";
        if (memory.status)
            results_add_missing(results, &row, strerror(-memory.status));
        else if (rows[i].bytes >= 0)
            results_add_exact(results, row, rows[i].bytes);
    }
}
