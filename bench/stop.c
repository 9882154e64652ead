/* stop: what it takes to stop what is pending, to be ready for it, and to end in an error.
 *
 *   work=stop       from the request to stop until the last of `pending` reads has ended and whoever waited for it has
 *                   been told; an operation is one read. Starting the reads is not timed, and not counted. On sockets
 *                   64 reads wait on each descriptor.
 *   work=complete   one read after the other that waits and then ends with a value, an error or as stopped, through
 *                   four steps that a value takes and an error does not, and then is dealt with; an operation is all
 *                   of one read.
 *   work=told       a write is done, and a stop request comes before whoever awaits it has been told how many bytes
 *                   (bench/stop/told.c)
 *
 *   floor              each operation of the reactor is cancelled by its own call
 *   floor-last-first   the same from the last to the first: the order in which a stop source calls its callbacks
 *   stop-callback      the bare operation with its stop callback (common/io_request.h), which both models embed
 *   task               awaitables: a coroutine awaits each read, and an error is the value that the await returns
 *   task-in-task       awaitables: a coroutine for each step
 *   pipeline           senders: read_some, with work=complete | then x 4 | upon_error | upon_stopped
 *   p2300-task         senders: a coroutine awaits the sender; an error is what the await returns, where C++ throws it
 *                      again, and stopped ends the coroutine, which is launched anew
 *   p2300-task-mending senders: such a coroutine awaits read_some | upon_stopped, and goes on when it was stopped
 *   p2300-task-in-task senders: such a coroutine for each step
 *   ...-stoppable      the same with a token that could be asked to stop; without it the token never can
 *
 * After each request nothing may be in flight, no callback registered, and each read ended once, as stopped: else the
 * run is an error.
 */
#include "bench/stop/stop.h"

#include <string.h>

#define SEVERAL 64

#define STOP(model_, mechanism_, form_, variant_, backend_, pending_, modes_, baseline_)                               \
    {                                                                                                                  \
        .model = model_,                                                                                               \
        .mechanism = mechanism_,                                                                                       \
        .variant = "work=stop,stream=" variant_ ",pending=" #pending_,                                                 \
        .modes = modes_,                                                                                               \
        .batch = pending_,                                                                                             \
        .baseline = baseline_,                                                                                         \
        .counted = backend_ == REACTOR_SIM && pending_ <= SEVERAL,                                                     \
        .needs = "io_uring",                                                                                           \
        .parameters = &(const struct stop_parameters){&form_, pending_, backend_},                                     \
        .open = stop_open,                                                                                             \
        .run = stop_run,                                                                                               \
        .close = stop_close,                                                                                           \
        .describe = stop_describe,                                                                                     \
    },

#define STOP_GROUP(variant, backend, pending, modes)                                                                   \
    STOP("raw", "floor", stop_floor, variant, backend, pending, modes, true)                                           \
    STOP("raw", "floor-last-first", stop_floor_last_first, variant, backend, pending, modes, false)                    \
    STOP("raw", "stop-callback", stop_callback_alone, variant, backend, pending, modes, false)                         \
    STOP("awaitable", "task", stop_awaitable, variant, backend, pending, modes, false)                                 \
    STOP("sender", "pipeline", stop_pipeline, variant, backend, pending, modes, false)                                 \
    STOP("sender", "p2300-task", stop_sender_task, variant, backend, pending, modes, false)

#define COMPLETE(model_, mechanism_, form_, ends, result, baseline_, native_)                                          \
    {                                                                                                                  \
        .model = model_,                                                                                               \
        .mechanism = mechanism_,                                                                                       \
        .variant = "work=complete,ends=" ends,                                                                         \
        .modes = CELL_BOTH,                                                                                            \
        .baseline = baseline_,                                                                                         \
        .counted = true,                                                                                               \
        .native = native_,                                                                                             \
        .parameters = &(const struct completion_parameters){&form_, result},                                           \
        .open = completion_open,                                                                                       \
        .run = completion_run,                                                                                         \
        .close = completion_close,                                                                                     \
    },

