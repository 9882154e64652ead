/* The loop over an in-memory stream, where every operation completes at once: what a turn of the loop itself costs. */
#include "bench/echo.h"
#include "common/counting_allocator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 64, RING = 64 * PIECE, STACK_BUDGET = 512 << 10 };

struct echo_memory {
    const struct loop_form *form;
    const struct frame_allocator_kind *allocator;
    void (*process)(struct process *, unsigned char *data, size_t bytes);
    struct io_env env;
    struct loop_job job;
    struct memory_stream memory;
    uint64_t batch;      /* turns that the form may run before it has to return; see turns_in_budget */
    uintptr_t stack[2];  /* where the first and the last turn stood, measured by note_stack */
    unsigned char *loop; /* storage of the form */
    unsigned char source[RING], sink[RING], buffer[PIECE];
};

static int run_batches(struct echo_memory *echo, uint64_t turns)
{
    while (turns > 0) {
        uint64_t batch = turns < echo->batch ? turns : echo->batch;
        if (echo->allocator->reset)
            echo->allocator->reset(echo->env.allocator);
        memory_stream_init(&echo->memory, echo->source, RING, batch * PIECE, PIECE, echo->sink, RING);
        int status = echo->form->code->start(echo->loop, &echo->job);
        if (status == 0)
            status = echo->job.status;
        if (status < 0)
            return status;
        turns -= batch;
    }
    return 0;
}

static void note_stack(struct process *process, unsigned char *data, size_t bytes)
{
    struct echo_memory *echo = CONTAINER_OF(process, struct echo_memory, job.process);
    (void)data;
    if (bytes == 0)
        return;
    echo->stack[1] = (uintptr_t)__builtin_frame_address(0);
    if (!echo->stack[0])
        echo->stack[0] = echo->stack[1];
}

/* A resumption by a plain call stays on the stack until the whole run of synchronous completions is over, unless the
 * optimiser made it a jump. A form that grows in this build gets its turns in batches that fit the stack; the start of
 * a batch, one in hundreds of turns, is then part of its cost. Whole rings keep the bytes the same for every form. */
static int turns_in_budget(struct echo_memory *echo)
{
    enum { TURNS = RING / PIECE };
    echo->job.process = (struct process){.step = note_stack};
    echo->batch = UINT64_MAX / PIECE;
    int status = run_batches(echo, TURNS);
    size_t growth = echo->stack[0] > echo->stack[1] ? echo->stack[0] - echo->stack[1] : 0;
    if (growth)
        echo->batch = (STACK_BUDGET / growth ? STACK_BUDGET / growth : 1) * TURNS;
    return status;
}

int echo_memory_open(const struct cell *cell, const struct run_options *options, void **state)
{
    const struct echo_parameters *parameters = cell->parameters;
    const struct frame_allocator_kind *allocator = echo_allocator_kind(options);
    const struct loop_form *form = &loop_forms[parameters->form];
    if (form->code->unavailable || !echo_allocator_serves(allocator, form))
        return -ENOTSUP;
    struct echo_memory *echo = calloc(1, sizeof *echo);
    if (!echo)
        return -ENOMEM;
    *state = echo;
    echo->form = form;
    echo->allocator = allocator;
    echo->env = (struct io_env){.executor = inline_executor(), .allocator = allocator->create(ECHO_FRAMES_BYTES)};
    echo->process = parameters->process;
    echo->loop = malloc(*form->code->bytes);
    if (!echo->loop || !echo->env.allocator) {
        echo_memory_close(echo);
        return -ENOMEM;
    }
    echo_fill(echo->source, RING, options->seed);
    echo->job = (struct loop_job){
        .env = &echo->env, .stream = &echo->memory.stream, .buffer = echo->buffer, .size = sizeof echo->buffer};
    int status = turns_in_budget(echo);
    if (status < 0)
        echo_memory_close(echo);
    return status;
}

int echo_memory_run(void *state, uint64_t operations, struct outcome *outcome)
{
    struct echo_memory *echo = state;
    struct frame_allocator_counts before = frame_allocator_counts;
    memset(echo->sink, 0, RING);
    echo->job.process = (struct process){.step = echo->process};
    echo->job.bytes = 0;
    int status = run_batches(echo, operations);
    if (status < 0)
        return status;

    struct process written = {0};
    process_checksum(&written, echo->sink, RING);
    *outcome = (struct outcome){
        .operations = operations,
        .bytes = echo->job.bytes,
        .checksum = echo->job.process.checksum + written.checksum,
        .allocations = frame_allocator_counts.calls - before.calls,
        .allocations_fresh = frame_allocator_counts.fresh - before.fresh,
    };
    return 0;
}

void echo_memory_close(void *state)
{
    struct echo_memory *echo = state;
    if (echo->env.allocator)
        echo->allocator->destroy(echo->env.allocator);
    free(echo->loop);
    free(echo);
}

/* A loop over a stream with nothing in it makes its frames and ends. */
void echo_memory_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    const struct echo_parameters *parameters = cell->parameters;
    const struct loop_form *form = &loop_forms[parameters->form];
    if (form->code->unavailable)
        return;
    struct counting_allocator frames;
    counting_allocator_init(&frames, NULL);
    struct io_env env = {.executor = inline_executor(), .allocator = &frames.base};
    struct memory_stream nothing;
    unsigned char buffer[PIECE];
    memory_stream_init(&nothing, buffer, PIECE, 0, PIECE, buffer, PIECE);
    struct loop_job job = {.env = &env, .stream = &nothing.stream, .buffer = buffer, .size = sizeof buffer};
    struct row row = *blank;
    void *storage = malloc(*form->code->bytes);
    int status = storage ? form->code->start(storage, &job) : -ENOMEM;
    free(storage);
    row.unit = "B";
    row.metric = "frame_bytes";
    if (status < 0)
        results_add_missing(results, &row, strerror(-status));
    else
        results_add_exact(results, row, (double)atomic_load(&frames.bytes));
    row.metric = "storage_bytes";
    results_add_exact(results, row, (double)*form->code->bytes);
}
