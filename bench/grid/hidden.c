/* The forms over a stream whose type its user does not know: `abstract`, behind an interface that the stream
 * implements, and `type-erased`, a value that can hold any.
 *
 * As an awaitable, an abstract stream's read_some is one virtual call, which makes an awaitable of a type that the
 * interface names; a type-erased one is an any_stream, behind whose table all of the awaitable is. As a sender, either
 * is a virtual call that makes an any_sender, since the operation state's type is hidden too: so are the published
 * cells. Its operation state goes into a buffer of 64 bytes, or, as `allocating`, never fits, as in the published
 * cells. A table_sender does without an any_sender: its operation state has a fixed size.
 */
#include "awaitable/any_stream.h"
#include "bench/grid/coroutine.h"
#include "bench/grid/pipeline.h"
#include "sender/any_sender.h"
#include "sender/connect_awaitable.h"
#include "sender/handshake_awaitable.h"
#include "sender/table_sender.h"

#include <stdlib.h>

enum { TOO_FEW_BYTES = 8 };

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

static inline struct posted_read some_posted_read(struct grid_job *job)
{
    struct posted_read read;
    virtual_read(job, &read);
    return read;
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

static inline struct any_read_some some_any_read_some(struct grid_job *job)
{
    struct any_read_some read;
    erased_read(job, &read);
    return read;
}

#define AWAITABLE_FORMS(stream_, T, read_)                                                                             \
    GRID_TASK(stream_##_task, T, read_(job, &self->reading); CO_AWAIT(got, self, T, &self->reading));                  \
    GRID_SENDER_TASK(stream_##_sender_task_bridged, T, read_(job, &self->reading);                                     \
                     CO_AWAIT_MEMBER_OF_BRIDGE(got, self, T, &self->reading));                                         \
    BRIDGED_PIPELINE(stream_##_callback_handle, T, GRID_PIPELINE);                                                     \
    BRIDGED_PIPELINE(stream_##_trampoline_callback_handle, T, GRID_TRAMPOLINE)

#define BRIDGED_PIPELINE(N, T, PIPELINE)                                                                               \
    GRID_RECEIVERS(N);                                                                                                 \
    SENDER_CONNECT_AWAITABLE_IN_PLACE(N##_read, T, N##_let_inner)                                                      \
    PIPELINE(N, ((struct N##_read_sender){some_##T(job)}), )

AWAITABLE_FORMS(abstract, posted_read, virtual_read);
AWAITABLE_FORMS(erased, any_read_some, erased_read);

/* ---- As a sender ---- */

ANY_SENDER(any_read, ssize_t)
SENDER_POSTED_READ(erasable_read, any_read)
ANY_SENDER_OF(erasable_read, any_read)

/* The interface. */
struct sender_stream {
    struct any_read_sender (*read_some)(struct sender_stream *, void *buffer, size_t size);
    struct grid_stream *stream;
};

static struct any_read_sender implemented_sender(struct sender_stream *self, void *buffer, size_t size)
{
    (void)buffer;
    (void)size;
    return erasable_read_erase((struct erasable_read_sender){self->stream}, NULL);
}

VIEW(sender, struct sender_stream, implemented_sender, job->stream)

static inline struct any_read_sender abstract_sender(struct grid_job *job)
{
    struct sender_stream *stream = job->hidden;
    PROBE(TABLE_CALL);
    return stream->read_some(stream, job->buffer, sizeof job->buffer);
}

/* The value that can hold any stream: it owns an implementation of the interface. */
struct any_sender_stream {
    struct sender_stream *stream;
};

static int wrap_any_sender_stream(struct grid_job *job)
{
    struct any_sender_stream *object = malloc(sizeof *object);
    int status = object ? wrap_sender(job) : -ENOMEM;
    if (status) {
        free(object);
        return status;
    }
    object->stream = job->hidden;
    job->hidden = object;
    return 0;
}

static void unwrap_any_sender_stream(struct grid_job *job)
{
    free(((struct any_sender_stream *)job->hidden)->stream);
    free(job->hidden);
}

const struct grid_view grid_hidden_any_sender_stream = {wrap_any_sender_stream, unwrap_any_sender_stream};

static inline struct any_read_sender erased_sender(struct grid_job *job)
{
    struct sender_stream *stream = ((struct any_sender_stream *)job->hidden)->stream;
    PROBE(TABLE_CALL);
    return stream->read_some(stream, job->buffer, sizeof job->buffer);
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

#define ANY(N, make) ((struct N##_sender){make(job)})
#define TABLE(N, make)                                                                                                 \
    ((struct N##_sender){((struct table_stream *)job->hidden)->table,                                                  \
                         ((struct table_stream *)job->hidden)->stream,                                                 \
                         {job->buffer, sizeof job->buffer}})

#define SENDER_ALLOCATING(N, R) SENDER_ANY(N, any_read, TOO_FEW_BYTES, R)
#define SENDER_FITTING(N, R) SENDER_ANY(N, any_read, ANY_SENDER_BYTES, R)
#define SENDER_TABLED(N, R) SENDER_TABLE(N, table_read, R)

#define PIPELINE_OF(N, STAGE, PIPELINE, SENDER, make)                                                                  \
    GRID_RECEIVERS(N);                                                                                                 \
    STAGE(N##_read, N##_let_inner)                                                                                     \
    PIPELINE(N, SENDER(N##_read, make), )

#define BY_P2300(N, STAGE, SENDER, make)                                                                               \
    SENDER_AWAITABLE_RECEIVER(N, sender_task);                                                                         \
    STAGE(N##_read, N)                                                                                                 \
    SENDER_AWAITABLE(N, N##_read)                                                                                      \
    GRID_SENDER_TASK(N, N, CO_AWAIT_SENDER(got, self, N, &self->reading, SENDER(N##_read, make)))

#define BY_EXCHANGE(N, STAGE, SENDER, make)                                                                            \
    HANDSHAKE_AWAITABLE_RECEIVER(N, grid_task, exchange)                                                               \
    STAGE(N##_read, N)                                                                                                 \
    HANDSHAKE_AWAITABLE(N, N##_read, exchange)                                                                         \
    GRID_TASK(N, N, CO_AWAIT_SENDER_TRANSFER(got, self, N, &self->reading, SENDER(N##_read, make)); GRID_TASK_RESUMED)

#define SENDER_FORMS(kind, STAGE, SENDER, make)                                                                        \
    PIPELINE_OF(kind##_pipeline, STAGE, GRID_PIPELINE, SENDER, make);                                                  \
    PIPELINE_OF(kind##_trampoline, STAGE, GRID_TRAMPOLINE, SENDER, make);                                              \
    BY_P2300(kind##_sender_task, STAGE, SENDER, make);                                                                 \
    BY_EXCHANGE(kind##_task_exchange, STAGE, SENDER, make)

SENDER_FORMS(abstract_allocating, SENDER_ALLOCATING, ANY, abstract_sender);
SENDER_FORMS(abstract_fitting, SENDER_FITTING, ANY, abstract_sender);
SENDER_FORMS(erased_allocating, SENDER_ALLOCATING, ANY, erased_sender);
SENDER_FORMS(erased_fitting, SENDER_FITTING, ANY, erased_sender);
SENDER_FORMS(table, SENDER_TABLED, TABLE, );
