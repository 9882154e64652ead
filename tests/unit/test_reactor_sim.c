/* The sim backend: the reactor's contract without a kernel, and the script that it follows. */
#include "common/stream.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SOURCE = 4096, PIECE = 64, OPERATIONS = 500 };

static unsigned char source[SOURCE], sink[SOURCE];

static struct reactor *create(struct sim_script script)
{
    struct reactor *reactor;
    const char *reason = "";
    struct reactor_options options = {.backend = REACTOR_SIM, .script = script};
    assert_int_equal(reactor_create(&reactor, &options, &reason), 0);
    return reactor;
}

static void open_stream(struct memory_stream *stream, struct reactor *reactor, uint64_t readable)
{
    for (size_t i = 0; i < SOURCE; i++)
        source[i] = (unsigned char)(i * 7);
    assert_int_equal(sim_stream_init(stream, reactor, source, SOURCE, readable, PIECE, sink, SOURCE), 0);
}

static unsigned completions;

static void completed(struct io_op *op)
{
    (void)op;
    completions++;
}

static void submit(struct io_op *op, struct stream *stream, enum io_kind kind, void *buffer, size_t size)
{
    unsigned before = completions;
    io_op_prepare(op, stream, buffer, size);
    op->complete = completed;
    stream_submit(op, kind);
    assert_int_equal(completions, before);
}

/* Reads OPERATIONS pieces and writes down all that happened. */
static void record(struct sim_script script, char *log, size_t log_size)
{
    struct reactor *reactor = create(script);
    struct memory_stream stream;
    unsigned char buffer[PIECE];
    open_stream(&stream, reactor, UINT64_MAX);
    size_t used = 0;
    for (int i = 0; i < OPERATIONS; i++) {
        struct io_op op;
        io_op_prepare(&op, &stream.stream, buffer, sizeof buffer);
        bool sync = stream_try(&op, IO_READ);
        int polls = 0;
        if (!sync) {
            submit(&op, &stream.stream, IO_READ, buffer, sizeof buffer);
            for (unsigned before = completions; completions == before; polls++)
                assert_true(reactor_poll(reactor, false) >= 0);
        }
        used += (size_t)snprintf(log + used, log_size - used, "%d %d %zd\n", sync, polls, op.result);
        assert_true(used < log_size);
    }
    reactor_destroy(reactor);
}

static void the_same_seed_gives_the_same_run(void **state)
{
    (void)state;
    static char first[16 * OPERATIONS], second[16 * OPERATIONS], other[16 * OPERATIONS];
    struct sim_script script = {.seed = 42, .sync_share = 400, .short_share = 300, .delay_max = 5};
    record(script, first, sizeof first);
    record(script, second, sizeof second);
    script.seed++;
    record(script, other, sizeof other);
    assert_string_equal(first, second);
    assert_string_not_equal(first, other);
}

static void the_shares_are_those_of_the_script(void **state)
{
    (void)state;
    struct reactor *reactor = create((struct sim_script){.seed = 7, .sync_share = 400, .short_share = 250});
    struct memory_stream stream;
    unsigned char buffer[PIECE];
    open_stream(&stream, reactor, UINT64_MAX);
    unsigned sync = 0, shorts = 0, operations = 20000;
    for (unsigned i = 0; i < operations; i++) {
        struct io_op op;
        io_op_prepare(&op, &stream.stream, buffer, sizeof buffer);
        if (stream_try(&op, IO_READ)) {
            sync++;
        } else {
            submit(&op, &stream.stream, IO_READ, buffer, sizeof buffer);
            assert_int_equal(reactor_poll(reactor, true), 1);
        }
        shorts += op.result < PIECE;
    }
    assert_in_range(sync, operations * 38 / 100, operations * 42 / 100);
    assert_in_range(shorts, operations * 23 / 100, operations * 27 / 100);
    reactor_destroy(reactor);
}

