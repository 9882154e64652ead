/* The clients of `echo` that measure latencies, on a clock of this file's own, which goes on by a microsecond with each
 * look at it. */
#include "bench/echo_socket.h"
#include "bench/progress.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MICROSECOND = 1000, MILLISECOND = 1000 * MICROSECOND, CONNECTIONS = 4, MESSAGES = 20000, STALL_MS = 50 };

static uint64_t clock_reads_ns, stall_at, processed;

static uint64_t now(void)
{
    return clock_reads_ns += MICROSECOND;
}

/* The server's step: it stalls once. */
static void stalling(struct process *process, unsigned char *data, size_t bytes)
{
    if (++processed == stall_at)
        clock_reads_ns += STALL_MS * MILLISECOND;
    process_checksum(process, data, bytes);
}

static void spoiling(struct process *process, unsigned char *data, size_t bytes)
{
    if (++processed == MESSAGES / 2)
        data[bytes / 2] ^= 1;
    process_checksum(process, data, bytes);
}

static struct echo_socket *open_with(struct echo_parameters *parameters,
                                     void (*step)(struct process *, unsigned char *, size_t))
{
    struct cell cell = {.parameters = parameters};
    void *state;
    parameters->form = LOOP_FORM_floor;
    parameters->transport = ECHO_socketpair;
    parameters->process = step;
    parameters->backend = REACTOR_EPOLL;
    if (!parameters->connections)
        parameters->connections = CONNECTIONS;
    if (!parameters->message)
        parameters->message = 64;
    assert_int_equal(echo_socket_open(&cell, &(struct run_options){.seed = 7}, &state), 0);
    clock_reads_ns = stall_at = processed = 0;
    return state;
}

/* The latencies of so many messages; `rate` 0: closed loop. */
static struct histogram *latencies_of(double rate, uint64_t stalls_at)
{
    struct echo_parameters parameters = {.window = 1, .speculative = true};
    struct echo_socket *echo = open_with(&parameters, stalling);
    struct histogram *latencies = calloc(1, sizeof *latencies);
    struct outcome outcome;
    assert_non_null(latencies);
    stall_at = stalls_at;
    struct echo_load load = {.messages = MESSAGES, .rate = rate, .now = now, .latencies = latencies};
    assert_int_equal(echo_socket_load(echo, &load, &outcome), 0);
    assert_int_equal(outcome.operations, MESSAGES);
    assert_int_equal(outcome.bytes, MESSAGES * 64);
    assert_int_equal(latencies->count, MESSAGES);
    echo_socket_close(echo);
    return latencies;
}

/* At 100,000 messages a second, 5,000 of them are due during the stall, and each waits for what is left of it. Clients
 * that wait for replies see it once a connection, however long it is: that omission is the one to avoid. */
static void an_open_load_sees_a_stall_in_all_that_it_delays(void **state)
{
    (void)state;
    struct histogram *closed = latencies_of(0, MESSAGES / 4), *open = latencies_of(100000, MESSAGES / 4);
    assert_true(closed->max >= STALL_MS * MILLISECOND);
    assert_true(histogram_percentile(closed, 999000) < MILLISECOND);

    assert_true(open->max >= STALL_MS * MILLISECOND);
    assert_true(histogram_percentile(open, 500000) < MILLISECOND);
    assert_true(histogram_percentile(open, 900000) > STALL_MS / 3 * MILLISECOND);
    assert_true(histogram_percentile(open, 990000) > STALL_MS * 9 / 10 * MILLISECOND);
    free(closed);
    free(open);
}

static void an_open_load_without_a_stall_waits_for_nobody(void **state)
{
    (void)state;
    struct histogram *open = latencies_of(100000, 0);
    assert_true(histogram_percentile(open, 999000) < MILLISECOND);
    assert_in_range(clock_reads_ns, (uint64_t)(0.95 * MESSAGES) * 10 * MICROSECOND,
                    (uint64_t)(1.05 * MESSAGES) * 10 * MICROSECOND);
    free(open);
}

static void a_schedule_follows_from_its_seed(void **state)
{
    (void)state;
    struct histogram *first = latencies_of(100000, 100), *second = latencies_of(100000, 100);
    assert_int_equal(first->max, second->max);
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        assert_int_equal(first->buckets[i], second->buckets[i]);
    free(first);
    free(second);
}

