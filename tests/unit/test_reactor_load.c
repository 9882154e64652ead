/* The reactor's contract, on each kernel backend and each kind of descriptor: signals, wakes, and more operations than
 * there is room for. */
#include "tests/unit/reactor_rules.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

enum { MANY = 64 };

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

int main(int argc, char **argv)
{
    static const struct rule rules[] = {
        RULE(a_signal_ends_the_wait_without_an_error), RULE(a_full_submission_queue_loses_nothing),
        RULE(another_thread_wakes_a_waiting_poll),     RULE(a_wake_is_kept_for_the_next_poll_that_waits),
        RULE(a_busy_stream_does_not_starve_another),   RULE(a_full_socket_makes_a_write_wait),
    };
    return run_rules("reactor under load", rules, sizeof rules / sizeof *rules, argc > 1 ? argv[1] : NULL);
}
