/* any_stream: calls through the table, memory, readiness, and the end of what is destroyed in the middle. */
#include "awaitable/any_stream.h"
#include "awaitable/io.h"
#include "awaitable/run.h"
#include "common/run_loop.h"
#include "tests/unit/unit.h"

#include <errno.h>

enum { PIECE = 16 };

ANY_STREAM_TABLE(stream_reading, stream, read_some, any_stream_trivial);
ANY_STREAM_TABLE(stream_writing, stream, write_some, any_stream_trivial);

/* A stream of another type, with an awaitable of its own: it is ready when there is something, and else waits. */
struct mailbox {
    ssize_t there; /* -1: nothing yet */
    struct coro *waiting;
    int constructed, destroyed;
    void *where; /* its last awaitable */
};

struct mailbox_read {
    struct mailbox *mailbox;
    char *buffer;
};

static void mailbox_read(struct mailbox_read *self, struct mailbox *mailbox, void *buffer, size_t size)
{
    assert_true(size >= 1);
    mailbox->constructed++;
    mailbox->where = self;
    *self = (struct mailbox_read){mailbox, buffer};
}

static bool mailbox_read_await_ready(struct mailbox_read *self)
{
    return self->mailbox->there >= 0;
}

static struct coro *mailbox_read_await_suspend(struct mailbox_read *self, struct coro *caller, const struct io_env *env)
{
    (void)env;
    self->mailbox->waiting = caller;
    return noop_coroutine();
}

static ssize_t mailbox_read_await_resume(struct mailbox_read *self)
{
    self->buffer[0] = (char)self->mailbox->there;
    return 1;
}

static void mailbox_read_destroy(struct mailbox_read *self)
{
    self->mailbox->destroyed++;
    self->mailbox->waiting = NULL;
}

ANY_STREAM_TABLE(mailbox_reading, mailbox, mailbox_read, mailbox_read_destroy);

/* A task that reads a number of times, and knows nothing of what is behind. */
struct reader {
    struct task task;
    struct any_read_stream *stream;
    struct any_read_some reading;
    char buffer[PIECE];
    unsigned left;
    ssize_t got;
};

static void reader_body(struct coro *handle)
{
    struct reader *self = (struct reader *)handle;

    CO_BEGIN(self);
    while (self->left-- > 0) {
        any_read_some(&self->reading, self->stream, self->buffer, sizeof self->buffer);
        CO_AWAIT(self->got, self, any_read_some, &self->reading);
        if (self->got <= 0)
            break;
    }
    CO_RETURN(self, self->got);
    CO_END;
}

static void reader_destroy(struct coro *handle)
{
    any_read_some_destroy(&((struct reader *)handle)->reading);
    frame_destroy(handle);
}

struct launched {
    struct run_async launch;
    struct run_loop *loop;
    ssize_t result;
    unsigned done;
};

static void ended(struct run_async *launch, ssize_t result)
{
    struct launched *self = CONTAINER_OF(launch, struct launched, launch);
    self->result = result;
    self->done++;
    if (self->loop)
        run_loop_finish(self->loop);
}

static void launch_reader(struct launched *launched, struct any_read_stream *stream, const struct io_env *env,
                          unsigned reads)
{
    struct reader *reader = frame_create(NULL, sizeof *reader, reader_body, reader_destroy);
    assert_non_null(reader);
    reader->stream = stream;
    reader->reading = (struct any_read_some){0};
    reader->left = reads;
    run_async(&launched->launch, &reader->task, env, ended);
}

static struct io_env inline_env(void)
{
    return (struct io_env){.executor = inline_executor()};
}

