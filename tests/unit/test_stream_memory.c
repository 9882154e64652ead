/* In-memory streams: every operation completes in stream_try. */
#include "common/stream.h"
#include "tests/unit/unit.h"

#include <string.h>

enum { SIZE = 256, PIECE = 64 };

static unsigned char source[SIZE], sink[SIZE];
static struct memory_stream stream;

static void open_stream(uint64_t readable)
{
    for (size_t i = 0; i < SIZE; i++)
        source[i] = (unsigned char)(i * 5 + 1);
    memset(sink, 0, sizeof sink);
    memory_stream_init(&stream, source, SIZE, readable, PIECE, sink, SIZE);
}

static ssize_t move(enum io_kind kind, void *buffer, size_t size)
{
    struct io_op op;
    io_op_prepare(&op, &stream.stream, buffer, size);
    assert_true(stream_try(&op, kind));
    return op.result;
}

static void reads_deliver_the_source_over_and_over_piece_by_piece(void **state)
{
    (void)state;
    unsigned char in[SIZE];
    open_stream(10 * SIZE);
    for (size_t at = 0; at < 10 * SIZE; at += PIECE) {
        assert_int_equal(move(IO_READ, in, sizeof in), PIECE);
        assert_memory_equal(in, source + at % SIZE, PIECE);
    }
    assert_int_equal(move(IO_READ, in, sizeof in), 0);
    assert_int_equal(move(IO_READ, in, sizeof in), 0);
}

static void a_small_buffer_gets_less_than_a_piece_and_loses_nothing(void **state)
{
    (void)state;
    unsigned char in[50];
    open_stream(3 * SIZE + 1);
    size_t got = 0;
    for (ssize_t n; (n = move(IO_READ, in, sizeof in)) > 0; got += (size_t)n)
        assert_memory_equal(in, source + got % SIZE, n);
    assert_int_equal(got, 3 * SIZE + 1);
}

static void writes_go_round_in_the_sink(void **state)
{
    (void)state;
    open_stream(0);
    size_t put = 0;
    while (put < 2 * SIZE)
        put += (size_t)move(IO_WRITE, source + put % SIZE, put % SIZE + 50 <= SIZE ? 50 : SIZE - put % SIZE);
    assert_int_equal(stream.written, put);
    assert_memory_equal(sink, source, SIZE);
    assert_int_equal(move(IO_WRITE, source, SIZE), PIECE);
}

static void nothing_to_move_completes_with_zero(void **state)
{
    (void)state;
    open_stream(SIZE);
    assert_int_equal(move(IO_READ, NULL, 0), 0);
    assert_int_equal(move(IO_WRITE, NULL, 0), 0);
    assert_int_equal(stream.readable, SIZE);
    assert_int_equal(stream_shutdown_write(&stream.stream), 0);
    stream_close(&stream.stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_deliver_the_source_over_and_over_piece_by_piece),
        cmocka_unit_test(a_small_buffer_gets_less_than_a_piece_and_loses_nothing),
        cmocka_unit_test(writes_go_round_in_the_sink),
        cmocka_unit_test(nothing_to_move_completes_with_zero),
    };
    return cmocka_run_group_tests_name("in-memory streams", tests, NULL, NULL);
}
