/* table_sender: an operation state of one type for every source, two table calls, and no memory but the consumer's. */
#include "common/run_loop.h"
#include "sender/io.h"
#include "sender/repeat_until.h"
#include "sender/sync_wait.h"
#include "sender/table_sender.h"
#include "sender/then.h"
#include "tests/unit/unit.h"

enum { PIECE = 16 };

struct bytes {
    void *buffer;
    size_t size;
};

TABLE_SENDER(byte_io, ssize_t, bytes, sizeof(struct io_request) + sizeof(void *))

/* A source by way of a child sender. */
SENDER_READ_SOME(stream_read, byte_io)

static struct stream_read_sender make_read(struct stream *stream, const struct bytes *bytes)
{
    return (struct stream_read_sender){stream, bytes->buffer, bytes->size};
}

TABLE_SENDER_OF(stream_reads, byte_io, stream, stream_read, make_read)

/* A source of its own, which completes as it is told, on the spot or later. */
struct oracle {
    ssize_t answer; /* a value, or the negative errno of an error, or -ECANCELED: stopped */
    bool later;
    struct byte_io_operation *asked;
    struct bytes request;
};

static void oracle_answer(struct byte_io_operation *operation, ssize_t answer)
{
    struct byte_io_receiver receiver = {operation};
    if (answer >= 0)
        byte_io_set_value(&receiver, answer);
    else if (answer == -ECANCELED)
        byte_io_set_stopped(&receiver);
    else
        byte_io_set_error(&receiver, (int)-answer);
}

static void oracle_start(void *source, struct byte_io_operation *operation)
{
    struct oracle *oracle = source;
    oracle->asked = operation;
    oracle->request = operation->request;
    if (!oracle->later)
        oracle_answer(operation, oracle->answer);
}

static const struct byte_io_table oracles = {.start = oracle_start};

/* One consumer for both. */
RECEIVER_SYNC_WAIT(wait_bytes, ssize_t)
SENDER_TABLE(reading, byte_io, wait_bytes)

struct waiting {
    struct run_loop loop;
    struct io_env env;
    struct wait_bytes_state state;
    struct reading_op op;
};

static void connect_in(struct waiting *self, struct reading_sender sender)
{
    assert_int_equal(run_loop_init(&self->loop, NULL), 0);
    self->env = (struct io_env){.executor = run_loop_executor(&self->loop)};
    self->state = (struct wait_bytes_state){.loop = &self->loop, .env = &self->env, .status = 1};
    reading_connect(&self->op, sender, (struct wait_bytes_receiver){&self->state});
}

static ssize_t run_to_end(struct reading_sender sender)
{
    struct waiting self;
    connect_in(&self, sender);
    reading_start(&self.op);
    assert_int_equal(run_loop_run(&self.loop), 0);
    run_loop_destroy(&self.loop);
    return self.state.status ? self.state.status : self.state.value;
}

static unsigned char source[PIECE] = "sixteen bytes...", sink[PIECE], buffer[PIECE];

static void open_memory(struct memory_stream *memory, uint64_t readable)
{
    memory_stream_init(memory, source, PIECE, readable, PIECE, sink, PIECE);
}

static void sources_of_two_types_are_read_by_the_same_code(void **state)
{
    (void)state;
    struct memory_stream memory;
    struct oracle oracle = {.answer = 5};
    open_memory(&memory, PIECE);
    assert_int_equal(run_to_end((struct reading_sender){&stream_reads, &memory.stream, {buffer, PIECE}}), PIECE);
    assert_memory_equal(buffer, source, PIECE);
    assert_int_equal(run_to_end((struct reading_sender){&stream_reads, &memory.stream, {buffer, PIECE}}), 0);
    assert_int_equal(run_to_end((struct reading_sender){&oracles, &oracle, {buffer, 7}}), 5);
    assert_ptr_equal(oracle.request.buffer, buffer);
    assert_int_equal(oracle.request.size, 7);
}

