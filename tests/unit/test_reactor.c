/* The reactor's contract, on each kernel backend and each kind of descriptor: one operation at a time. */
#include "tests/unit/reactor_rules.h"

#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MANY = 5 };

static void ignore(struct io_op *op)
{
    (void)op;
}

static void a_read_completes_once_and_never_within_submit(void **state)
{
    struct fixture *fixture = *state;
    char out[MESSAGE] = "ready before the read is submitted", in[MESSAGE];
    assert_int_equal(transfer(fixture, &fixture->pair[1], IO_WRITE, out, sizeof out), sizeof out);

    struct tracked read = {0};
    submit(&read, &fixture->pair[0], IO_READ, in, sizeof in);
    assert_int_equal(read.completions, 0);
    assert_int_equal(reactor_in_flight(fixture->reactor), 1);
    finish(fixture, &read, 1);
    assert_int_equal(read.op.result, sizeof in);
    assert_memory_equal(in, out, sizeof in);
    nothing_more(fixture);
    assert_int_equal(read.completions, 1);
}

static void a_read_that_waits_completes_when_bytes_come(void **state)
{
    struct fixture *fixture = *state;
    char out[MESSAGE] = "written while the read waits", in[MESSAGE];
    struct tracked read = {0};
    submit(&read, &fixture->pair[0], IO_READ, in, sizeof in);
    assert_int_equal(reactor_poll(fixture->reactor, false), 0);
    assert_int_equal(transfer(fixture, &fixture->pair[1], IO_WRITE, out, sizeof out), sizeof out);
    finish(fixture, &read, 1);
    assert_int_equal(read.op.result, sizeof in);
    assert_memory_equal(in, out, sizeof in);
    nothing_more(fixture);
}

static void a_short_read_returns_what_there_is(void **state)
{
    struct fixture *fixture = *state;
    char in[MESSAGE];
    assert_int_equal(transfer(fixture, &fixture->pair[1], IO_WRITE, "short", 5), 5);
    assert_int_equal(transfer(fixture, &fixture->pair[0], IO_READ, in, sizeof in), 5);
    assert_memory_equal(in, "short", 5);
}

/* Where others have waited before, and where none has. */
static void operations_on_no_bytes_do_not_wait(void **state)
{
    struct fixture *fixture = *state;
    char in[MESSAGE];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(transfer(fixture, &fixture->pair[0], IO_READ, in, 0), 0);
        assert_int_equal(transfer(fixture, &fixture->pair[1], IO_WRITE, in, 0), 0);
        assert_int_equal(transfer(fixture, &fixture->pair[1], IO_WRITE, "bytes", 5), 5);
        assert_int_equal(transfer(fixture, &fixture->pair[0], IO_READ, in, sizeof in), 5);
    }
    nothing_more(fixture);
}

static void the_end_of_the_stream_reads_zero(void **state)
{
    struct fixture *fixture = *state;
    char in[MESSAGE];
    struct tracked read = {0};
    submit(&read, &fixture->pair[0], IO_READ, in, sizeof in);
    assert_int_equal(reactor_poll(fixture->reactor, false), 0);
    assert_int_equal(stream_shutdown_write(&fixture->pair[1]), 0);
    finish(fixture, &read, 1);
    assert_int_equal(read.op.result, 0);
    assert_int_equal(transfer(fixture, &fixture->pair[0], IO_READ, in, sizeof in), 0);
}