/* Reads `reads` times from a scripted stream: the calls through the table that it took. */
static uint64_t table_calls(struct sim_script script, unsigned reads, ssize_t *result)
{
    struct reactor *reactor;
    struct run_loop loop;
    struct memory_stream memory;
    static unsigned char source[PIECE], sink[PIECE];
    struct any_stream any;
    const char *reason;
    assert_int_equal(
        reactor_create(&reactor, &(struct reactor_options){.backend = REACTOR_SIM, .script = script}, &reason), 0);
    assert_int_equal(run_loop_init(&loop, reactor), 0);
    assert_int_equal(sim_stream_init(&memory, reactor, source, PIECE, (uint64_t)PIECE * 1000, PIECE, sink, sizeof sink),
                     0);

    const struct io_env env = {.executor = run_loop_executor(&loop)};
    struct launched launched = {.loop = &loop};
    uint64_t allocations = frame_allocator_counts.calls;
    assert_int_equal(any_stream_wrap(&any, &stream_reading, &stream_writing, &memory.stream, NULL), 0);
    assert_int_equal(frame_allocator_counts.calls, allocations + 2);
    launch_reader(&launched, &any.read, &env, reads);
    probe_reset();
    assert_int_equal(run_loop_run(&loop), 0);
    assert_int_equal(launched.done, 1);
    assert_int_equal(frame_allocator_counts.calls, allocations + 3); /* and the frame */
    uint64_t calls = probe_counters[PROBE_TABLE_CALL];
    any_stream_destroy(&any);
    run_loop_destroy(&loop);
    reactor_destroy(reactor);
    *result = launched.result;
    return calls;
}

static void an_operation_that_is_ready_takes_four_table_calls(void **state)
{
    (void)state;
    ssize_t result;
    assert_int_equal(table_calls((struct sim_script){.seed = 1, .sync_share = 1000}, 1, &result), 4);
    assert_int_equal(result, PIECE);
    assert_int_equal(probe_counters[PROBE_READY], 1);
    assert_int_equal(probe_counters[PROBE_SUSPEND], 0);
}

static void an_operation_that_suspends_takes_five_table_calls(void **state)
{
    (void)state;
    ssize_t result;
    assert_int_equal(table_calls((struct sim_script){.seed = 1}, 1, &result), 5);
    assert_int_equal(result, PIECE);
    assert_int_equal(probe_counters[PROBE_READY], 0);
    assert_int_equal(probe_counters[PROBE_SUSPEND], 1);
}

static void the_awaitables_memory_is_used_a_thousand_times(void **state)
{
    (void)state;
    ssize_t result;
    assert_int_equal(table_calls((struct sim_script){.seed = 1, .sync_share = 1000}, 1000, &result), 4000);
    assert_int_equal(result, PIECE);
    uint64_t calls = table_calls((struct sim_script){.seed = 1, .sync_share = 400}, 1000, &result);
    assert_int_equal(calls, 4000 + probe_counters[PROBE_SUSPEND]);
    assert_int_equal(probe_counters[PROBE_SUSPEND] + probe_counters[PROBE_READY], 1000);
}

static void the_end_of_the_stream_and_an_error_come_through(void **state)
{
    (void)state;
    ssize_t result;
    assert_int_equal(table_calls((struct sim_script){.seed = 1, .sync_share = 1000}, 2000, &result), 4 * 1001);
    assert_int_equal(result, 0);
    table_calls((struct sim_script){.seed = 1, .sync_share = 500, .error = ECONNRESET, .error_at = 3}, 2000, &result);
    assert_int_equal(result, -ECONNRESET);
}

static void a_stream_of_another_type_is_awaited_in_place(void **state)
{
    (void)state;
    const struct io_env env = inline_env();
    struct mailbox mailbox = {.there = 'x'};
    struct any_read_stream any;
    struct launched launched = {0};
    assert_int_equal(any_read_stream_wrap(&any, &mailbox_reading, &mailbox, NULL), 0);
    launch_reader(&launched, &any, &env, 3);
    assert_int_equal(launched.done, 1);
    assert_int_equal(launched.result, 1);
    assert_int_equal(mailbox.constructed, 3);
    assert_int_equal(mailbox.destroyed, 3);
    assert_ptr_equal(mailbox.where, any.end.awaitable);

    mailbox.there = -1;
    launch_reader(&launched, &any, &env, 1);
    assert_int_equal(launched.done, 1);
    assert_int_equal(mailbox.destroyed, 3);
    mailbox.there = 'y';
    coro_resume(mailbox.waiting);
    assert_int_equal(launched.done, 2);
    assert_int_equal(mailbox.destroyed, 4);
    any_read_stream_destroy(&any);
    assert_int_equal(mailbox.destroyed, 4);
}

