/* Multishot receives over provided buffers: what differs from a receive for each read. On a backend without them the
 * same streams do without. */
#include "tests/unit/reactor_rules.h"

#include <sys/socket.h>
#include <sys/utsname.h>

enum { BUFFER = 4096, BYTES = 40 * BUFFER + 17 };

static unsigned char pattern[BYTES];

/* Takes `size` bytes in reads of changing sizes. */
static void read_pattern(struct fixture *fixture, struct stream *stream, size_t from, size_t size)
{
    static unsigned char in[3 * BUFFER];
    for (size_t got = 0, turn = 1; got < size; turn++) {
        size_t want = turn * 1237 % sizeof in + 1;
        ssize_t result = transfer(fixture, stream, IO_READ, in, want < size - got ? want : size - got);
        assert_true(result > 0);
        assert_memory_equal(in, pattern + from + got, result);
        got += (size_t)result;
    }
}

static void write_pattern(struct fixture *fixture, struct stream *stream, size_t from, size_t size)
{
    for (size_t sent = 0; sent < size;) {
        ssize_t result = transfer(fixture, stream, IO_WRITE, pattern + from + sent, size - sent);
        assert_true(result > 0);
        sent += (size_t)result;
    }
}

/* Linux 6.0 has what is needed: where a reactor with all options does without, detection is broken, and what follows
 * would be skipped. */
static void a_kernel_that_has_it_is_used(void **state)
{
    struct fixture *fixture = *state;
    const struct platform *platform = fixture->platform;
    struct utsname name;
    assert_int_equal(uname(&name), 0);
    if (platform->backend != REACTOR_IO_URING || platform->forbid || getenv("ABREAST_FORBID") ||
        atoi(name.release) < 6) {
        print_message("skipped: not io_uring with all its options on Linux 6 or newer\n");
        skip();
    }
    assert_non_null(strstr(reactor_features(fixture->reactor), "recv_multishot"));
}

static void only_what_cannot_is_refused(void **state)
{
    struct fixture *fixture = *state;
    bool able = strstr(reactor_features(fixture->reactor), "recv_multishot") != NULL;
    struct stream pipes[2];
    assert_int_equal(fixture->pair[0].multishot != NULL, able);
    assert_int_equal(stream_open_pipe(pipes, fixture->reactor, false), 0);
    assert_int_equal(stream_receive_multishot(&pipes[0]), -ENOTSUP);
    stream_close(&pipes[0]);
    stream_close(&pipes[1]);
}

static void bytes_come_whole_and_in_order(void **state)
{
    struct fixture *fixture = *state;
    for (int round = 0; round < 8; round++) { /* more than all the buffers hold */
        write_pattern(fixture, &fixture->pair[1], 0, BYTES);
        read_pattern(fixture, &fixture->pair[0], 0, BYTES);
    }
    assert_int_equal(reactor_counts(fixture->reactor).buffers_exhausted, 0);
    assert_int_equal(stream_shutdown_write(&fixture->pair[1]), 0);
    char in;
    for (int i = 0; i < 2; i++)
        assert_int_equal(transfer(fixture, &fixture->pair[0], IO_READ, &in, 1), 0);
    nothing_more(fixture);
}

static void a_read_of_what_has_been_received_completes_in_try(void **state)
{
    struct fixture *fixture = *state;
    struct io_op op;
    char in[4];
    if (!fixture->pair[0].multishot) {
        print_message("skipped: no multishot receive on this platform\n");
        skip();
    }
    assert_int_equal(transfer(fixture, &fixture->pair[1], IO_WRITE, "abcd", 4), 4);
    assert_int_equal(transfer(fixture, &fixture->pair[0], IO_READ, in, 1), 1);
    uint64_t before = reactor_counts(fixture->reactor).syscalls;
    io_op_prepare(&op, &fixture->pair[0], in + 1, 3);
    assert_true(stream_try(&op, IO_READ));
    assert_int_equal(op.result, 3);
    assert_memory_equal(in, "abcd", 4);
    assert_false(stream_try(&op, IO_READ));
    assert_int_equal(reactor_counts(fixture->reactor).syscalls, before);
}