static void writing_where_nobody_reads_is_an_error_and_no_signal(void **state)
{
    struct fixture *fixture = *state;
    char out[MESSAGE] = {0};
    stream_close(&fixture->pair[0]);
    ssize_t result;
    /* TCP learns it from the answer to the first write. */
    for (int tries = 0; tries < 1000; tries++) {
        if ((result = transfer(fixture, &fixture->pair[1], IO_WRITE, out, sizeof out)) < 0)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_true(result == -EPIPE || (result == -ECONNRESET && fixture->platform->open == stream_open_tcp_pair));
}

static void a_cancelled_read_completes_once_as_cancelled(void **state)
{
    struct fixture *fixture = *state;
    char in[MESSAGE];
    struct tracked read = {0};
    submit(&read, &fixture->pair[0], IO_READ, in, sizeof in);
    assert_int_equal(reactor_poll(fixture->reactor, false), 0);
    submitting = true;
    stream_cancel(&read.op);
    stream_cancel(&read.op);
    submitting = false;
    finish(fixture, &read, 1);
    assert_int_equal(read.op.result, -ECANCELED);
    nothing_more(fixture);
    assert_int_equal(read.completions, 1);

    assert_int_equal(transfer(fixture, &fixture->pair[1], IO_WRITE, "again", 5), 5);
    assert_int_equal(transfer(fixture, &fixture->pair[0], IO_READ, in, sizeof in), 5);
}

static void cancelled_before_the_first_poll_it_completes_once(void **state)
{
    struct fixture *fixture = *state;
    char in[MESSAGE];
    struct tracked read = {0};
    submit(&read, &fixture->pair[0], IO_READ, in, sizeof in);
    stream_cancel(&read.op);
    finish(fixture, &read, 1);
    assert_int_equal(read.op.result, -ECANCELED);
    nothing_more(fixture);
}

static void cancelling_loses_no_bytes(void **state)
{
    struct fixture *fixture = *state;
    char in[MESSAGE];
    struct tracked read = {0};
    submit(&read, &fixture->pair[0], IO_READ, in, sizeof in);
    assert_int_equal(reactor_poll(fixture->reactor, false), 0);
    struct tracked write = {0};
    submit(&write, &fixture->pair[1], IO_WRITE, "kept", 4);
    if (fixture->platform->backend == REACTOR_EPOLL)
        finish(fixture, &write, 1);
    stream_cancel(&read.op);
    finish(fixture, &read, 1);
    finish(fixture, &write, 1);
    assert_int_equal(write.op.result, 4);
    if (read.op.result == -ECANCELED)
        read.op.result = transfer(fixture, &fixture->pair[0], IO_READ, in, sizeof in);
    assert_int_equal(read.op.result, 4);
    assert_memory_equal(in, "kept", 4);
    nothing_more(fixture);
}

static void a_completion_may_cancel_another_operation(void **state)
{
    struct fixture *fixture = *state;
    char in[MESSAGE];
    struct tracked read = {0};
    submit(&read, &fixture->pair[0], IO_READ, in, sizeof in);
    assert_int_equal(reactor_poll(fixture->reactor, false), 0);

    struct stream others[2];
    assert_int_equal(fixture->platform->open(others, fixture->reactor, false), 0);
    struct tracked write = {.cancels = &read};
    submit(&write, &others[1], IO_WRITE, "x", 1);
    finish(fixture, &read, 1);
    assert_int_equal(write.completions, 1);
    assert_int_equal(read.op.result, -ECANCELED);
    nothing_more(fixture);
    stream_close(&others[0]);
    stream_close(&others[1]);
}

/* Both have an event in the same batch, and the first completion takes the other stream away. So has a wake. */
static void a_completion_may_close_another_stream(void **state)
{
    struct fixture *fixture = *state;
    struct stream *other = malloc(2 * sizeof *other);
    char in[MESSAGE];
    assert_int_equal(fixture->platform->open(other, fixture->reactor, false), 0);
    struct tracked once = {0};
    submit(&once, &other[0], IO_READ, in, sizeof in);
    assert_int_equal(reactor_poll(fixture->reactor, false), 0);
    assert_int_equal(transfer(fixture, &other[1], IO_WRITE, "x", 1), 1);
    finish(fixture, &once, 1);

    struct tracked read = {.frees = other};
    submit(&read, &fixture->pair[0], IO_READ, in, sizeof in);
    assert_int_equal(reactor_poll(fixture->reactor, false), 0);
    struct tracked writes[2];
    memset(writes, 0, sizeof writes);
    struct stream writer = other[1];
    reactor_wake(fixture->reactor);
    submit(&writes[0], &fixture->pair[1], IO_WRITE, "x", 1);
    submit(&writes[1], &writer, IO_WRITE, "x", 1);
    while (!writes[0].completions || !writes[1].completions || !read.completions)
        assert_true(reactor_poll(fixture->reactor, false) >= 0);
    stream_close(&writer);
    assert_int_equal(reactor_poll(fixture->reactor, true), 0); /* the wake of the same batch is not lost */
    nothing_more(fixture);
}

static void operations_of_the_same_direction_each_complete_once(void **state)
{
    struct fixture *fixture = *state;
    char in[MANY][2];
    struct tracked reads[MANY], writes[MANY];
    memset(reads, 0, sizeof reads);
    memset(writes, 0, sizeof writes);
    size_t got = 0, sum = 0;
    for (int i = 0; i < MANY; i++)
        submit(&reads[i], &fixture->pair[0], IO_READ, in[i], 1);
    for (int i = 0; i < MANY; i++)
        submit(&writes[i], &fixture->pair[1], IO_WRITE, &"\1\2\3\4\5"[i], 1);
    for (int i = 0; i < MANY; i++) {
        finish(fixture, &reads[i], 1);
        finish(fixture, &writes[i], 1);
        assert_int_equal(writes[i].op.result, 1);
        got += (size_t)reads[i].op.result;
        sum += (size_t)in[i][0];
    }
    nothing_more(fixture);
    assert_int_equal(got, MANY);
    assert_int_equal(sum, 1 + 2 + 3 + 4 + 5);
}

static void all_operations_of_a_stream_can_be_cancelled_at_once(void **state)
{
    struct fixture *fixture = *state;
    char in[MANY][2];
    struct stream others[2];
    struct tracked reads[2 * MANY], other = {0};
    memset(reads, 0, sizeof reads);
    assert_int_equal(fixture->platform->open(others, fixture->reactor, false), 0);
    submit(&other, &others[0], IO_READ, in[0], 1);
    for (int i = 0; i < MANY; i++)
        submit(&reads[i], &fixture->pair[0], IO_READ, in[i], 1);
    assert_int_equal(reactor_poll(fixture->reactor, false), 0);
    for (int i = MANY; i < 2 * MANY; i++)
        submit(&reads[i], &fixture->pair[0], IO_READ, in[i - MANY], 1);
    stream_cancel_all(&fixture->pair[0]);
    for (int i = 0; i < 2 * MANY; i++) {
        finish(fixture, &reads[i], 1);
        assert_int_equal(reads[i].op.result, -ECANCELED);
    }
    assert_int_equal(reactor_in_flight(fixture->reactor), 1);
    assert_int_equal(other.completions, 0);
    stream_cancel_all(&others[0]);
    finish(fixture, &other, 1);
    nothing_more(fixture);
    assert_int_equal(transfer(fixture, &fixture->pair[1], IO_WRITE, "x", 1), 1);
    assert_int_equal(transfer(fixture, &fixture->pair[0], IO_READ, in[0], 1), 1);
    stream_close(&others[0]);
    stream_close(&others[1]);
}

/* Writes until one has to wait: `waiting`. */
static void fill(struct fixture *fixture, struct tracked *waiting)
{
    static char bytes[1 << 20];
    for (;;) {
        *waiting = (struct tracked){0};
        submit(waiting, &fixture->pair[1], IO_WRITE, bytes, sizeof bytes);
        for (int i = 0; i < 5; i++)
            assert_true(reactor_poll(fixture->reactor, false) >= 0);
        if (!waiting->completions)
            return;
        assert_true(waiting->op.result > 0);
    }
}

/* Once, with what it had already done or as cancelled; epoll does nothing more after the request. */
static void ended_by_the_request(struct fixture *fixture, struct tracked *write)
{
    finish(fixture, write, 1);
    assert_int_equal(write->completions, 1);
    if (fixture->platform->backend == REACTOR_EPOLL || write->op.result <= 0)
        assert_int_equal(write->op.result, -ECANCELED);
}

static void a_write_that_waits_completes_when_there_is_room(void **state)
{
    struct fixture *fixture = *state;
    static char in[1 << 16];
    struct tracked write;
    fill(fixture, &write);
    while (!write.completions)
        assert_true(transfer(fixture, &fixture->pair[0], IO_READ, in, sizeof in) > 0);
    assert_true(write.op.result > 0);
    assert_int_equal(write.completions, 1);
}

/* What the kernel moves on meanwhile may let a write through: until one is seen cancelled. */
static void a_write_that_waits_can_be_cancelled(void **state)
{
    struct fixture *fixture = *state;
    struct tracked write;
    do {
        fill(fixture, &write);
        stream_cancel(&write.op);
        ended_by_the_request(fixture, &write);
    } while (write.op.result != -ECANCELED);
    nothing_more(fixture);
}

/* The cancelled one has not been tried: its byte is not there, unless it completed with it. */
static void a_completion_may_cancel_a_write_of_the_same_batch(void **state)
{
    struct fixture *fixture = *state;
    struct stream others[2];
    struct tracked cancelled = {0}, first = {.cancels = &cancelled}, read = {0};
    char in;
    assert_int_equal(fixture->platform->open(others, fixture->reactor, false), 0);
    submit(&first, &fixture->pair[1], IO_WRITE, "1", 1);
    submit(&cancelled, &others[1], IO_WRITE, "2", 1);
    finish(fixture, &first, 1);
    ended_by_the_request(fixture, &cancelled);
    submit(&read, &others[0], IO_READ, &in, 1);
    if (cancelled.op.result == -ECANCELED) {
        assert_int_equal(reactor_poll(fixture->reactor, false), 0);
        stream_cancel(&read.op);
    }
    finish(fixture, &read, 1);
    assert_int_equal(read.op.result, cancelled.op.result);
    nothing_more(fixture);
    stream_close(&others[0]);
    stream_close(&others[1]);
}

static void a_write_that_waits_and_those_behind_it_can_be_cancelled_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct tracked waiting, writes[MANY];
    memset(writes, 0, sizeof writes);
    fill(fixture, &waiting);
    for (int i = 0; i < MANY; i++)
        submit(&writes[i], &fixture->pair[1], IO_WRITE, "x", 1);
    stream_cancel_all(&fixture->pair[1]);
    ended_by_the_request(fixture, &waiting);
    for (int i = 0; i < MANY; i++)
        ended_by_the_request(fixture, &writes[i]);
    nothing_more(fixture);
}

