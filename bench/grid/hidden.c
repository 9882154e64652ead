/* The forms over a stream whose type its user does not know: `abstract`, behind an interface that the stream
 * implements, and `type-erased`, a value that can hold any.
 *
 * As an awaitable, an abstract stream's read_some is one virtual call, which makes an awaitable of a type that the
 * interface names; a type-erased one is an any_stream, behind whose table all of the awaitable is. As a sender, either
 * is a virtual call that makes an any_sender, since the operation state's type is hidden too: so are the published
 * cells. The read's operation state goes into the customary buffer of 64 bytes, or, where the stream is `wide`, has
 * the size of the published contexts' and never fits. A table_sender does without an any_sender: its operation state
 * has a fixed size.
 *
 * What such a call makes is made where it stays, or is connected from: nothing is returned by value (any_sender.h says
 * why).
 */
#include "awaitable/any_stream.h"
#include "bench/grid/coroutine.h"
#include "bench/grid/pipeline.h"
#include "sender/any_sender.h"
#include "sender/connect_awaitable.h"
#include "sender/handshake_awaitable.h"
#include "sender/table_sender.h"

#include <stdlib.h>

static void unwrap(struct grid_job *job)
{
    free(job->hidden);
}

/* Allocates the object that a form sees its stream through. */
#define VIEW(name, type, ...)                                                                                          \
    static int wrap_##name(struct grid_job *job)                                                                       \
    {                                                                                                                  \
        type *object = malloc(sizeof *object);                                                                         \
        if (!object)                                                                                                   \
            return -ENOMEM;                                                                                            \
        *object = (type){__VA_ARGS__};                                                                                 \
        job->hidden = object;                                                                                          \
        return 0;                                                                                                      \
    }                                                                                                                  \
    const struct grid_view grid_hidden_##name = {wrap_##name, unwrap};

/* ---- As an awaitable, abstract ---- */

struct awaitable_stream {
    void (*read_some)(struct awaitable_stream *, struct posted_read *, void *buffer, size_t size);
    struct grid_stream *stream;
};

static void implemented_read(struct awaitable_stream *self, struct posted_read *read, void *buffer, size_t size)
{
    posted_read(read, self->stream, buffer, size);
}

VIEW(awaitable, struct awaitable_stream, implemented_read, job->stream)

static inline void virtual_read(struct grid_job *job, struct posted_read *read)
{
    struct awaitable_stream *stream = job->hidden;
    PROBE(TABLE_CALL);
    stream->read_some(stream, read, job->buffer, sizeof job->buffer);
}

/* ---- As an awaitable, type-erased ---- */

ANY_STREAM_TABLE(posted_reading, grid_stream, posted_read, any_stream_trivial);

static int wrap_any_stream(struct grid_job *job)
{
    struct any_read_stream *object = malloc(sizeof *object);
    int status = object ? any_read_stream_wrap(object, &posted_reading, job->stream, job->env.allocator) : -ENOMEM;
    if (status)
        free(object);
    else
        job->hidden = object;
    return status;
}

static void unwrap_any_stream(struct grid_job *job)
{
    any_read_stream_destroy(job->hidden);
    free(job->hidden);
}

const struct grid_view grid_hidden_any_stream = {wrap_any_stream, unwrap_any_stream};

static inline void erased_read(struct grid_job *job, struct any_read_some *read)
{
    any_read_some(read, job->hidden, job->buffer, sizeof job->buffer);
}

/* As a sender that makes the awaitable in its operation state. */
#define MADE_READ(T, read_)                                                                                            \
    struct some_##T {                                                                                                  \
        struct grid_job *job;                                                                                          \
    };                                                                                                                 \
    static inline void some_##T##_call(struct some_##T *self, struct T *reading)                                       \
    {                                                                                                                  \
        read_(self->job, reading);                                                                                     \
    }

MADE_READ(posted_read, virtual_read)
MADE_READ(any_read_some, erased_read)

