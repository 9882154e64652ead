/* What only another kernel, or one short of memory, does to the io_uring backend: its own functions are called here
 * with the answers of such a kernel. */
#include "common/reactor_io_uring.c"
#include "tests/unit/backend.h"

struct fixture {
    struct uring *uring;
    struct stream pair[2];
    struct io_op op;
    char byte;
};

static unsigned completions;

static void completed(struct io_op *op)
{
    (void)op;
    completions++;
}

static int set_up(void **state)
{
    struct reactor_options options = {.backend = REACTOR_IO_URING, .queue_entries = 4};
    struct reactor *reactor = create_if_permitted(&options);
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(reactor);
    assert_non_null(fixture);
    fixture->uring = (struct uring *)reactor;
    assert_int_equal(stream_open_pipe(fixture->pair, reactor, true), 0);
    io_op_prepare(&fixture->op, &fixture->pair[0], &fixture->byte, 1);
    fixture->op.complete = completed;
    completions = 0;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    stream_close(&fixture->pair[0]);
    stream_close(&fixture->pair[1]);
    reactor_destroy(&fixture->uring->base);
    free(fixture);
    return 0;
}

/* As if a read had been submitted and the kernel had answered so. */
static void answer(struct fixture *fixture, int result)
{
    fixture->uring->base.counts.submitted++;
    fixture->op.result = 0;
    take(fixture->uring, (uintptr_t)&fixture->op, result, 0);
    assert_int_equal(completions, 0);
    assert_int_equal(reactor_poll(&fixture->uring->base, false), 0);
    assert_int_equal(completions, 0);
}

static void finish(struct fixture *fixture, ssize_t result)
{
    assert_int_equal(reactor_poll(&fixture->uring->base, true), 1);
    assert_int_equal(completions, 1);
    assert_int_equal(fixture->op.result, result);
    assert_int_equal(reactor_in_flight(&fixture->uring->base), 0);
}

static void write_byte(struct fixture *fixture)
{
    struct io_op write;
    io_op_prepare(&write, &fixture->pair[1], "x", 1);
    assert_true(stream_try(&write, IO_WRITE));
}

static void after_eagain_it_waits_for_the_descriptor_and_tries_again(void **state)
{
    struct fixture *fixture = *state;
    answer(fixture, -EAGAIN);
    assert_int_equal(fixture->op.result, IN_FLIGHT_POLLING);
    write_byte(fixture);
    finish(fixture, 1);
    assert_int_equal(fixture->byte, 'x');
}

static void after_eagain_it_can_be_cancelled(void **state)
{
    struct fixture *fixture = *state;
    answer(fixture, -EAGAIN);
    stream_cancel(&fixture->op);
    finish(fixture, -ECANCELED);
}

static void after_eintr_it_is_tried_again_unless_cancelled(void **state)
{
    struct fixture *fixture = *state;
    answer(fixture, -EINTR);
    write_byte(fixture);
    finish(fixture, 1);

    completions = 0;
    fixture->uring->base.counts.submitted++;
    fixture->op.result = IN_FLIGHT_CANCELLED;
    take(fixture->uring, (uintptr_t)&fixture->op, -EINTR, 0);
    assert_int_equal(completions, 1);
    assert_int_equal(fixture->op.result, -ECANCELED);
}

/* With a ring that takes nothing any more: completions come from the next poll, with the kernel's error. */
static void what_the_kernel_refuses_completes_with_its_error(void **state)
{
    struct fixture *fixture = *state;
    struct io_uring *ring = &fixture->uring->ring;
    int descriptor = ring->enter_ring_fd;
    while (io_uring_get_sqe(ring)) {
    }
    ring->enter_ring_fd = 1 << 20;
    stream_submit(&fixture->op, IO_READ);
    stream_cancel(&fixture->op); /* too late, and harmless */
    assert_int_equal(completions, 0);
    int error = (int)fixture->op.result;
    assert_true(error < 0);
    assert_int_equal(reactor_poll(&fixture->uring->base, true), 1);
    assert_int_equal(completions, 1);
    assert_int_equal(fixture->op.result, error);
    assert_int_equal(reactor_poll(&fixture->uring->base, false), error);
    ring->enter_ring_fd = descriptor;
}

static void it_names_itself_and_its_features(void **state)
{
    const struct fixture *fixture = *state;
    const struct reactor *reactor = &fixture->uring->base;
    assert_string_equal(reactor_backend_name(reactor), "io_uring");
    assert_memory_equal(reactor_features(reactor), "io_uring: ", 10);
    assert_null(strchr(reactor_features(reactor), '\n'));
}

#define RULE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(it_names_itself_and_its_features),
        RULE(after_eagain_it_waits_for_the_descriptor_and_tries_again),
        RULE(after_eagain_it_can_be_cancelled),
        RULE(after_eintr_it_is_tried_again_unless_cancelled),
        RULE(what_the_kernel_refuses_completes_with_its_error),
    };
    struct selection selection = {0};
    select_platform(&selection, "io_uring", REACTOR_IO_URING);
    return run_selected(&selection, "io_uring", tests, sizeof tests / sizeof *tests);
}