static void a_task_destroyed_while_suspended_destroys_the_awaitable(void **state)
{
    (void)state;
    const struct io_env env = inline_env();
    struct mailbox mailbox = {.there = -1};
    struct any_read_stream any;
    struct launched launched = {0};
    assert_int_equal(any_read_stream_wrap(&any, &mailbox_reading, &mailbox, NULL), 0);
    launch_reader(&launched, &any, &env, 1);
    assert_non_null(mailbox.waiting);
    run_async_abandon(&launched.launch);
    assert_int_equal(mailbox.destroyed, 1);
    assert_null(mailbox.waiting);

    mailbox.there = 'x'; /* the stream is as good as new */
    launch_reader(&launched, &any, &env, 1);
    assert_int_equal(launched.result, 1);
    assert_int_equal(mailbox.constructed, 2);
    assert_int_equal(mailbox.destroyed, 2);
    any_read_stream_destroy(&any);
}

/* Where the task cannot know, the any_stream's own end is enough. */
static void an_any_stream_destroyed_in_an_operation_destroys_the_awaitable(void **state)
{
    (void)state;
    const struct io_env env = inline_env();
    struct mailbox mailbox = {.there = -1};
    struct any_read_stream any;
    struct any_read_some reading;
    char byte;
    assert_int_equal(any_read_stream_wrap(&any, &mailbox_reading, &mailbox, NULL), 0);
    any_read_some(&reading, &any, &byte, 1);
    assert_false(any_read_some_await_ready(&reading));
    any_read_some_await_suspend(&reading, noop_coroutine(), &env);
    any_read_stream_destroy(&any);
    assert_int_equal(mailbox.destroyed, 1);
}

static void it_may_move_between_two_operations(void **state)
{
    (void)state;
    const struct io_env env = inline_env();
    struct mailbox mailbox = {.there = 'x'};
    struct any_read_stream first, second;
    struct launched launched = {0};
    assert_int_equal(any_read_stream_wrap(&first, &mailbox_reading, &mailbox, NULL), 0);
    launch_reader(&launched, &first, &env, 1);
    second = first;
    first = (struct any_read_stream){0};
    launch_reader(&launched, &second, &env, 1);
    assert_int_equal(launched.done, 2);
    assert_int_equal(mailbox.destroyed, 2);
    any_read_stream_destroy(&second);
}

/* Fails the allocation with the number `fail_at`, from 1. */
struct failing_allocator {
    struct frame_allocator base;
    unsigned calls, fail_at, freed;
};

static void *failing_allocate(struct frame_allocator *allocator, size_t bytes)
{
    struct failing_allocator *self = (struct failing_allocator *)allocator;
    return ++self->calls == self->fail_at ? NULL : test_malloc(bytes);
}

static void failing_deallocate(struct frame_allocator *allocator, void *memory, size_t bytes)
{
    (void)bytes;
    ((struct failing_allocator *)allocator)->freed++;
    test_free(memory);
}

static void without_memory_there_is_an_error_and_nothing_leaks(void **state)
{
    (void)state;
    static const struct frame_allocator_ops ops = {
        .name = "failing", .allocate = failing_allocate, .deallocate = failing_deallocate};
    struct memory_stream memory;
    static unsigned char source[PIECE], sink[PIECE];
    struct any_stream any;
    memory_stream_init(&memory, source, PIECE, PIECE, PIECE, sink, PIECE);
    for (unsigned fail_at = 1; fail_at <= 3; fail_at++) {
        struct failing_allocator allocator = {.base.ops = &ops, .fail_at = fail_at};
        int status = any_stream_wrap(&any, &stream_reading, &stream_writing, &memory.stream, &allocator.base);
        assert_int_equal(status, fail_at <= 2 ? -ENOMEM : 0);
        if (status == 0)
            any_stream_destroy(&any);
        assert_int_equal(allocator.freed, fail_at - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operation_that_is_ready_takes_four_table_calls),
        cmocka_unit_test(an_operation_that_suspends_takes_five_table_calls),
        cmocka_unit_test(the_awaitables_memory_is_used_a_thousand_times),
        cmocka_unit_test(the_end_of_the_stream_and_an_error_come_through),
        cmocka_unit_test(a_stream_of_another_type_is_awaited_in_place),
        cmocka_unit_test(a_task_destroyed_while_suspended_destroys_the_awaitable),
        cmocka_unit_test(an_any_stream_destroyed_in_an_operation_destroys_the_awaitable),
        cmocka_unit_test(it_may_move_between_two_operations),
        cmocka_unit_test(without_memory_there_is_an_error_and_nothing_leaks),
    };
    return cmocka_run_group_tests_name("any_stream", tests, NULL, NULL);
}