/* Only what moves the bytes, and a wait. */
static void an_exchange_makes_no_more_system_calls_than_it_must(void **state)
{
    struct fixture *fixture = *state;
    char in[MESSAGE], out[MESSAGE] = "whole";
    uint64_t before = 0;
    for (int turn = 0; turn < 100; turn++) {
        struct tracked read = {0}, write = {0};
        if (turn == 1) /* warm */
            before = reactor_counts(fixture->reactor).syscalls;
        submit(&read, &fixture->pair[0], IO_READ, in, sizeof in);
        submit(&write, &fixture->pair[1], IO_WRITE, out, sizeof out);
        finish(fixture, &write, 1);
        finish(fixture, &read, 1);
        assert_int_equal(read.op.result, sizeof in);
    }
    uint64_t made = reactor_counts(fixture->reactor).syscalls - before;
    assert_in_range(made, 0, fixture->platform->backend == REACTOR_EPOLL ? 99 * 3 : 99 * 2);
}

/* The peer is gone, nobody waits for its stream, and a poll that waits for something else has to wait. */
static void a_hang_up_that_nobody_waits_for_does_not_keep_it_busy(void **state)
{
    struct fixture *fixture = *state;
    char in[MESSAGE];
    struct stream others[2];
    struct tracked read = {0};
    assert_int_equal(fixture->platform->open(others, fixture->reactor, false), 0);
    assert_int_equal(transfer(fixture, &others[1], IO_WRITE, "x", 1), 1);
    assert_int_equal(transfer(fixture, &others[0], IO_READ, in, sizeof in), 1);
    submit(&read, &others[0], IO_READ, in, sizeof in);
    assert_int_equal(reactor_poll(fixture->reactor, false), 0);
    stream_cancel(&read.op);
    finish(fixture, &read, 1);
    stream_close(&others[1]);

    struct reactor_timer timer = {.op.complete = ignore};
    uint64_t before = reactor_counts(fixture->reactor).syscalls;
    reactor_timer_start(fixture->reactor, &timer, 20000000);
    while (reactor_in_flight(fixture->reactor))
        assert_true(reactor_poll(fixture->reactor, true) >= 0);
    assert_in_range(reactor_counts(fixture->reactor).syscalls - before, 1, 20);
    assert_int_equal(transfer(fixture, &others[0], IO_READ, in, sizeof in), 0);
    stream_close(&others[0]);
}