#define AWAITABLE_FORMS(stream_, T, read_)                                                                             \
    GRID_TASK(stream_##_task, T, read_(job, &self->reading); CO_AWAIT(got, self, T, &self->reading));                  \
    GRID_SENDER_TASK(stream_##_sender_task_bridged, T, read_(job, &self->reading);                                     \
                     CO_AWAIT_MEMBER_OF_BRIDGE(got, self, T, &self->reading));                                         \
    BRIDGED_PIPELINE(stream_##_callback_handle, T, GRID_PIPELINE);                                                     \
    BRIDGED_PIPELINE(stream_##_trampoline_callback_handle, T, GRID_TRAMPOLINE)

#define BRIDGED_PIPELINE(N, T, PIPELINE)                                                                               \
    GRID_RECEIVERS(N);                                                                                                 \
    SENDER_CONNECT_AWAITABLE_MADE_IN_PLACE(N##_read, T, some_##T, N##_let_inner)                                       \
    PIPELINE(N, ((struct N##_read_sender){{job}}), )

AWAITABLE_FORMS(abstract, posted_read, virtual_read);
AWAITABLE_FORMS(erased, any_read_some, erased_read);

/* ---- As a sender ---- */

ANY_SENDER(any_read, ssize_t)
SENDER_POSTED_READ(narrow_read, any_read)
SENDER_WIDE_READ(wide_read, any_read);
ANY_SENDER_OF(narrow_read, any_read)
ANY_SENDER_OF(wide_read, any_read)

/* The interface. */
struct sender_stream {
    void (*read_some)(struct sender_stream *, struct any_read_sender *made, void *buffer, size_t size);
    struct grid_stream *stream;
};

#define SENDER_STREAM(name, read)                                                                                      \
    static void name##_read_some(struct sender_stream *self, struct any_read_sender *made, void *buffer, size_t size)  \
    {                                                                                                                  \
        (void)buffer;                                                                                                  \
        (void)size;                                                                                                    \
        read##_erase_into(made, (struct read##_sender){self->stream}, NULL);                                           \
    }                                                                                                                  \
    VIEW(name, struct sender_stream, name##_read_some, job->stream)

SENDER_STREAM(sender, narrow_read)
SENDER_STREAM(wide_sender, wide_read)

struct abstract_sender {
    struct grid_job *job;
};

static inline void abstract_sender_call(struct abstract_sender *self, struct any_read_sender *made)
{
    struct sender_stream *stream = self->job->hidden;
    PROBE(TABLE_CALL);
    stream->read_some(stream, made, self->job->buffer, sizeof self->job->buffer);
}

/* The value that can hold any stream: it owns an implementation of the interface. */
struct any_sender_stream {
    struct sender_stream *stream;
};

static int wrap_any_sender_stream_of(struct grid_job *job, int (*wrap)(struct grid_job *))
{
    struct any_sender_stream *object = malloc(sizeof *object);
    int status = object ? wrap(job) : -ENOMEM;
    if (status) {
        free(object);
        return status;
    }
    object->stream = job->hidden;
    job->hidden = object;
    return 0;
}

static int wrap_any_sender_stream(struct grid_job *job)
{
    return wrap_any_sender_stream_of(job, wrap_sender);
}

static int wrap_wide_any_sender_stream(struct grid_job *job)
{
    return wrap_any_sender_stream_of(job, wrap_wide_sender);
}

static void unwrap_any_sender_stream(struct grid_job *job)
{
    free(((struct any_sender_stream *)job->hidden)->stream);
    free(job->hidden);
}

const struct grid_view grid_hidden_any_sender_stream = {wrap_any_sender_stream, unwrap_any_sender_stream};
const struct grid_view grid_hidden_wide_any_sender_stream = {wrap_wide_any_sender_stream, unwrap_any_sender_stream};

struct erased_sender {
    struct grid_job *job;
};

static inline void erased_sender_call(struct erased_sender *self, struct any_read_sender *made)
{
    struct sender_stream *stream = ((struct any_sender_stream *)self->job->hidden)->stream;
    PROBE(TABLE_CALL);
    stream->read_some(stream, made, self->job->buffer, sizeof self->job->buffer);
}

/* A fixed operation state. */
struct read_request {
    void *buffer;
    size_t size;
};

TABLE_SENDER(table_read, ssize_t, read_request, ANY_SENDER_BYTES)
SENDER_POSTED_READ(tabled_read, table_read)

static inline struct tabled_read_sender tabled_read(struct grid_stream *stream, const struct read_request *request)
{
    (void)request;
    return (struct tabled_read_sender){stream};
}

TABLE_SENDER_OF(grid_stream_table, table_read, grid_stream, tabled_read, tabled_read)

struct table_stream {
    const struct table_read_table *table;
    struct grid_stream *stream;
};

VIEW(table, struct table_stream, &grid_stream_table, job->stream)

#define MADE(N) ((struct N##_sender){{job}})
#define TABLE(N)                                                                                                       \
    ((struct N##_sender){((struct table_stream *)job->hidden)->table,                                                  \
                         ((struct table_stream *)job->hidden)->stream,                                                 \
                         {job->buffer, sizeof job->buffer}})

#define SENDER_ABSTRACT(N, R) SENDER_ANY_MADE(N, any_read, ANY_SENDER_BYTES, abstract_sender, R)
#define SENDER_ERASED(N, R) SENDER_ANY_MADE(N, any_read, ANY_SENDER_BYTES, erased_sender, R)
#define SENDER_TABLED(N, R) SENDER_TABLE(N, table_read, R)

#define PIPELINE_OF(N, STAGE, PIPELINE, SENDER)                                                                        \
    GRID_RECEIVERS(N);                                                                                                 \
    STAGE(N##_read, N##_let_inner)                                                                                     \
    PIPELINE(N, SENDER(N##_read), )

#define BY_P2300(N, STAGE, SENDER)                                                                                     \
    SENDER_AWAITABLE_RECEIVER(N, sender_task);                                                                         \
    STAGE(N##_read, N)                                                                                                 \
    SENDER_AWAITABLE(N, N##_read)                                                                                      \
    GRID_SENDER_TASK(N, N, CO_AWAIT_SENDER(got, self, N, &self->reading, SENDER(N##_read)))

#define BY_HANDSHAKE(N, promise, by, STAGE, FORM, SENDER)                                                              \
    HANDSHAKE_AWAITABLE_RECEIVER(N, promise, by)                                                                       \
    STAGE(N##_read, N)                                                                                                 \
    HANDSHAKE_AWAITABLE(N, N##_read, by)                                                                               \
    FORM(N, N, CO_AWAIT_SENDER_TRANSFER(got, self, N, &self->reading, SENDER(N##_read)); FORM##_RESUMED)

#define SENDER_FORMS(kind, STAGE, SENDER)                                                                              \
    PIPELINE_OF(kind##_pipeline, STAGE, GRID_PIPELINE, SENDER);                                                        \
    PIPELINE_OF(kind##_trampoline, STAGE, GRID_TRAMPOLINE, SENDER);                                                    \
    BY_P2300(kind##_sender_task, STAGE, SENDER);                                                                       \
    BY_HANDSHAKE(kind##_sender_task_exchange, sender_task, exchange, STAGE, GRID_SENDER_TASK, SENDER);                 \
    BY_HANDSHAKE(kind##_sender_task_thread_id, sender_task, thread_id, STAGE, GRID_SENDER_TASK, SENDER);               \
    BY_HANDSHAKE(kind##_task_exchange, grid_task, exchange, STAGE, GRID_TASK, SENDER)

SENDER_FORMS(abstract_any, SENDER_ABSTRACT, MADE);
SENDER_FORMS(erased_any, SENDER_ERASED, MADE);
SENDER_FORMS(table, SENDER_TABLED, TABLE);