static void a_short_transfer_loses_and_repeats_nothing(void **state)
{
    (void)state;
    struct reactor *reactor = create((struct sim_script){.seed = 3, .sync_share = 500, .short_share = 900});
    struct memory_stream stream;
    open_stream(&stream, reactor, SOURCE);
    unsigned char buffer[PIECE];
    size_t got = 0;
    for (;;) {
        struct io_op op;
        io_op_prepare(&op, &stream.stream, buffer, sizeof buffer);
        if (!stream_try(&op, IO_READ)) {
            submit(&op, &stream.stream, IO_READ, buffer, sizeof buffer);
            assert_int_equal(reactor_poll(reactor, true), 1);
        }
        if (op.result == 0)
            break;
        assert_memory_equal(buffer, source + got, op.result);
        got += (size_t)op.result;
        for (ssize_t put = 0; put < (ssize_t)sizeof buffer && put < op.result;) {
            struct io_op write;
            submit(&write, &stream.stream, IO_WRITE, buffer + put, (size_t)(op.result - put));
            assert_int_equal(reactor_poll(reactor, true), 1);
            put += write.result;
        }
    }
    assert_int_equal(got, SOURCE);
    assert_int_equal(stream.written, SOURCE);
    assert_memory_equal(sink, source, SOURCE);
    reactor_destroy(reactor);
}

static void the_scripted_error_is_the_result_of_one_operation(void **state)
{
    (void)state;
    for (unsigned sync_share = 0; sync_share <= 1000; sync_share += 500) {
        struct reactor *reactor = create(
            (struct sim_script){.seed = 1, .sync_share = sync_share, .delay_max = 3, .error = ENOBUFS, .error_at = 5});
        struct memory_stream stream;
        unsigned char buffer[PIECE];
        open_stream(&stream, reactor, UINT64_MAX);
        for (int number = 1; number <= 10; number++) {
            struct io_op op;
            io_op_prepare(&op, &stream.stream, buffer, sizeof buffer);
            if (!stream_try(&op, IO_READ)) {
                submit(&op, &stream.stream, IO_READ, buffer, sizeof buffer);
                assert_int_equal(reactor_poll(reactor, true), 1);
            }
            assert_int_equal(op.result, number == 5 ? -ENOBUFS : PIECE);
        }
        reactor_destroy(reactor);
    }
}

static void operations_complete_in_the_order_of_the_virtual_clock(void **state)
{
    (void)state;
    struct reactor *reactor = create((struct sim_script){.seed = 9, .delay_max = 20});
    static struct memory_stream streams[50];
    struct io_op ops[50];
    unsigned char buffer[PIECE];
    completions = 0;
    for (int i = 0; i < 50; i++) {
        open_stream(&streams[i], reactor, UINT64_MAX);
        submit(&ops[i], &streams[i].stream, IO_READ, buffer, sizeof buffer);
    }
    assert_int_equal(reactor_in_flight(reactor), 50);
    int polls = 0;
    for (; reactor_in_flight(reactor); polls++)
        assert_true(reactor_poll(reactor, true) > 0);
    assert_int_equal(completions, 50);
    assert_in_range(polls, 2, 21);
    reactor_destroy(reactor);
}

static void submit_again(struct io_op *op)
{
    if (++completions < 10)
        stream_submit(op, op->kind);
}

static void what_a_completion_submits_waits_for_the_next_poll(void **state)
{
    (void)state;
    struct reactor *reactor = create((struct sim_script){.seed = 1});
    struct memory_stream stream;
    struct io_op op;
    unsigned char buffer[PIECE];
    open_stream(&stream, reactor, UINT64_MAX);
    completions = 0;
    io_op_prepare(&op, &stream.stream, buffer, sizeof buffer);
    op.complete = submit_again;
    stream_submit(&op, IO_READ);
    for (unsigned polls = 1; polls <= 10; polls++) {
        assert_int_equal(reactor_poll(reactor, polls % 2), 1);
        assert_int_equal(completions, polls);
    }
    assert_int_equal(reactor_in_flight(reactor), 0);
    reactor_destroy(reactor);
}

static void a_wait_that_nothing_could_end_is_an_error(void **state)
{
    (void)state;
    struct reactor *reactor = create((struct sim_script){.seed = 1});
    assert_int_equal(reactor_poll(reactor, true), -EDEADLK);
    assert_int_equal(reactor_poll(reactor, false), 0);
    reactor_wake(reactor);
    assert_int_equal(reactor_poll(reactor, false), 0);
    assert_int_equal(reactor_poll(reactor, true), 0);
    assert_int_equal(reactor_poll(reactor, true), -EDEADLK);
    reactor_destroy(reactor);
}

static unsigned order[4];

struct timed {
    struct reactor_timer timer;
    unsigned number;
};

