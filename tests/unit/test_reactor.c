/* The reactor's contract, on each kernel backend and each kind of descriptor. */
#include "common/stream.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

enum { MESSAGE = 64, MANY = 64 };

typedef int open_pair(struct stream[2], struct reactor *, bool speculative);

/* What a test runs on. */
struct platform {
    enum reactor_backend backend;
    const char *forbid; /* ABREAST_FORBID; null: nothing */
    open_pair *open;    /* pair[0] reads what pair[1] writes */
};

struct fixture {
    const struct platform *platform;
    struct reactor *reactor;
    struct stream pair[2];
};

/* An operation that knows how often it completed. */
struct tracked {
    struct io_op op;
    unsigned completions;
    struct fixture *fixture;
    struct tracked *cancels; /* in its completion */
    struct stream *frees;    /* in its completion */
};

static bool submitting;

static void completed(struct io_op *op)
{
    struct tracked *self = (struct tracked *)op;
    assert_false(submitting);
    self->completions++;
    if (self->cancels)
        stream_cancel(&self->cancels->op);
    if (self->frees) {
        stream_close(self->frees);
        free(self->frees);
    }
}

static void submit(struct tracked *self, struct stream *stream, enum io_kind kind, void *buffer, size_t size)
{
    io_op_prepare(&self->op, stream, buffer, size);
    self->op.complete = completed;
    submitting = true;
    stream_submit(&self->op, kind);
    submitting = false;
}

static void finish(struct fixture *fixture, struct tracked *self, unsigned completions)
{
    while (self->completions < completions)
        assert_true(reactor_poll(fixture->reactor, true) >= 0);
}

static ssize_t transfer(struct fixture *fixture, struct stream *stream, enum io_kind kind, void *buffer, size_t size)
{
    struct tracked tracked = {0};
    submit(&tracked, stream, kind, buffer, size);
    finish(fixture, &tracked, 1);
    return tracked.op.result;
}

static void nothing_more(struct fixture *fixture)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(reactor_poll(fixture->reactor, false), 0);
    assert_int_equal(reactor_in_flight(fixture->reactor), 0);
}

