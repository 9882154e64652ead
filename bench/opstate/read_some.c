/* read_some of eight bytes from a stream in memory, where every read completes at once.
 *
 *   floor            the stream's bare operation
 *   pipeline         a sender, read_some
 *   any-sender       the same behind any_sender with its buffer of 64 bytes, which the operation state does not fit;
 *                    any-sender-fits: with a buffer that it fits; connected from where it was made, as in C++
 *   table-sender     a sender of a fixed type, whose operation state completes through a table
 *   ready            a coroutine awaits read_some
 *   any-stream       it awaits the read_some of an any_stream
 */
#include "awaitable/any_stream.h"
#include "awaitable/io.h"
#include "bench/opstate/awaiting.h"
#include "bench/opstate/pipeline.h"
#include "bench/opstate/sources.h"
#include "sender/any_sender.h"
#include "sender/io.h"
#include "sender/table_sender.h"

static inline void keep_read(struct opstate *state, ssize_t got)
{
    state->value = next_input(state->value ^ state->got ^ (uint64_t)got);
}

static int floor_run(struct opstate *state)
{
    for (; state->operations; state->operations--) {
        struct io_op op;
        io_op_prepare(&op, state->stream, &state->got, sizeof state->got);
        if (!stream_try(&op, IO_READ) || op.result < 0)
            return -EIO;
        keep_read(state, op.result);
    }
    return 0;
}

const struct form read_some_floor = {.run = floor_run};

/* ---- Senders ---- */

END_RECEIVER(reading_end, ssize_t, keep_read)

SENDER_READ_SOME(reading, reading_end)
RUN_PIPELINE(reading_run, reading, reading_end, .stream = state->stream, .buffer = &state->got,
             .size = sizeof state->got)
const struct form read_some_pipeline = {.run = reading_run, PIPELINE_SIZES(reading)};

/* The erased type, and what is behind it. */
ANY_SENDER(erased, ssize_t);
SENDER_READ_SOME(behind, erased)
ANY_SENDER_OF(behind, erased)

struct make_behind {
    struct opstate *state;
};

static inline void make_behind_call(struct make_behind *self, struct erased_sender *made)
{
    struct opstate *state = self->state;
    behind_erase_into(made, (struct behind_sender){state->stream, &state->got, sizeof state->got}, NULL);
}

#define ERASED(N, bytes, block_, form_)                                                                                \
    SENDER_ANY_MADE(N, erased, bytes, make_behind, reading_end)                                                        \
    RUN_PIPELINE(N##_run, N, reading_end, {state})                                                                     \
    const struct form read_some_##form_ = {                                                                            \
        .run = N##_run,                                                                                                \
        .sizes = {.op_state = sizeof(struct N##_op), .block = block_, .align = _Alignof(struct N##_op)},               \
    };

ERASED(any, ANY_SENDER_BYTES, sizeof(struct behind_op), any_sender)
ERASED(any_fits, sizeof(struct behind_op), 0, any_sender_fits)
_Static_assert(sizeof(struct behind_op) > ANY_SENDER_BYTES, "the operation state is too large for the buffer");

struct read_request {
    void *buffer;
    size_t size;
};

enum { TABLE_BYTES = sizeof(struct io_request) + 2 * sizeof(void *) };
TABLE_SENDER(tabled, ssize_t, read_request, TABLE_BYTES);
SENDER_READ_SOME(implemented, tabled)

static inline struct implemented_sender implemented_make(struct stream *stream, const struct read_request *request)
{
    return (struct implemented_sender){stream, request->buffer, request->size};
}

TABLE_SENDER_OF(memory_source, tabled, stream, implemented, implemented_make)
SENDER_TABLE(table, tabled, reading_end)
RUN_PIPELINE(table_run, table, reading_end, &memory_source, state->stream, {&state->got, sizeof state->got})
const struct form read_some_table_sender = {.run = table_run, PIPELINE_SIZES(table)};

/* ---- Awaitables ---- */

/* `own` is a member of the frame; `begin` has it ready, or a negative errno, `end` gives it back. */
#define READING(N, T, stream_, own, begin, end_)                                                                       \
    struct N##_frame {                                                                                                 \
        struct task task;                                                                                              \
        struct opstate *state;                                                                                         \
        own struct T reading;                                                                                          \
        ssize_t got;                                                                                                   \
    };                                                                                                                 \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N##_frame *self = (struct N##_frame *)handle;                                                           \
        struct opstate *state = self->state;                                                                           \
        CO_BEGIN(self);                                                                                                \
        self->got = begin;                                                                                             \
        for (; state->operations && self->got >= 0; state->operations--) {                                             \
            T(&self->reading, stream_, &state->got, sizeof state->got);                                                \
            CO_AWAIT(self->got, self, T, &self->reading);                                                              \
            keep_read(state, self->got);                                                                               \
        }                                                                                                              \
        end_;                                                                                                          \
        CO_RETURN(self, self->got);                                                                                    \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    ROOT_COROUTINE(N)                                                                                                  \
    AWAITING_FORM(read_some_##N, N, struct T)

READING(ready, read_some, state->stream, , 0, (void)0)

ANY_STREAM_TABLE(memory_reading, stream, read_some, any_stream_trivial);
READING(any_stream, any_read_some, &self->any, struct any_read_stream any;
        , any_read_stream_wrap(&self->any, &memory_reading, state->stream, state->env.allocator),
        any_read_stream_destroy(&self->any))