static void timer_completed(struct io_op *op)
{
    assert_int_equal(op->result, 0);
    order[completions++] = ((struct timed *)op)->number;
}

/* An hour passes as soon as nothing else is due. */
static void timers_go_by_the_virtual_clock(void **state)
{
    (void)state;
    static const uint64_t times[] = {3600000000000u, 0, 1001, 1000};
    struct reactor *reactor = create((struct sim_script){.seed = 1, .error = EIO, .error_at = 1});
    struct timed timers[4];
    completions = 0;
    for (unsigned i = 0; i < 4; i++) {
        timers[i] = (struct timed){.timer.op.complete = timer_completed, .number = i};
        reactor_timer_start(reactor, &timers[i].timer, times[i]);
    }
    assert_int_equal(completions, 0);
    assert_int_equal(reactor_poll(reactor, false), 2);
    assert_int_equal(reactor_poll(reactor, false), 1);
    assert_int_equal(reactor_poll(reactor, false), 0);
    assert_int_equal(reactor_poll(reactor, true), 1);
    static const unsigned expected[] = {1, 3, 2, 0};
    assert_memory_equal(order, expected, sizeof order);
    assert_int_equal(reactor_poll(reactor, true), -EDEADLK);
    reactor_destroy(reactor);
}

static void accepting_and_connecting_follow_the_script(void **state)
{
    (void)state;
    for (unsigned sync_share = 0; sync_share <= 1000; sync_share += 1000) {
        struct reactor *reactor =
            create((struct sim_script){.seed = 5, .sync_share = sync_share, .error = ECONNREFUSED, .error_at = 3});
        struct memory_stream listener, accepted, client;
        unsigned char buffer[PIECE];
        open_stream(&listener, reactor, UINT64_MAX);
        open_stream(&client, reactor, UINT64_MAX);
        for (int number = 1; number <= 3; number++) {
            struct io_op op = {.complete = completed};
            enum io_kind kind = number == 1 ? IO_ACCEPT : IO_CONNECT;
            if (kind == IO_ACCEPT)
                io_op_prepare_accept(&op, &listener.stream, &accepted.stream);
            else
                io_op_prepare_connect(&op, &client.stream, &(struct sockaddr_in){.sin_family = AF_INET});
            bool sync = stream_try(&op, kind);
            assert_int_equal(sync, sync_share > 0);
            if (!sync) {
                stream_submit(&op, kind);
                assert_int_equal(reactor_poll(reactor, true), 1);
            }
            assert_int_equal(op.result, number == 3 ? -ECONNREFUSED : 0);
        }
        struct io_op read;
        io_op_prepare(&read, &accepted.stream, buffer, sizeof buffer);
        if (!stream_try(&read, IO_READ)) {
            submit(&read, &accepted.stream, IO_READ, buffer, sizeof buffer);
            assert_int_equal(reactor_poll(reactor, true), 1);
        }
        assert_int_equal(read.result, PIECE);
        assert_memory_equal(buffer, source, PIECE);
        reactor_destroy(reactor);
    }
}

static void cancel_the_second(struct io_op *op)
{
    completions++;
    stream_cancel(op + 1);
    stream_cancel(op + 1);
}

static void cancelling_all_ends_those_of_the_stream_and_no_other(void **state)
{
    (void)state;
    struct reactor *reactor = create((struct sim_script){.seed = 1});
    struct memory_stream stream, other;
    struct io_op ops[50];
    unsigned char buffer[PIECE];
    open_stream(&stream, reactor, SOURCE);
    open_stream(&other, reactor, SOURCE);
    completions = 0;
    for (int i = 0; i < 50; i++)
        submit(&ops[i], i % 2 ? &stream.stream : &other.stream, IO_READ, buffer, sizeof buffer);
    stream_cancel_all(&stream.stream);
    assert_int_equal(reactor_poll(reactor, true), 50);
    for (int i = 0; i < 50; i++)
        assert_int_equal(ops[i].result, i % 2 ? -ECANCELED : PIECE);

    /* from a completion, of what is due with it */
    submit(&ops[0], &stream.stream, IO_READ, buffer, sizeof buffer);
    ops[0].complete = cancel_the_second;
    submit(&ops[1], &other.stream, IO_READ, buffer, sizeof buffer);
    while (reactor_in_flight(reactor))
        assert_true(reactor_poll(reactor, true) > 0);
    assert_int_equal(ops[1].result, -ECANCELED);
    assert_int_equal(completions, 52);
    assert_int_equal(reactor_poll(reactor, true), -EDEADLK);
    reactor_destroy(reactor);
}