static struct reactor *create(const struct platform *platform, unsigned queue_entries)
{
    struct reactor *reactor;
    const char *reason;
    struct reactor_options options = {.backend = platform->backend, .queue_entries = queue_entries};
    if (platform->forbid)
        setenv("ABREAST_FORBID", platform->forbid, 1);
    int status = reactor_create(&reactor, &options, &reason);
    unsetenv("ABREAST_FORBID");
    if (status < 0) {
        print_message("%s\n", reason);
        skip();
    }
    assert_null(reason);
    return reactor;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->platform = *state;
    signal(SIGPIPE, SIG_DFL);
    fixture->reactor = create(fixture->platform, 0);
    assert_int_equal(fixture->platform->open(fixture->pair, fixture->reactor, false), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    stream_close(&fixture->pair[0]);
    stream_close(&fixture->pair[1]);
    reactor_destroy(fixture->reactor);
    free(fixture);
    return 0;
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

/* Both have an event in the same batch, and the first completion takes the other stream away. */
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
    submit(&writes[0], &fixture->pair[1], IO_WRITE, "x", 1);
    submit(&writes[1], &writer, IO_WRITE, "x", 1);
    finish(fixture, &writes[0], 1);
    finish(fixture, &writes[1], 1);
    finish(fixture, &read, 1);
    stream_close(&writer);
    nothing_more(fixture);
}

static void a_full_socket_makes_a_write_wait(void **state)
{
    struct fixture *fixture = *state;
    struct stream *writer = &fixture->pair[1], *reader = &fixture->pair[0];
    static char block[1 << 16];
    struct io_op op;
    struct tracked write;
    size_t sent = 0, got = 0;
    writer->speculative = true;
    /* A TCP buffer may open a little more some time after it was full. */
    for (;;) {
        io_op_prepare(&op, writer, block, sizeof block);
        while (stream_try(&op, IO_WRITE)) {
            assert_true(op.result > 0);
            sent += (size_t)op.result;
        }
        write = (struct tracked){.completions = 0};
        submit(&write, writer, IO_WRITE, block, 1);
        for (int i = 0; i < 5 && !write.completions; i++) {
            assert_true(reactor_poll(fixture->reactor, false) >= 0);
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        }
        if (!write.completions)
            break;
        sent += (size_t)write.op.result;
    }
    while (got < sent)
        got += (size_t)transfer(fixture, reader, IO_READ, block, sizeof block);
    finish(fixture, &write, 1);
    assert_int_equal(write.op.result, 1);
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

static volatile sig_atomic_t signals;

static void signalled(int signal)
{
    (void)signal;
    signals++;
}

static void a_signal_ends_the_wait_without_an_error(void **state)
{
    struct fixture *fixture = *state;
    char in[MESSAGE];
    struct tracked read = {0};
    struct sigaction action = {.sa_handler = signalled};
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    submit(&read, &fixture->pair[0], IO_READ, in, sizeof in);
    /* First with the submission in the same call, then without. The later signals are for the case that the first
     * comes before the wait. */
    for (int i = 0; i < 2; i++) {
        struct itimerval soon = {.it_interval = {.tv_sec = 2}, .it_value = {.tv_usec = 30000}};
        signals = 0;
        assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
        /* The kernel may end a wait for itself too, for example while it takes down an earlier ring. */
        while (signals == 0)
            assert_int_equal(reactor_poll(fixture->reactor, true), 0);
        assert_int_equal(signals, 1);
    }
    assert_int_equal(setitimer(ITIMER_REAL, &(struct itimerval){{0}, {0}}, NULL), 0);
    assert_int_equal(read.completions, 0);
    assert_int_equal(transfer(fixture, &fixture->pair[1], IO_WRITE, "x", 1), 1);
    finish(fixture, &read, 1);
    assert_int_equal(read.op.result, 1);
}

/* Reads and writes on many streams at once through a queue of four: submissions and completions overflow. */
static void a_full_submission_queue_loses_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct reactor *reactor = create(fixture->platform, 4);
    static struct stream pairs[MANY][2];
    static struct tracked reads[MANY], writes[MANY];
    unsigned char in[MANY], out[MANY];
    struct fixture many = {.reactor = reactor};
    memset(reads, 0, sizeof reads);
    memset(writes, 0, sizeof writes);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(fixture->platform->open(pairs[i], reactor, false), 0);
    for (int round = 1; round <= 3; round++) {
        for (int i = 0; i < MANY; i++)
            submit(&reads[i], &pairs[i][0], IO_READ, &in[i], 1);
        for (int i = 0; i < MANY; i++) {
            out[i] = (unsigned char)(i * round);
            submit(&writes[i], &pairs[i][1], IO_WRITE, &out[i], 1);
        }
        /* The last round never waits, so that nothing is left to a kernel that waits for room. */
        for (int polls = 0; round == 3 && reactor_in_flight(reactor) && polls < 100000; polls++)
            assert_true(reactor_poll(reactor, false) >= 0);
        assert_true(round < 3 || reactor_in_flight(reactor) == 0);
        for (int i = 0; i < MANY; i++) {
            finish(&many, &reads[i], (unsigned)round);
            finish(&many, &writes[i], (unsigned)round);
            assert_int_equal(reads[i].op.result, 1);
            assert_int_equal(in[i], out[i]);
        }
        nothing_more(&many);
    }
    for (int i = 0; i < MANY; i++)
        submit(&reads[i], &pairs[i][0], IO_READ, &in[i], 1);
    for (int i = 0; i < MANY; i++)
        stream_cancel(&reads[i].op);
    for (int i = 0; i < MANY; i++) {
        finish(&many, &reads[i], 4);
        assert_int_equal(reads[i].op.result, -ECANCELED);
        stream_close(&pairs[i][0]);
        stream_close(&pairs[i][1]);
    }
    nothing_more(&many);
    struct reactor_counts counts = reactor_counts(reactor);
    assert_int_equal(counts.submitted, 7 * MANY);
    assert_int_equal(counts.completed, 7 * MANY);
    assert_true(counts.syscalls > 0);
    reactor_destroy(reactor);
}

static void *wake_later(void *reactor)
{
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    reactor_wake(reactor);
    return NULL;
}

static void another_thread_wakes_a_waiting_poll(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, wake_later, fixture->reactor), 0);
        assert_int_equal(reactor_poll(fixture->reactor, true), 0);
        pthread_join(thread, NULL);
    }
}

static void a_wake_is_kept_for_the_next_poll_that_waits(void **state)
{
    struct fixture *fixture = *state;
    reactor_wake(fixture->reactor);
    assert_int_equal(reactor_poll(fixture->reactor, true), 0);
    reactor_wake(fixture->reactor);
    assert_int_equal(reactor_poll(fixture->reactor, false), 0);
    assert_int_equal(reactor_poll(fixture->reactor, true), 0);
}

static void resubmit(struct io_op *op)
{
    struct tracked *self = (struct tracked *)op;
    assert_int_equal(op->result, op->size);
    if (++self->completions < 1000)
        stream_submit(op, op->kind);
}