static void value_error_and_stopped_come_through(void **state)
{
    (void)state;
    static const ssize_t answers[] = {0, 9, -EIO, -ECANCELED};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct oracle oracle = {.answer = answers[i]};
        assert_int_equal(run_to_end((struct reading_sender){&oracles, &oracle, {buffer, PIECE}}), answers[i]);
    }
}

static void an_operation_takes_two_table_calls_and_one_for_the_environment(void **state)
{
    (void)state;
    struct waiting self;
    struct memory_stream memory;
    struct oracle oracle = {.answer = 5, .later = true};
    probe_reset();
    connect_in(&self, (struct reading_sender){&oracles, &oracle, {buffer, PIECE}});
    assert_int_equal(probe_counters[PROBE_TABLE_CALL], 0);
    reading_start(&self.op);
    assert_int_equal(probe_counters[PROBE_TABLE_CALL], 1);
    oracle_answer(oracle.asked, 5);
    assert_int_equal(probe_counters[PROBE_TABLE_CALL], 2);
    assert_int_equal(self.state.value, 5);
    run_loop_destroy(&self.loop);

    open_memory(&memory, PIECE);
    probe_reset();
    run_to_end((struct reading_sender){&stream_reads, &memory.stream, {buffer, PIECE}});
    assert_int_equal(probe_counters[PROBE_TABLE_CALL], 3); /* a read asks for the environment */
}

static void the_environment_is_the_consumers(void **state)
{
    (void)state;
    struct waiting self;
    struct oracle oracle = {.later = true};
    connect_in(&self, (struct reading_sender){&oracles, &oracle, {buffer, PIECE}});
    reading_start(&self.op);
    assert_ptr_equal(byte_io_get_env(&(struct byte_io_receiver){oracle.asked}), &self.env);
    oracle_answer(oracle.asked, 1);
    run_loop_destroy(&self.loop);
}

/* ---- repeat_until(table_sender | then(count)) ---- */

struct count_reads {
    unsigned *left;
};

static bool count_reads_call(struct count_reads *self, ssize_t got)
{
    assert_int_equal(got, PIECE);
    return --*self->left == 0;
}

RECEIVER_SYNC_WAIT(wait_loop, struct unit)
RECEIVER(counted, ssize_t);
RECEIVER(looped, bool);
SENDER_TABLE(each_read, byte_io, counted)
SENDER_THEN(counted, each_read, count_reads, looped)
SENDER_REPEAT_UNTIL_ON_ONE_THREAD(looped, counted, wait_loop)
SENDER_SYNC_WAIT(wait_loop, looped)

static void a_thousand_operations_allocate_nothing(void **state)
{
    (void)state;
    struct run_loop loop;
    struct memory_stream memory;
    struct unit value;
    unsigned left = 1000;
    uint64_t calls = frame_allocator_counts.calls;
    open_memory(&memory, 1000 * PIECE);
    assert_int_equal(run_loop_init(&loop, NULL), 0);
    const struct io_env env = {.executor = run_loop_executor(&loop)};
    struct looped_sender sender = {
        .child = {.child = {&stream_reads, &memory.stream, {buffer, PIECE}}, .function = {&left}}};
    probe_reset();
    assert_int_equal(wait_loop(&loop, &env, sender, &value), 0);
    assert_int_equal(left, 0);
    assert_int_equal(probe_counters[PROBE_TABLE_CALL], 3000);
    assert_int_equal(frame_allocator_counts.calls, calls);
    run_loop_destroy(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_of_two_types_are_read_by_the_same_code),
        cmocka_unit_test(value_error_and_stopped_come_through),
        cmocka_unit_test(an_operation_takes_two_table_calls_and_one_for_the_environment),
        cmocka_unit_test(the_environment_is_the_consumers),
        cmocka_unit_test(a_thousand_operations_allocate_nothing),
    };
    return cmocka_run_group_tests_name("table_sender", tests, NULL, NULL);
}