static void a_cancelled_operation_completes_once_and_moves_nothing(void **state)
{
    (void)state;
    struct reactor *reactor = create((struct sim_script){.seed = 1, .delay_max = 9, .error = EIO, .error_at = 1});
    struct memory_stream stream;
    struct io_op op;
    unsigned char buffer[PIECE];
    open_stream(&stream, reactor, SOURCE);
    completions = 0;
    submit(&op, &stream.stream, IO_READ, buffer, sizeof buffer);
    stream_cancel(&op);
    stream_cancel(&op);
    assert_int_equal(completions, 0);
    assert_int_equal(reactor_poll(reactor, true), 1);
    assert_int_equal(op.result, -ECANCELED);
    assert_int_equal(stream.readable, SOURCE);
    submit(&op, &stream.stream, IO_READ, buffer, sizeof buffer);
    assert_int_equal(reactor_poll(reactor, true), 1);
    assert_int_equal(op.result, PIECE);
    assert_int_equal(completions, 2);
    assert_int_equal(reactor_in_flight(reactor), 0);
    reactor_destroy(reactor);
}

static void nothing_to_move_completes_in_try(void **state)
{
    (void)state;
    struct reactor *reactor = create((struct sim_script){.seed = 1});
    struct memory_stream stream;
    struct io_op op = {.result = -1};
    open_stream(&stream, reactor, SOURCE);
    io_op_prepare(&op, &stream.stream, NULL, 0);
    assert_true(stream_try(&op, IO_READ));
    assert_int_equal(op.result, 0);
    reactor_destroy(reactor);
}

static void a_script_out_of_range_is_refused(void **state)
{
    (void)state;
    static const struct sim_script scripts[] = {{.sync_share = 1001}, {.short_share = 1001}, {.error = -EIO}};
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct reactor *reactor;
        const char *reason;
        struct reactor_options options = {.backend = REACTOR_SIM, .script = scripts[i]};
        assert_int_equal(reactor_create(&reactor, &options, &reason), -EINVAL);
        assert_non_null(reason);
    }
}

static void a_scripted_stream_needs_the_sim_backend(void **state)
{
    (void)state;
    struct reactor *reactor;
    struct reactor_options options = {.backend = REACTOR_EPOLL};
    assert_int_equal(reactor_create(&reactor, &options, NULL), 0);
    struct memory_stream stream;
    assert_int_equal(sim_stream_init(&stream, reactor, source, SOURCE, SOURCE, PIECE, sink, SOURCE), -EINVAL);
    reactor_destroy(reactor);
}

static void the_sim_backend_serves_no_descriptors(void **state)
{
    (void)state;
    struct reactor *reactor = create((struct sim_script){.seed = 1});
    struct stream pair[2];
    assert_int_equal(stream_open_socketpair(pair, reactor, false), -EINVAL);
    reactor_destroy(reactor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_run),
        cmocka_unit_test(the_shares_are_those_of_the_script),
        cmocka_unit_test(a_short_transfer_loses_and_repeats_nothing),
        cmocka_unit_test(the_scripted_error_is_the_result_of_one_operation),
        cmocka_unit_test(operations_complete_in_the_order_of_the_virtual_clock),
        cmocka_unit_test(what_a_completion_submits_waits_for_the_next_poll),
        cmocka_unit_test(a_wait_that_nothing_could_end_is_an_error),
        cmocka_unit_test(timers_go_by_the_virtual_clock),
        cmocka_unit_test(accepting_and_connecting_follow_the_script),
        cmocka_unit_test(cancelling_all_ends_those_of_the_stream_and_no_other),
        cmocka_unit_test(a_cancelled_operation_completes_once_and_moves_nothing),
        cmocka_unit_test(nothing_to_move_completes_in_try),
        cmocka_unit_test(a_script_out_of_range_is_refused),
        cmocka_unit_test(a_scripted_stream_needs_the_sim_backend),
        cmocka_unit_test(the_sim_backend_serves_no_descriptors),
    };
    return cmocka_run_group_tests_name("sim", tests, NULL, NULL);
}
