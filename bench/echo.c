/* echo: the real loop. One operation is one message: read, processed, written back.
 *
 *   transport=memory      pieces of 64 bytes that are always there: the cost of a turn of the loop, in instructions too
 *   transport=socketpair, transport=tcp
 *                         1, 64 or 1000 connections, each with a closed-loop client that verifies every byte; the loops
 *                         fold what they process into a checksum
 *   window=8             so many messages in flight on each connection (bench/echo_flow.h); else one, and its reply is
 *                         read before the next is sent
 *   parts=4               each message is a request that the loop splits in so many sub-requests to other connections,
 *                         joins, and answers (bench/echo_split.h)
 *   load=closed, load=open-50
 *                         latencies (bench/echo_latency.c), of one message in flight on each connection, and of
 *                         messages sent on a schedule, at 50 % of the rate that the floor reaches under the closed
 *                         load
 *
 * A loop's buffer has the size of a message, so that each is a read and a write of its own where sockets permit.
 *
 * spec=on makes the speculative system call before an operation is submitted. Over io_uring it is off but for one group
 * of cells that shows what it does; over epoll it is on, as in event loops in use, which try before they wait, but for
 * two groups with the yardsticks, which do not.
 *
 * bare-io-uring and bare-epoll are servers without this project's reactor (bench/bare/bare.h), beside which the clients
 * have a reactor of their own. So has floor-apart, the floor in their place: it against them is what the reactor costs,
 * and it against the floor what sharing a reactor with the clients changes. task-apart, pipeline-apart and
 * p2300-task-apart are the models in that place: they against floor-apart are what a model costs a server that has its
 * reactor for itself.
 *
 * receive=multishot and files=registered are policies of the loops' streams (docs/reactor.md). There floor-plain is the
 * floor without.
 */
#include "bench/echo.h"
#include "bench/peers/cells.h"

#include <string.h>
#include <sys/socket.h>

void echo_close_ends(struct stream ends[2])
{
    for (int i = 0; i < 2; i++) {
        if (ends[i].fd >= 0)
            setsockopt(ends[i].fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
        stream_close(&ends[i]);
    }
}

void echo_fill(unsigned char *bytes, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size; i += sizeof seed) {
        uint64_t z = seed += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        z ^= z >> 31;
        memcpy(bytes + i, &z, sizeof z);
    }
}

const struct frame_allocator_kind *echo_allocator_kind(const struct run_options *options)
{
    return options->allocator ? options->allocator : frame_allocator_kind_named("recycling");
}

bool echo_allocator_serves(const struct frame_allocator_kind *kind, const struct loop_form *form)
{
    return !(kind->reset && form->code->child_tasks);
}

/* The backend that options ask for, where the default depends on what the kernel permits. */
static enum reactor_backend chosen_backend(const struct run_options *options)
{
    if (options->backend != REACTOR_DEFAULT)
        return options->backend;
    struct reactor *reactor;
    if (reactor_create(&reactor, &(struct reactor_options){.queue_entries = 1}, NULL) < 0)
        return REACTOR_EPOLL;
    bool io_uring = strcmp(reactor_backend_name(reactor), "io_uring") == 0;
    reactor_destroy(reactor);
    return io_uring ? REACTOR_IO_URING : REACTOR_EPOLL;
}

/* The chosen backend, and in full mode epoll beside it. */
static bool backend_wanted(const struct cell *cell, const struct run_options *options)
{
    const struct echo_parameters *parameters = cell->parameters;
    if (options->full && parameters->backend == REACTOR_EPOLL)
        return true;
    return parameters->backend == chosen_backend(options);
}

/* The yardsticks and what stands beside them: those of epoll in quick mode too. */
static bool yardstick_wanted(const struct cell *cell, const struct run_options *options)
{
    const struct echo_parameters *parameters = cell->parameters;
    return parameters->backend == REACTOR_EPOLL || backend_wanted(cell, options);
}

#define BACKEND_io_uring REACTOR_IO_URING
#define BACKEND_epoll REACTOR_EPOLL
#define SPECULATIVE_on true
#define SPECULATIVE_off false
#define STEP_empty NULL
#define STEP_checksum process_checksum

/* What C++ loops keep where is their compilers' business. */
#define MODEL_IN_C(model_) ((model_)[0] != 'c' || (model_)[1] != 'x')