/* So many messages ahead, of any size, through buffers that hold less than that. */
static void a_window_loses_nothing(void **state)
{
    static const size_t sizes[] = {64, 4096, 65536};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (unsigned speculative = 0; speculative < 2; speculative++) {
            struct echo_parameters parameters = {
                .window = 8, .message = sizes[i], .speculative = speculative, .connections = 3};
            struct echo_socket *echo = open_with(&parameters, process_checksum);
            struct outcome outcome;
            for (uint64_t messages = 1; messages < 100; messages += 49) {
                assert_int_equal(echo_socket_load(echo, &(struct echo_load){.messages = messages}, &outcome), 0);
                assert_int_equal(outcome.bytes, messages * sizes[i]);
            }
            echo_socket_close(echo);
        }
    }
}

static void a_spoilt_byte_is_seen(void **state)
{
    (void)state;
    struct echo_parameters parameters = {.window = 8};
    struct echo_socket *echo = open_with(&parameters, spoiling);
    struct outcome outcome;
    assert_int_equal(echo_socket_load(echo, &(struct echo_load){.messages = MESSAGES}, &outcome), -EBADMSG);
    assert_int_equal(echo_socket_load(echo, &(struct echo_load){.messages = 1}, &outcome), -EBADMSG);
    echo_socket_close(echo);
}

#define PLACE(step_, percent_, window_, split_)                                                                        \
    &(const struct echo_parameters)                                                                                    \
    {                                                                                                                  \
        .form = LOOP_FORM_floor, .transport = ECHO_socketpair, .process = (step_), .backend = REACTOR_EPOLL,           \
        .speculative = true, .connections = CONNECTIONS, .message = 64, .window = (window_), .split = (split_),        \
        .load_percent = (percent_)                                                                                     \
    }

/* A place that fails, in the rate that an open load takes from the floor too, is missing; the one behind it is
 * measured.
 */
static void a_place_that_fails_takes_no_other_with_it(void **state)
{
    (void)state;
    const struct cell cells[] = {
        {.model = "raw",
         .mechanism = "floor",
         .variant = "load=open-50",
         .modes = CELL_BOTH,
         .parameters = PLACE(spoiling, 50, 1, false)},
        {.model = "raw",
         .mechanism = "floor",
         .variant = "load=closed",
         .modes = CELL_BOTH,
         .parameters = PLACE(process_checksum, 0, 1, false)},
    };
    const struct experiment experiment = {.name = "echo", .cells = cells, .cell_count = 2};
    const struct run_options options = {.seed = 1, .backend = REACTOR_EPOLL};
    struct progress progress = {.quiet = true};
    struct results *results = results_create();
    processed = 0;
    assert_non_null(results);
    assert_int_equal(echo_latency_run(&experiment, &options, results, &progress), -EBADMSG);
    unsigned missing = 0, there = 0;
    for (size_t i = 0; i < results_count(results); i++) {
        bool failed = strcmp(results_row(results, i)->variant, "load=open-50") == 0;
        assert_int_equal(results_reason(results, i) != NULL, failed);
        missing += failed;
        there += !failed;
    }
    assert_true(missing == 8 && there == 8);
    results_destroy(results);
}

/* Of several messages in flight, and of requests that are split, under both loads. */
static void every_load_has_its_latencies(void **state)
{
    (void)state;
    const struct echo_parameters *const places[] = {
        PLACE(process_checksum, 0, 8, false), PLACE(process_checksum, 50, 8, false),
        PLACE(process_checksum, 0, 1, true), PLACE(process_checksum, 50, 1, true)};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const struct cell cell = {
            .model = "raw", .mechanism = "floor", .variant = "-", .modes = CELL_BOTH, .parameters = places[i]};
        const struct experiment experiment = {.name = "echo", .cells = &cell, .cell_count = 1};
        struct progress progress = {.quiet = true};
        struct results *results = results_create();
        assert_non_null(results);
        processed = 0;
        assert_int_equal(
            echo_latency_run(&experiment, &(struct run_options){.seed = 1, .smoke = true}, results, &progress), 0);
        results_destroy(results);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_load_sees_a_stall_in_all_that_it_delays),
        cmocka_unit_test(an_open_load_without_a_stall_waits_for_nobody),
        cmocka_unit_test(a_schedule_follows_from_its_seed),
        cmocka_unit_test(a_window_loses_nothing),
        cmocka_unit_test(a_spoilt_byte_is_seen),
        cmocka_unit_test(a_place_that_fails_takes_no_other_with_it),
        cmocka_unit_test(every_load_has_its_latencies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
