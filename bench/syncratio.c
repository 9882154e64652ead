/* syncratio: what a turn of the loop costs as more of its reads and writes complete at once, and how many reads do so
 * on real sockets.
 *
 *   reactor=sim       `share` percent of reads and writes, drawn from the seed, complete in stream_try; the rest
 *                     come from the run_loop's next poll. One operation is one turn, a read and a write of 64 bytes,
 *                     for every form of the loop. A form that nests runs on until an operation waits, or its launch
 *                     ends, at 512 turns. What a form does with an operation that is complete at once: awaitable task
 *                     goes on without suspending, for await_ready says so, and task-suspending suspends, and
 *                     await_suspend gives its own handle back. Of a coroutine that awaits senders, member and
 *                     ready-flag-one-thread are those that do not suspend; p2300-task, the handshakes and the rest
 *                     always do.
 *   load=NAME         a server of TCP connections on loopback, its peer a thread of its own: on another processor, on
 *                     the same, or where the kernel puts it (peer). sync_share are the reads that complete at once, of
 *                     those that bring bytes: in stream_try before an epoll reactor waits (counts=try), or, submitted
 *                     to io_uring without a try, by the first look at its completions, which does not wait: the
 *                     system call that submits has just returned (counts=submitted). Reads count from when each
 *                     connection has had a tenth of its messages. value is the median of the repeats, each on new
 *                     connections, and low and high are its 99 % interval (order_median).
 *
 *   ping-pong       1 connection; a message of 64 bytes is sent when the one before has come back
 *   in-two-reads    the same, each message in two reads, as a header and its body are
 *   outstanding-2, outstanding-4
 *                   so many messages are sent ahead of the replies, and each is one read
 *   streaming       1 connection; messages of 4 KiB, up to 64 ahead
 *   connections-64  ping-pong on 64 connections
 */
#include "bench/syncratio/syncratio.h"
#include "bench/statistics.h"

#include <errno.h>
#include <string.h>

/* Messages of a single connection: of 64, each has a tenth of it. */
enum { REPEATS_QUICK = ORDER_LEAST, REPEATS_FULL = 15, MESSAGES_QUICK = 600, MESSAGES_FULL = 2000 };

/* ---- What needs no clock ---- */

static void socket_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    const struct socket_parameters *parameters = cell->parameters;
    double shares[REPEATS_FULL];
    struct interval share;
    struct row row = *blank;
    int status = loop_forms[parameters->form].code->unavailable ? -ENOTSUP : 0;
    row.metric = "sync_share";
    row.unit = "fraction";
    for (unsigned i = 0; i < parameters->repeats && !status; i++) {
        struct socket_counts counts;
        status = run_interrupted() ? -EINTR : socket_serve(parameters, &counts);
        if (!status && counts.reads == 0)
            status = -ENODATA;
        if (!status)
            shares[i] = (double)counts.at_once / (double)counts.reads;
    }
    if (!status)
        status = order_median(shares, parameters->repeats, &share);
    if (status) {
        results_add_missing(results, &row, strerror(-status));
        return;
    }
    row.value = share.value;
    row.low = share.low;
    row.high = share.high;
    row.samples = parameters->repeats;
    results_add(results, &row);
}

/* ---- The cells ---- */

/* Quick mode times a few forms at three shares. It counts those, and their like in C++, at every share, and the others
 * where all and where no operations complete at once. */
#define QUICK_TIMED(form_)                                                                                             \
    ((form_) == LOOP_FORM_floor || (form_) == LOOP_FORM_task || (form_) == LOOP_FORM_task_suspending ||                \
     (form_) == LOOP_FORM_pipeline || (form_) == LOOP_FORM_p2300_task || (form_) == LOOP_FORM_handshake_exchange ||    \
     (form_) == LOOP_FORM_handshake_thread_id)
#define QUICK_COUNTED(form_) (QUICK_TIMED(form_) || (form_) == LOOP_FORM_cxx_task || (form_) == LOOP_FORM_cxx_pipeline)
#define AT_AN_END(share_) ((share_) == 0 || (share_) == 100)