#define MEMORY_CELL(form_, model_, mechanism_, kind_, modes_, step_)                                                   \
    {                                                                                                                  \
        .model = (model_),                                                                                             \
        .mechanism = (mechanism_),                                                                                     \
        .variant = "transport=memory,message=64,process=" #step_,                                                      \
        .modes = (modes_),                                                                                             \
        .baseline = LOOP_FORM_##form_ == LOOP_FORM_floor,                                                              \
        .counted = true,                                                                                               \
        .parameters = &(const struct echo_parameters){.form = LOOP_FORM_##form_, .process = STEP_##step_},             \
        .open = echo_memory_open,                                                                                      \
        .run = echo_memory_run,                                                                                        \
        .close = echo_memory_close,                                                                                    \
        .describe = MODEL_IN_C(model_) ? echo_memory_describe : NULL,                                                  \
    },

#define SOCKET_VARIANT(transport_, connections_, message_, reactor_, spec_)                                            \
    "transport=" #transport_ ",connections=" #connections_ ",message=" #message_ ",reactor=" #reactor_ ",spec=" #spec_

#define SOCKET_PARAMETERS(transport_, connections_, message_, reactor_, spec_)                                         \
    .transport = ECHO_##transport_, .process = process_checksum, .connections = (connections_), .message = (message_), \
    .backend = BACKEND_##reactor_, .speculative = SPECULATIVE_##spec_

#define SOCKET_CELL_AS(form_, model_, mechanism_, variant_, batch_, modes_, baseline_, wanted_, ...)                   \
    {                                                                                                                  \
        .model = (model_),                                                                                             \
        .mechanism = (mechanism_),                                                                                     \
        .variant = variant_,                                                                                           \
        .modes = (modes_),                                                                                             \
        .batch = batch_,                                                                                               \
        .needs = LOOP_FORM_##form_ == LOOP_FORM_floor                                                                  \
                     ? "enough file descriptors (ulimit -n)"                                                           \
                     : "an allocator that takes frames back one by one, and enough file descriptors (ulimit -n)",      \
        .baseline = (baseline_),                                                                                       \
        .parameters = &(const struct echo_parameters){.form = LOOP_FORM_##form_, __VA_ARGS__},                         \
        .wanted = (wanted_),                                                                                           \
        .open = echo_socket_open,                                                                                      \
        .run = echo_socket_run,                                                                                        \
        .close = echo_socket_close,                                                                                    \
    },

/* `group_` is the modes of the group; a form that is not in one of them is not in the group there either. */
#define SOCKET_CELL(form_, model_, mechanism_, kind_, modes_, group_, transport_, connections_, ...)                   \
    SOCKET_CELL_AS(form_, model_, mechanism_, SOCKET_VARIANT(transport_, connections_, __VA_ARGS__), connections_,     \
                   (modes_) & (group_), LOOP_FORM_##form_ == LOOP_FORM_floor, backend_wanted,                          \
                   SOCKET_PARAMETERS(transport_, connections_, __VA_ARGS__))

/* Several messages in flight; a sample is the window twice at least. */
#define WINDOW_CELL(form_, model_, mechanism_, kind_, modes_, group_, transport_, connections_, ...)                   \
    SOCKET_CELL_AS(form_, model_, mechanism_, SOCKET_VARIANT(transport_, connections_, __VA_ARGS__) ",window=8",       \
                   16 * (connections_), (modes_) & (group_), LOOP_FORM_##form_ == LOOP_FORM_floor, backend_wanted,     \
                   SOCKET_PARAMETERS(transport_, connections_, __VA_ARGS__), .window = 8)

/* Requests that the server splits. */
#define SPLIT_CELL(form_, model_, mechanism_, kind_, modes_, group_, transport_, connections_, ...)                    \
    SOCKET_CELL_AS(form_, model_, mechanism_, SOCKET_VARIANT(transport_, connections_, __VA_ARGS__) ",parts=4",        \
                   connections_, (modes_) & (group_), LOOP_FORM_##form_ == LOOP_FORM_floor, backend_wanted,            \
                   SOCKET_PARAMETERS(transport_, connections_, __VA_ARGS__), .split = true)

/* The awaitable server whose four tasks' frames lie in its own, as the senders' operation states do. */
#define SPLIT_PREALLOCATED_CELL(modes_, transport_, connections_, ...)                                                 \
    SOCKET_CELL_AS(task, "awaitable", "task-preallocated",                                                             \
                   SOCKET_VARIANT(transport_, connections_, __VA_ARGS__) ",parts=4", connections_, modes_, false,      \
                   backend_wanted, SOCKET_PARAMETERS(transport_, connections_, __VA_ARGS__), .split = true,            \
                   .preallocated = true)

/* Of a group that is there for its yardsticks. */
#define BESIDE_CELL(form_, model_, mechanism_, modes_, transport_, connections_, ...)                                  \
    SOCKET_CELL_AS(form_, model_, mechanism_, SOCKET_VARIANT(transport_, connections_, __VA_ARGS__), connections_,     \
                   modes_, LOOP_FORM_##form_ == LOOP_FORM_floor, yardstick_wanted,                                     \
                   SOCKET_PARAMETERS(transport_, connections_, __VA_ARGS__))

#define APART_CELL(server_, model_, mechanism_, native_, needs_, modes_, transport_, connections_, ...)                \
    {                                                                                                                  \
        .model = (model_),                                                                                             \
        .mechanism = (mechanism_),                                                                                     \
        .variant = SOCKET_VARIANT(transport_, connections_, __VA_ARGS__),                                              \
        .modes = (modes_),                                                                                             \
        .batch = connections_,                                                                                         \
        .native = (native_),                                                                                           \
        .needs = (needs_),                                                                                             \
        .parameters = &(const struct echo_parameters){.server = &(server_),                                            \
                                                      SOCKET_PARAMETERS(transport_, connections_, __VA_ARGS__)},       \
        .wanted = yardstick_wanted,                                                                                    \
        .open = echo_apart_open,                                                                                       \
        .run = echo_apart_run,                                                                                         \
        .close = echo_apart_close,                                                                                     \
    },

#define MODEL_APART_CELL(form_, model_, mechanism_, modes_, reactor_, ...)                                             \
    APART_CELL(form_##_echo_##reactor_, model_, mechanism_, "raw/floor-apart", NULL, modes_, __VA_ARGS__, reactor_, off)

#define APART_CELLS(name_, modes_, reactor_, ...)                                                                      \
    APART_CELL(bare_echo_##reactor_, "raw", "bare-" name_, NULL, "io_uring with DEFER_TASKRUN (Linux 6.1)", modes_,    \
               __VA_ARGS__, reactor_, off)                                                                             \
    APART_CELL(floor_echo_##reactor_, "raw", "floor-apart", "raw/bare-" name_, NULL, modes_, __VA_ARGS__, reactor_,    \
               off)                                                                                                    \
    MODEL_APART_CELL(task, "awaitable", "task-apart", modes_, reactor_, __VA_ARGS__)                                   \
    MODEL_APART_CELL(pipeline, "sender", "pipeline-apart", modes_, reactor_, __VA_ARGS__)                              \
    MODEL_APART_CELL(p2300_task, "sender", "p2300-task-apart", modes_, reactor_, __VA_ARGS__)

/* A policy of streams; the models and the floor have it alike. */
#define POLICY_CELL(form_, model_, mechanism_, baseline_, word_, policy_)                                              \
    SOCKET_CELL_AS(form_, model_, mechanism_, SOCKET_VARIANT(socketpair, 64, 64, io_uring, off) "," word_, 64,         \
                   CELL_FULL, baseline_, backend_wanted, SOCKET_PARAMETERS(socketpair, 64, 64, io_uring, off),         \
                   .policy = (policy_))

#define POLICY_GROUP(word_, policy_)                                                                                   \
    POLICY_CELL(floor, "raw", "floor", true, word_, policy_)                                                           \
    POLICY_CELL(floor, "raw", "floor-plain", false, word_, NULL)                                                       \
    POLICY_CELL(task, "awaitable", "task", false, word_, policy_)                                                      \
    POLICY_CELL(pipeline, "sender", "pipeline", false, word_, policy_)

#define YARDSTICK_GROUP(modes_, ...)                                                                                   \
    BESIDE_CELL(floor, "raw", "floor", modes_, __VA_ARGS__, epoll, off)                                                \
    BESIDE_CELL(task, "awaitable", "task", CELL_FULL, __VA_ARGS__, epoll, off)                                         \
    BESIDE_CELL(pipeline, "sender", "pipeline", CELL_FULL, __VA_ARGS__, epoll, off)                                    \
    APART_CELLS("epoll", modes_, epoll, __VA_ARGS__)

/* Another library's loop and client, on its own reactor of that kind (docs/libraries.md). */
#define LIBRARY_CELL(adapter_, model_, mechanism_, modes_, transport_, connections_, ...)                              \
    {                                                                                                                  \
        .model = (model_),                                                                                             \
        .mechanism = (mechanism_),                                                                                     \
        .variant = SOCKET_VARIANT(transport_, connections_, __VA_ARGS__),                                              \
        .toolchain = ABREAST_LIBRARIES,                                                                                \
        .modes = modes_,                                                                                               \
        .batch = connections_,                                                                                         \
        .parameters =                                                                                                  \
            &(const struct library_echo_parameters){                                                                   \
                .library = &(adapter_), .echo = {SOCKET_PARAMETERS(transport_, connections_, __VA_ARGS__)}},           \
        .wanted = backend_wanted,                                                                                      \
        .open = library_echo_open,                                                                                     \
        .run = library_echo_run,                                                                                       \
        .close = library_echo_close,                                                                                   \
    },

/* Latencies: described by bench/echo_latency.c, which opens its parameters as a cell's. */
#define LATENCY_CELL_AS(form_, model_, mechanism_, modes_, suffix_, percent_, window_, split_, preallocated_,          \
                        transport_, connections_, ...)                                                                 \
    {                                                                                                                  \
        .model = (model_),                                                                                             \
        .mechanism = (mechanism_),                                                                                     \
        .variant = SOCKET_VARIANT(transport_, connections_, __VA_ARGS__) suffix_,                                      \
        .modes = (modes_),                                                                                             \
        .baseline = LOOP_FORM_##form_ == LOOP_FORM_floor,                                                              \
        .needs = "enough file descriptors (ulimit -n)",                                                                \
        .parameters = &(const struct echo_parameters){.form = LOOP_FORM_##form_,                                       \
                                                      .window = (window_),                                             \
                                                      .split = (split_),                                               \
                                                      .preallocated = (preallocated_),                                 \
                                                      .load_percent = (percent_),                                      \
                                                      SOCKET_PARAMETERS(transport_, connections_, __VA_ARGS__)},       \
        .wanted = backend_wanted,                                                                                      \
    },
#define LATENCY_CELL(form_, model_, mechanism_, kind_, modes_, group_, load_, percent_, ...)                           \
    LATENCY_CELL_AS(form_, model_, mechanism_, (modes_) & (group_), ",load=" load_, percent_, 1, false, false,         \
                    __VA_ARGS__)
#define WINDOW_LATENCY_CELL(form_, model_, mechanism_, kind_, modes_, group_, ...)                                     \
    LATENCY_CELL_AS(form_, model_, mechanism_, (modes_) & (group_), ",window=8,load=closed", 0, 8, false, false,       \
                    __VA_ARGS__)
#define SPLIT_LATENCY_CELL(form_, model_, mechanism_, kind_, modes_, group_, load_, percent_, ...)                     \
    LATENCY_CELL_AS(form_, model_, mechanism_, (modes_) & (group_), ",parts=4,load=" load_, percent_, 1, true, false,  \
                    __VA_ARGS__)
#define SPLIT_LATENCIES(load_, percent_, ...)                                                                          \
    FOUR_FORMS(SPLIT_LATENCY_CELL, CELL_FULL, load_, percent_, __VA_ARGS__)                                            \
    LATENCY_CELL_AS(task, "awaitable", "task-preallocated", CELL_FULL, ",parts=4,load=" load_, percent_, 1, true,      \
                    true, __VA_ARGS__)

/* The loop in each model's usual forms. */
#define FOUR_FORMS(X, ...)                                                                                             \
    X(floor, "raw", "floor", MACHINE, CELL_BOTH, __VA_ARGS__)                                                          \
    X(task, "awaitable", "task", TASK, CELL_BOTH, __VA_ARGS__)                                                         \
    X(pipeline, "sender", "pipeline", MACHINE, CELL_BOTH, __VA_ARGS__)                                                 \
    X(p2300_task, "sender", "p2300-task", TASK, CELL_BOTH, __VA_ARGS__)

#define PING_PONG(forms_, modes_, transport_, connections_, message_, reactor_, spec_)                                 \
    forms_(SOCKET_CELL, modes_, transport_, connections_, message_, reactor_, spec_)                                   \
        LIBRARY_ECHO_##reactor_(LIBRARY_CELL, modes_, transport_, connections_, message_, reactor_, spec_)
#define STREAMING(modes_, ...) FOUR_FORMS(WINDOW_CELL, modes_, __VA_ARGS__)
#define SPLITTING(modes_, ...)                                                                                         \
    FOUR_FORMS(SPLIT_CELL, modes_, __VA_ARGS__)                                                                        \
    SPLIT_PREALLOCATED_CELL(modes_, __VA_ARGS__)

/* The cross product, of which quick mode takes what shows most: seven groups, beside two in memory, one with the
 * yardsticks of epoll, one with the speculative call, and two of latencies. All forms of the loop are in two of them.
 *
 * Left out: at 1000 connections several messages of 64 KiB in flight on each, and requests that are split and longer
 * than 64 bytes, which measure the kernel's buffers and copies, or over epoll; at one connection, and over TCP at 4
 * KiB, split requests of more sizes; latencies of 64 KiB, and, but for 64 connections over TCP, those of several
 * messages in flight, each of which waits for those before it, and of split requests. */
#define SOCKET_GROUPS(...)                                                                                             \
    PING_PONG(LOOP_FORMS, CELL_BOTH, socketpair, 1, 64, __VA_ARGS__)                                                   \
    PING_PONG(LOOP_FORMS_WITH_TWINS, CELL_FULL, socketpair, 1, 4096, __VA_ARGS__)                                      \
    PING_PONG(FOUR_FORMS, CELL_FULL, socketpair, 1, 65536, __VA_ARGS__)                                                \
    PING_PONG(LOOP_FORMS_WITH_TWINS, CELL_BOTH, socketpair, 64, 64, __VA_ARGS__)                                       \
    PING_PONG(LOOP_FORMS_WITH_TWINS, CELL_FULL, socketpair, 64, 4096, __VA_ARGS__)                                     \
    PING_PONG(FOUR_FORMS, CELL_FULL, socketpair, 64, 65536, __VA_ARGS__)                                               \
    PING_PONG(LOOP_FORMS_WITH_TWINS, CELL_BOTH, tcp, 1, 64, __VA_ARGS__)                                               \
    PING_PONG(LOOP_FORMS_WITH_TWINS, CELL_FULL, tcp, 1, 4096, __VA_ARGS__)                                             \
    PING_PONG(FOUR_FORMS, CELL_BOTH, tcp, 1, 65536, __VA_ARGS__)                                                       \
    PING_PONG(FOUR_FORMS, CELL_BOTH, tcp, 64, 64, __VA_ARGS__)                                                         \
    PING_PONG(LOOP_FORMS, CELL_FULL, tcp, 64, 4096, __VA_ARGS__)                                                       \
    PING_PONG(FOUR_FORMS, CELL_FULL, tcp, 64, 65536, __VA_ARGS__)                                                      \
    STREAMING(CELL_FULL, socketpair, 1, 64, __VA_ARGS__)                                                               \
    STREAMING(CELL_FULL, socketpair, 1, 4096, __VA_ARGS__)                                                             \
    STREAMING(CELL_FULL, socketpair, 1, 65536, __VA_ARGS__)                                                            \
    STREAMING(CELL_FULL, socketpair, 64, 64, __VA_ARGS__)                                                              \
    STREAMING(CELL_FULL, socketpair, 64, 4096, __VA_ARGS__)                                                            \
    STREAMING(CELL_FULL, socketpair, 64, 65536, __VA_ARGS__)                                                           \
    STREAMING(CELL_BOTH, tcp, 1, 64, __VA_ARGS__)                                                                      \
    STREAMING(CELL_FULL, tcp, 1, 4096, __VA_ARGS__)                                                                    \
    STREAMING(CELL_FULL, tcp, 1, 65536, __VA_ARGS__)                                                                   \
    STREAMING(CELL_FULL, tcp, 64, 64, __VA_ARGS__)                                                                     \
    STREAMING(CELL_FULL, tcp, 64, 4096, __VA_ARGS__)                                                                   \
    STREAMING(CELL_FULL, tcp, 64, 65536, __VA_ARGS__)                                                                  \
    FOUR_FORMS(SOCKET_CELL, CELL_FULL, socketpair, 1000, 64, __VA_ARGS__)                                              \
    FOUR_FORMS(SOCKET_CELL, CELL_FULL, socketpair, 1000, 4096, __VA_ARGS__)                                            \
    FOUR_FORMS(SOCKET_CELL, CELL_FULL, tcp, 1000, 64, __VA_ARGS__)                                                     \
    FOUR_FORMS(SOCKET_CELL, CELL_FULL, tcp, 1000, 4096, __VA_ARGS__)                                                   \
    STREAMING(CELL_FULL, socketpair, 1000, 64, __VA_ARGS__)                                                            \
    STREAMING(CELL_FULL, socketpair, 1000, 4096, __VA_ARGS__)                                                          \
    STREAMING(CELL_FULL, tcp, 1000, 64, __VA_ARGS__)                                                                   \
    STREAMING(CELL_FULL, tcp, 1000, 4096, __VA_ARGS__)                                                                 \
    SPLITTING(CELL_FULL, socketpair, 1, 64, __VA_ARGS__)                                                               \
    SPLITTING(CELL_BOTH, socketpair, 64, 64, __VA_ARGS__)                                                              \
    SPLITTING(CELL_FULL, socketpair, 64, 4096, __VA_ARGS__)                                                            \
    SPLITTING(CELL_FULL, socketpair, 64, 65536, __VA_ARGS__)                                                           \
    FOUR_FORMS(SOCKET_CELL, CELL_FULL, socketpair, 1000, 65536, __VA_ARGS__)                                           \
    FOUR_FORMS(SOCKET_CELL, CELL_FULL, tcp, 1000, 65536, __VA_ARGS__)                                                  \
    SPLITTING(CELL_FULL, tcp, 1, 64, __VA_ARGS__)                                                                      \
    SPLITTING(CELL_FULL, tcp, 64, 64, __VA_ARGS__)                                                                     \
    SPLITTING(CELL_FULL, tcp, 64, 65536, __VA_ARGS__)

#define LATENCIES(modes_, ...)                                                                                         \
    FOUR_FORMS(LATENCY_CELL, modes_, "closed", 0, __VA_ARGS__)                                                         \
    FOUR_FORMS(LATENCY_CELL, modes_, "open-50", 50, __VA_ARGS__)                                                       \
    FOUR_FORMS(LATENCY_CELL, CELL_FULL, "open-80", 80, __VA_ARGS__)
/* Those of quick mode; in full mode too on the backend beside the chosen one. */
#define LATENCY_GROUPS(...) LATENCIES(CELL_BOTH, tcp, 64, 64, __VA_ARGS__)

/* clang-format off */
static const struct cell cells[] = {
    LOOP_FORMS(MEMORY_CELL, empty)
    LOOP_FORMS(MEMORY_CELL, checksum)
    SOCKET_GROUPS(io_uring, off)
    FOUR_FORMS(SOCKET_CELL, CELL_BOTH, socketpair, 1, 64, io_uring, on)
    SOCKET_GROUPS(epoll, on)
    APART_CELLS("io-uring", CELL_BOTH, io_uring, socketpair, 64, 64)
    APART_CELLS("io-uring", CELL_FULL, io_uring, tcp, 64, 64)
    YARDSTICK_GROUP(CELL_BOTH, socketpair, 64, 64)
    YARDSTICK_GROUP(CELL_FULL, tcp, 64, 64)
    POLICY_GROUP("receive=multishot", stream_receive_multishot)
    POLICY_GROUP("files=registered", stream_register_file)
    SPLITTING(CELL_FULL, socketpair, 1000, 64, io_uring, off)
    SPLITTING(CELL_FULL, tcp, 1000, 64, io_uring, off)
    LATENCIES(CELL_FULL, socketpair, 1, 64, io_uring, off)
    LATENCIES(CELL_FULL, socketpair, 64, 64, io_uring, off)
    LATENCIES(CELL_FULL, tcp, 1, 64, io_uring, off)
    LATENCIES(CELL_FULL, tcp, 64, 4096, io_uring, off)
    LATENCIES(CELL_FULL, tcp, 1000, 64, io_uring, off)
    FOUR_FORMS(WINDOW_LATENCY_CELL, CELL_FULL, tcp, 64, 64, io_uring, off)
    SPLIT_LATENCIES("closed", 0, tcp, 64, 64, io_uring, off)
    SPLIT_LATENCIES("open-50", 50, tcp, 64, 64, io_uring, off)
    LATENCY_GROUPS(io_uring, off)
    LATENCY_GROUPS(epoll, on)
};
/* clang-format on */

const struct experiment experiment_echo = {
    .name = "echo",
    .title = "the real loop, read, process, write, repeat: in memory and over sockets, beside a bare state machine",
    .published = "the discussion of P4003R1: 100k reads/s",
    .operation = "message",
    .takes_allocator = true,
    .ratio_metric = "ratio_to_floor",
    .full_blocks = 24,
    .full_sample_us = 2000,
    .beside = echo_latency_run,
    .cpu_ratios = true,
    .cells = cells,
    .cell_count = sizeof cells / sizeof cells[0],
};