/* With two buffers for all, and a stream that has them both and is not read. */
static void without_a_buffer_a_read_is_a_receive_of_its_own(void **state)
{
    struct fixture *fixture = *state;
    struct reactor_options options = {.backend = fixture->platform->backend, .receive_buffers = 2};
    if (!fixture->pair[0].multishot) {
        print_message("skipped: no multishot receive on this platform\n");
        skip();
    }
    char *kept = fixture->platform->forbid ? forbid(fixture->platform->forbid) : NULL;
    struct fixture few = {.platform = fixture->platform, .reactor = create_if_permitted(&options)};
    if (fixture->platform->forbid)
        allow_again(kept);
    assert_non_null(few.reactor);
    struct stream others[2];
    assert_int_equal(open_multishot(few.pair, few.reactor, false), 0);
    assert_int_equal(open_multishot(others, few.reactor, false), 0);

    write_pattern(&few, &few.pair[1], 0, 100);
    read_pattern(&few, &few.pair[0], 0, 100);
    write_pattern(&few, &few.pair[1], 100, 5 * BUFFER);
    for (int i = 0; i < 3; i++)
        assert_int_equal(reactor_poll(few.reactor, false), 0);
    assert_true(reactor_counts(few.reactor).buffers_exhausted > 0);
    for (int round = 0; round < 3; round++) {
        write_pattern(&few, &others[1], 0, 3 * BUFFER);
        read_pattern(&few, &others[0], 0, 3 * BUFFER);
    }
    read_pattern(&few, &few.pair[0], 100, 5 * BUFFER);
    write_pattern(&few, &few.pair[1], 0, BUFFER);
    read_pattern(&few, &few.pair[0], 0, BUFFER);
    nothing_more(&few);
    for (int i = 0; i < 2; i++) {
        stream_close(&few.pair[i]);
        stream_close(&others[i]);
    }
    reactor_destroy(few.reactor);
}

static void a_cancelled_read_leaves_the_bytes_to_the_next(void **state)
{
    struct fixture *fixture = *state;
    char in[8];
    for (int i = 0; i < 10; i++) {
        struct tracked read = {0};
        submit(&read, &fixture->pair[0], IO_READ, in, sizeof in);
        assert_true(reactor_poll(fixture->reactor, false) >= 0);
        stream_cancel(&read.op);
        finish(fixture, &read, 1);
        assert_int_equal(read.op.result, -ECANCELED);
        assert_int_equal(transfer(fixture, &fixture->pair[1], IO_WRITE, "kept", 4), 4);
        assert_int_equal(transfer(fixture, &fixture->pair[0], IO_READ, in, sizeof in), 4);
        assert_memory_equal(in, "kept", 4);
    }
    nothing_more(fixture);
}

/* Though the kernel had its receive, and it has bytes that nobody read. */
static void a_closed_stream_is_closed_for_its_peer(void **state)
{
    struct fixture *fixture = *state;
    char in[8];
    struct stream *others = malloc(2 * sizeof *others);
    assert_non_null(others);
    assert_int_equal(open_multishot(others, fixture->reactor, false), 0);
    assert_int_equal(transfer(fixture, &others[1], IO_WRITE, "unread", 6), 6);
    assert_int_equal(transfer(fixture, &others[0], IO_READ, in, 2), 2);
    stream_close(&others[0]);
    assert_true(recv(others[1].fd, in, sizeof in, MSG_DONTWAIT) == 0 || errno == ECONNRESET);
    stream_close(&others[1]);
    free(others);
    nothing_more(fixture);
}

static void a_reactor_may_be_destroyed_after_it(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 5; i++) {
        struct fixture other = {.platform = fixture->platform, .reactor = create(fixture->platform, 0)};
        assert_int_equal(open_multishot(other.pair, other.reactor, false), 0);
        write_pattern(&other, &other.pair[1], 0, BUFFER);
        read_pattern(&other, &other.pair[0], 0, 100);
        stream_close(&other.pair[0]);
        stream_close(&other.pair[1]);
        reactor_destroy(other.reactor);
    }
}

int main(int argc, char **argv)
{
    static const struct rule rules[] = {
        RULE_MULTISHOT(a_kernel_that_has_it_is_used),
        RULE_MULTISHOT(only_what_cannot_is_refused),
        RULE_MULTISHOT(bytes_come_whole_and_in_order),
        RULE_MULTISHOT(a_read_of_what_has_been_received_completes_in_try),
        RULE_MULTISHOT(without_a_buffer_a_read_is_a_receive_of_its_own),
        RULE_MULTISHOT(a_cancelled_read_leaves_the_bytes_to_the_next),
        RULE_MULTISHOT(a_closed_stream_is_closed_for_its_peer),
        RULE_MULTISHOT(a_reactor_may_be_destroyed_after_it),
    };
    for (size_t i = 0; i < BYTES; i++)
        pattern[i] = (unsigned char)(i * 131 + (i >> 8));
    return run_rules("multishot receive", rules, sizeof rules / sizeof *rules, argc > 1 ? argv[1] : NULL);
}