#define COMPLETE_GROUP(ends, result)                                                                                   \
    COMPLETE("raw", "floor", completion_floor, ends, result, true, NULL)                                               \
    COMPLETE("awaitable", "task", completion_task, ends, result, false, NULL)                                          \
    COMPLETE("awaitable", "task-in-task", completion_nested, ends, result, false, NULL)                                \
    COMPLETE("sender", "pipeline", completion_pipeline, ends, result, false, NULL)                                     \
    COMPLETE("sender", "p2300-task", completion_sender_task, ends, result, false, NULL)                                \
    COMPLETE("sender", "p2300-task-mending", completion_sender_mending, ends, result, false, NULL)                     \
    COMPLETE("sender", "p2300-task-in-task", completion_sender_nested, ends, result, false, NULL)

static void stop_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    const struct stop_form *form = ((const struct stop_parameters *)cell->parameters)->form;
    struct row row = *blank;
    row.unit = "B";
    row.metric = "frame_bytes";
    if (form->frame_bytes)
        results_add_exact(results, row, (double)form->frame_bytes);
}

struct told_parameters {
    int (*run)(ssize_t *told);
};

/* A write that ended as stopped tells no byte. */
static void told_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    struct row row = *blank;
    ssize_t told;
    int status = ((const struct told_parameters *)cell->parameters)->run(&told);
    row.metric = "told_bytes";
    row.unit = "B";
    if (status)
        results_add_missing(results, &row, strerror(-status));
    else
        results_add_exact(results, row, told == -ECANCELED ? 0 : (double)told);
}

#define TOLD(model_, mechanism_, run_)                                                                                 \
    {                                                                                                                  \
        .model = model_,                                                                                               \
        .mechanism = mechanism_,                                                                                       \
        .variant = "work=told,written=64",                                                                             \
        .modes = CELL_BOTH,                                                                                            \
        .parameters = &(const struct told_parameters){run_},                                                           \
        .describe = told_describe,                                                                                     \
    },

/* clang-format off */
static const struct cell cells[] = {
    STOP_GROUP("sim", REACTOR_SIM, 1, CELL_BOTH)
    STOP_GROUP("sim", REACTOR_SIM, 64, CELL_BOTH)
    STOP_GROUP("sim", REACTOR_SIM, 10000, CELL_BOTH)
    STOP_GROUP("io_uring", REACTOR_IO_URING, 1, CELL_BOTH)
    STOP_GROUP("io_uring", REACTOR_IO_URING, 64, CELL_BOTH)
    STOP_GROUP("io_uring", REACTOR_IO_URING, 1000, CELL_BOTH)
    STOP_GROUP("io_uring", REACTOR_IO_URING, 10000, CELL_FULL)
    STOP_GROUP("epoll", REACTOR_EPOLL, 1, CELL_FULL)
    STOP_GROUP("epoll", REACTOR_EPOLL, 64, CELL_BOTH)
    STOP_GROUP("epoll", REACTOR_EPOLL, 1000, CELL_FULL)
    STOP_GROUP("epoll", REACTOR_EPOLL, 10000, CELL_FULL)
    COMPLETE_GROUP("value", 8)
    COMPLETE("raw", "stop-callback", completion_floor_stoppable, "value", 8, false, "raw/floor")
    COMPLETE("awaitable", "task-stoppable", completion_task_stoppable, "value", 8, false, "awaitable/task")
    COMPLETE("sender", "pipeline-stoppable", completion_pipeline_stoppable, "value", 8, false, "sender/pipeline")
    COMPLETE_GROUP("error", -ECONNRESET)
    COMPLETE_GROUP("stopped", -ECANCELED)
    TOLD("awaitable", "task", stop_told_task)
    TOLD("sender", "posted", stop_told_posted)
    TOLD("sender", "affine-on", stop_told_affine)
    TOLD("sender", "affine-on-unstoppable", stop_told_affine_unstoppable)
};
/* clang-format on */

const struct experiment experiment_stop = {
    .name = "stop",
    .title = "how long it takes to stop pending reads, what being stoppable costs each, and what an error costs",
    .published = "P4003R1 3.3: the stop token, which goes down with the environment to the operation",
    .operation = "read",
    .ratio_metric = "ratio_to_floor",
    .batch_metric = "stop_latency_ns",
    .quick_sample_us = 200,
    .cells = cells,
    .cell_count = sizeof cells / sizeof *cells,
};