/* The duplicate keeps the socket, which the kernel may go on speaking of. */
static void a_closed_stream_is_forgotten_though_its_descriptor_has_a_duplicate(void **state)
{
    struct fixture *fixture = *state;
    char in[MESSAGE];
    struct stream *others = malloc(2 * sizeof *others), writer;
    assert_int_equal(fixture->platform->open(others, fixture->reactor, false), 0);
    struct tracked read = {0};
    submit(&read, &others[0], IO_READ, in, sizeof in);
    assert_int_equal(reactor_poll(fixture->reactor, false), 0);
    stream_cancel(&read.op);
    finish(fixture, &read, 1);
    int duplicate = dup(others[0].fd);
    assert_true(duplicate >= 0);
    stream_close(&others[0]);
    writer = others[1];
    free(others);
    assert_int_equal(transfer(fixture, &writer, IO_WRITE, "x", 1), 1);
    nothing_more(fixture);
    close(duplicate);
    stream_close(&writer);
}

static void nothing_to_move_completes_with_zero(void **state)
{
    struct fixture *fixture = *state;
    struct io_op op;
    char in[MESSAGE];
    io_op_prepare(&op, &fixture->pair[0], in, 0);
    op.result = -1;
    assert_true(stream_try(&op, IO_READ));
    assert_int_equal(op.result, 0);
    assert_int_equal(transfer(fixture, &fixture->pair[0], IO_READ, in, 0), 0);
    assert_int_equal(transfer(fixture, &fixture->pair[1], IO_WRITE, in, 0), 0);

    struct tracked cancelled = {0};
    submit(&cancelled, &fixture->pair[0], IO_READ, in, 0);
    stream_cancel(&cancelled.op);
    finish(fixture, &cancelled, 1);
    assert_true(cancelled.op.result == 0 || cancelled.op.result == -ECANCELED);
    nothing_more(fixture);
}