#define SIM_CELL(form_, model_, mechanism_, kind_, modes_, share_)                                                     \
    {                                                                                                                  \
        .model = (model_),                                                                                             \
        .mechanism = (mechanism_),                                                                                     \
        .variant = "reactor=sim,share=" #share_,                                                                       \
        .modes = QUICK_COUNTED(LOOP_FORM_##form_) || AT_AN_END(share_) ? CELL_BOTH : CELL_FULL,                        \
        .untimed = QUICK_TIMED(LOOP_FORM_##form_) && (AT_AN_END(share_) || (share_) == 40) ? 0 : CELL_QUICK,           \
        .baseline = LOOP_FORM_##form_ == LOOP_FORM_floor,                                                              \
        .native =                                                                                                      \
            LOOP_FORM_##form_ == LOOP_FORM_floor || LOOP_FORM_##form_ == LOOP_FORM_task ? NULL : "awaitable/task",     \
        .counted = true,                                                                                               \
        .parameters = &(const struct sim_parameters){LOOP_FORM_##form_, share_},                                       \
        .open = sim_open,                                                                                              \
        .run = sim_run,                                                                                                \
        .close = sim_close,                                                                                            \
    },

#define SOCKET_CELL(form_, modes_, repeats_, counts_, peer_, messages_, load_, connections_, outstanding_, message_,   \
                    buffer_)                                                                                           \
    {                                                                                                                  \
        .model = FORM_##form_,                                                                                         \
        .variant = "load=" load_ ",counts=" #counts_ ",peer=" #peer_,                                                  \
        .modes = (modes_),                                                                                             \
        .parameters = &(const struct socket_parameters){.form = LOOP_FORM_##form_,                                     \
                                                        .backend = BACKEND_##counts_,                                  \
                                                        .peer = PEER_##peer_,                                          \
                                                        .speculative = SPECULATIVE_##counts_,                          \
                                                        .connections = (connections_),                                 \
                                                        .outstanding = (outstanding_),                                 \
                                                        .message = (message_),                                         \
                                                        .buffer = (buffer_),                                           \
                                                        .messages = (messages_) * (connections_),                      \
                                                        .warm_up = (messages_) / 10,                                   \
                                                        .repeats = (repeats_)},                                        \
        .describe = socket_describe,                                                                                   \
    },

#define FORM_floor "raw", .mechanism = "floor"
#define FORM_task "awaitable", .mechanism = "task"
#define FORM_pipeline "sender", .mechanism = "pipeline"
#define PEER_any PEER_ANY
#define PEER_same PEER_SAME
#define PEER_other PEER_OTHER
#define SPECULATIVE_try true
#define SPECULATIVE_submitted false
#define BACKEND_try REACTOR_EPOLL
#define BACKEND_submitted REACTOR_IO_URING

#define SOCKET_LOADS(messages, ...)                                                                                    \
    SOCKET_CELL(__VA_ARGS__, messages, "ping-pong", 1, 1, 64, 4096)                                                    \
    SOCKET_CELL(__VA_ARGS__, messages, "in-two-reads", 1, 1, 64, 32)                                                   \
    SOCKET_CELL(__VA_ARGS__, messages, "outstanding-2", 1, 2, 64, 64)                                                  \
    SOCKET_CELL(__VA_ARGS__, messages, "outstanding-4", 1, 4, 64, 64)                                                  \
    SOCKET_CELL(__VA_ARGS__, messages, "streaming", 1, 64, 4096, 4096)                                                 \
    SOCKET_CELL(__VA_ARGS__, (messages) / 10, "connections-64", 64, 1, 64, 4096)
#define SOCKET_PEER(messages, form, modes, repeats, peer)                                                              \
    SOCKET_LOADS(messages, form, modes, repeats, try, peer)                                                            \
    SOCKET_LOADS(messages, form, modes, repeats, submitted, peer)
#define SOCKETS_QUICK(form)                                                                                            \
    SOCKET_PEER(MESSAGES_QUICK, form, CELL_QUICK, REPEATS_QUICK, other)                                                \
    SOCKET_PEER(MESSAGES_QUICK, form, CELL_QUICK, REPEATS_QUICK, same)
#define SOCKETS_FULL(form)                                                                                             \
    SOCKET_PEER(MESSAGES_FULL, form, CELL_FULL, REPEATS_FULL, other)                                                   \
    SOCKET_PEER(MESSAGES_FULL, form, CELL_FULL, REPEATS_FULL, same)                                                    \
    SOCKET_PEER(MESSAGES_FULL, form, CELL_FULL, REPEATS_FULL, any)

/* clang-format off */
static const struct cell cells[] = {
    LOOP_FORMS(SIM_CELL, 0)
    LOOP_FORMS(SIM_CELL, 10)
    LOOP_FORMS(SIM_CELL, 20)
    LOOP_FORMS(SIM_CELL, 30)
    LOOP_FORMS(SIM_CELL, 40)
    LOOP_FORMS(SIM_CELL, 50)
    LOOP_FORMS(SIM_CELL, 60)
    LOOP_FORMS(SIM_CELL, 70)
    LOOP_FORMS(SIM_CELL, 80)
    LOOP_FORMS(SIM_CELL, 90)
    LOOP_FORMS(SIM_CELL, 100)
    SOCKETS_QUICK(floor)
    SOCKETS_FULL(floor)
    SOCKETS_FULL(task)
    SOCKETS_FULL(pipeline)
};
/* clang-format on */

const struct experiment experiment_syncratio = {
    .name = "syncratio",
    .title = "a turn of the loop as 0 to 100 % of its operations complete at once, and the share on real sockets",
    .published = "the discussion of P4003R1: 40 % of reads",
    .operation = "turn",
    .ratio_metric = "ratio_to_floor",
    .quick_sample_us = 300,
    .cells = cells,
    .cell_count = sizeof cells / sizeof cells[0],
};
