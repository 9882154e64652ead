/* The reactor's timers, on each kernel backend. */
#include "tests/unit/reactor_rules.h"

#include <time.h>

enum { MANY = 200, MS = 1000000 };

struct clocked {
    struct reactor_timer timer;
    unsigned completions;
    int place; /* in the order of completions, from 0 */
};

static int completed_timers;

static void timer_completed(struct io_op *op)
{
    struct clocked *self = (struct clocked *)op;
    assert_false(submitting);
    self->completions++;
    self->place = completed_timers++;
}

static void start(struct fixture *fixture, struct clocked *self, uint64_t nanoseconds)
{
    *self = (struct clocked){.timer.op.complete = timer_completed};
    submitting = true;
    reactor_timer_start(fixture->reactor, &self->timer, nanoseconds);
    submitting = false;
}

static void finish_all(struct fixture *fixture)
{
    while (reactor_in_flight(fixture->reactor))
        assert_true(reactor_poll(fixture->reactor, true) >= 0);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 * MS + (uint64_t)time.tv_nsec;
}

static void a_timer_completes_once_and_never_before_its_time(void **state)
{
    struct fixture *fixture = *state;
    struct clocked timer;
    bool wait = false;
    for (uint64_t delay = 0; delay <= 3 * MS; delay += MS / 2) {
        uint64_t before = now();
        wait = !wait;
        start(fixture, &timer, delay);
        while (reactor_in_flight(fixture->reactor))
            assert_true(reactor_poll(fixture->reactor, wait) >= 0);
        assert_true(now() - before >= delay);
        assert_int_equal(timer.completions, 1);
        assert_int_equal(timer.timer.op.result, 0);
        nothing_more(fixture);
    }
}

static void a_timer_of_no_time_does_not_complete_within_start(void **state)
{
    struct fixture *fixture = *state;
    struct clocked timer;
    start(fixture, &timer, 0);
    assert_int_equal(timer.completions, 0);
    for (int polls = 0; timer.completions == 0 && polls < 1000000; polls++)
        assert_true(reactor_poll(fixture->reactor, false) >= 0);
    assert_int_equal(timer.completions, 1);
}

static void timers_complete_in_the_order_of_their_times(void **state)
{
    struct fixture *fixture = *state;
    static const int order[] = {2, 0, 3, 1};
    struct clocked timers[4];
    completed_timers = 0;
    for (int i = 0; i < 4; i++)
        start(fixture, &timers[i], (uint64_t)(2 + 5 * order[i]) * MS);
    finish_all(fixture);
    for (int i = 0; i < 4; i++)
        assert_int_equal(timers[i].place, order[i]);
}

static void a_cancelled_timer_completes_once_as_cancelled(void **state)
{
    struct fixture *fixture = *state;
    struct clocked timer, other;
    start(fixture, &timer, UINT64_MAX);
    start(fixture, &other, MS);
    assert_int_equal(reactor_poll(fixture->reactor, false), 0);
    submitting = true;
    reactor_cancel(fixture->reactor, &timer.timer.op);
    reactor_cancel(fixture->reactor, &timer.timer.op);
    submitting = false;
    finish_all(fixture);
    assert_int_equal(timer.completions, 1);
    assert_int_equal(timer.timer.op.result, -ECANCELED);
    assert_int_equal(other.timer.op.result, 0);
    nothing_more(fixture);
}

static void many_timers_each_complete_once(void **state)
{
    struct fixture *fixture = *state;
    static struct clocked timers[MANY];
    uint64_t random = 1;
    for (int i = 0; i < MANY; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        start(fixture, &timers[i], (random >> 40) % (5 * MS));
    }
    for (int i = 0; i < MANY; i += 3)
        reactor_cancel(fixture->reactor, &timers[i].timer.op);
    finish_all(fixture);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(timers[i].completions, 1);
        assert_true(timers[i].timer.op.result == 0 || (i % 3 == 0 && timers[i].timer.op.result == -ECANCELED));
    }
    nothing_more(fixture);
}

static void a_timer_ends_a_wait_for_bytes_that_do_not_come(void **state)
{
    struct fixture *fixture = *state;
    char in[MESSAGE];
    struct tracked read = {0};
    struct clocked timer;
    submit(&read, &fixture->pair[0], IO_READ, in, sizeof in);
    start(fixture, &timer, MS);
    while (timer.completions == 0)
        assert_true(reactor_poll(fixture->reactor, true) >= 0);
    assert_int_equal(read.completions, 0);
    stream_cancel(&read.op);
    finish(fixture, &read, 1);
    assert_int_equal(read.op.result, -ECANCELED);
}

static struct clocked *second;

static void start_second(struct io_op *op)
{
    struct clocked *self = (struct clocked *)op;
    struct fixture *fixture = (struct fixture *)self->timer.op.buffer;
    self->completions++;
    start(fixture, second, MS);
}

static void a_completion_may_start_a_timer(void **state)
{
    struct fixture *fixture = *state;
    struct clocked first = {.timer.op = {.complete = start_second, .buffer = fixture}}, other;
    second = &other;
    reactor_timer_start(fixture->reactor, &first.timer, MS);
    finish_all(fixture);
    assert_int_equal(first.completions, 1);
    assert_int_equal(other.completions, 1);
}

int main(int argc, char **argv)
{
    static const struct rule rules[] = {
        RULE_TCP(a_timer_completes_once_and_never_before_its_time),
        RULE_TCP(a_timer_of_no_time_does_not_complete_within_start),
        RULE_TCP(timers_complete_in_the_order_of_their_times),
        RULE_TCP(a_cancelled_timer_completes_once_as_cancelled),
        RULE_TCP(many_timers_each_complete_once),
        RULE_TCP(a_timer_ends_a_wait_for_bytes_that_do_not_come),
        RULE_TCP(a_completion_may_start_a_timer),
    };
    return run_rules("timers", rules, sizeof rules / sizeof *rules, argc > 1 ? argv[1] : NULL);
}