static void only_a_speculative_stream_completes_in_try(void **state)
{
    struct fixture *fixture = *state;
    struct io_op op;
    char in[MESSAGE];
    if (fixture->pair[0].multishot)
        skip(); /* it completes there when bytes have been received */
    assert_int_equal(transfer(fixture, &fixture->pair[1], IO_WRITE, "x", 1), 1);
    io_op_prepare(&op, &fixture->pair[0], in, sizeof in);
    assert_false(stream_try(&op, IO_READ));
    fixture->pair[0].speculative = true;
    assert_true(stream_try(&op, IO_READ));
    assert_int_equal(op.result, 1);
    assert_false(stream_try(&op, IO_READ));
}

static void a_reset_connection_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    char in[MESSAGE];
    struct tracked read = {0};
    submit(&read, &fixture->pair[0], IO_READ, in, sizeof in);
    assert_int_equal(reactor_poll(fixture->reactor, false), 0);
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(fixture->pair[1].fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
    stream_close(&fixture->pair[1]);
    finish(fixture, &read, 1);
    assert_int_equal(read.op.result, -ECONNRESET);
}

int main(int argc, char **argv)
{
    static const struct rule rules[] = {
        RULE(a_read_completes_once_and_never_within_submit),
        RULE(a_read_that_waits_completes_when_bytes_come),
        RULE(a_short_read_returns_what_there_is),
        RULE(operations_on_no_bytes_do_not_wait),
        RULE(the_end_of_the_stream_reads_zero),
        RULE(writing_where_nobody_reads_is_an_error_and_no_signal),
        RULE(a_cancelled_read_completes_once_as_cancelled),
        RULE(cancelled_before_the_first_poll_it_completes_once),
        RULE(cancelling_loses_no_bytes),
        RULE(a_completion_may_cancel_another_operation),
        RULE(a_completion_may_close_another_stream),
        RULE(operations_of_the_same_direction_each_complete_once),
        RULE(all_operations_of_a_stream_can_be_cancelled_at_once),
        RULE(a_write_that_waits_completes_when_there_is_room),
        RULE(a_write_that_waits_can_be_cancelled),
        RULE(a_completion_may_cancel_a_write_of_the_same_batch),
        RULE(a_write_that_waits_and_those_behind_it_can_be_cancelled_at_once),
        RULE(an_exchange_makes_no_more_system_calls_than_it_must),
        RULE(a_hang_up_that_nobody_waits_for_does_not_keep_it_busy),
        RULE(a_closed_stream_is_forgotten_though_its_descriptor_has_a_duplicate),
        RULE(nothing_to_move_completes_with_zero),
        RULE(only_a_speculative_stream_completes_in_try),
        RULE_TCP(a_reset_connection_is_an_error),
    };
    return run_rules("reactor", rules, sizeof rules / sizeof *rules, argc > 1 ? argv[1] : NULL);
}