/* The one's completions never leave the reactor without something to do. */
static void a_busy_stream_does_not_starve_another(void **state)
{
    struct fixture *fixture = *state;
    char in[MESSAGE];
    struct tracked read = {0};
    submit(&read, &fixture->pair[0], IO_READ, in, sizeof in);
    assert_int_equal(reactor_poll(fixture->reactor, false), 0);

    struct stream busy[2];
    assert_int_equal(stream_open_socketpair(busy, fixture->reactor, false), 0);
    struct tracked write = {0};
    io_op_prepare(&write.op, &busy[1], "x", 1);
    write.op.complete = resubmit;
    stream_submit(&write.op, IO_WRITE);
    struct tracked message = {0};
    submit(&message, &fixture->pair[1], IO_WRITE, "x", 1);
    while (read.completions == 0 && write.completions < 100)
        assert_true(reactor_poll(fixture->reactor, true) >= 0);
    assert_int_equal(read.completions, 1);
    while (reactor_in_flight(fixture->reactor)) {
        char discard[1000];
        (void)!recv(busy[0].fd, discard, sizeof discard, MSG_DONTWAIT);
        assert_true(reactor_poll(fixture->reactor, true) >= 0);
    }
    stream_close(&busy[0]);
    stream_close(&busy[1]);
}

struct rule {
    const char *name;
    CMUnitTestFunction run;
    bool tcp_only;
};
#define RULE(function) {#function, function, false}
static const struct rule rules[] = {
    RULE(a_read_completes_once_and_never_within_submit),
    RULE(a_read_that_waits_completes_when_bytes_come),
    RULE(a_short_read_returns_what_there_is),
    RULE(the_end_of_the_stream_reads_zero),
    RULE(writing_where_nobody_reads_is_an_error_and_no_signal),
    RULE(a_cancelled_read_completes_once_as_cancelled),
    RULE(cancelled_before_the_first_poll_it_completes_once),
    RULE(cancelling_loses_no_bytes),
    RULE(a_completion_may_cancel_another_operation),
    RULE(a_completion_may_close_another_stream),
    RULE(a_full_socket_makes_a_write_wait),
    RULE(nothing_to_move_completes_with_zero),
    RULE(only_a_speculative_stream_completes_in_try),
    RULE(a_signal_ends_the_wait_without_an_error),
    RULE(a_full_submission_queue_loses_nothing),
    RULE(another_thread_wakes_a_waiting_poll),
    RULE(a_wake_is_kept_for_the_next_poll_that_waits),
    RULE(a_busy_stream_does_not_starve_another),
    {"a_reset_connection_is_an_error", a_reset_connection_is_an_error, true},
};

static const struct {
    const char *name;
    enum reactor_backend backend;
    const char *forbid;
} backends[] = {
    {"io_uring", REACTOR_IO_URING, NULL},
    {"io_uring without defer_taskrun", REACTOR_IO_URING, "defer_taskrun"},
    {"epoll", REACTOR_EPOLL, NULL},
};

static const struct {
    const char *name;
    open_pair *open;
} kinds[] = {
    {"socketpair", stream_open_socketpair},
    {"tcp", stream_open_tcp_pair},
    {"pipe", stream_open_pipe},
};

enum {
    RULES = sizeof rules / sizeof *rules,
    BACKENDS = sizeof backends / sizeof *backends,
    KINDS = sizeof kinds / sizeof *kinds,
};

int main(void)
{
    static struct platform platforms[BACKENDS][KINDS];
    static struct CMUnitTest tests[BACKENDS * KINDS * RULES];
    static char names[BACKENDS * KINDS * RULES][160];
    size_t count = 0;
    for (size_t backend = 0; backend < BACKENDS; backend++) {
        for (size_t kind = 0; kind < KINDS; kind++) {
            struct platform *platform = &platforms[backend][kind];
            *platform = (struct platform){backends[backend].backend, backends[backend].forbid, kinds[kind].open};
            for (size_t rule = 0; rule < RULES; rule++) {
                if (rules[rule].tcp_only && platform->open != stream_open_tcp_pair)
                    continue;
                snprintf(names[count], sizeof *names, "%s, %s: %s", backends[backend].name, kinds[kind].name,
                         rules[rule].name);
                tests[count] = (struct CMUnitTest){names[count], rules[rule].run, set_up, tear_down, platform};
                count++;
            }
        }
    }
    return _cmocka_run_group_tests("reactor", tests, count, NULL, NULL);
}
