/* Senders without a coroutine: a pipeline, and a loop that connects, starts and ends one operation after the other, for
 * the erased senders and for awaitables that are made senders. */
#undef ABREAST_TRANSFER_DRIVER

#include "awaitable/io.h"
#include "bench/phases/forms.h"
#include "sender/any_sender.h"
#include "sender/connect_awaitable.h"
#include "sender/io.h"
#include "sender/repeat_until.h"
#include "sender/table_sender.h"
#include "sender/then.h"

#define STREAM_READ(job) (job)->stream, &(job)->value, sizeof(job)->value

/* ---- repeat_until(then(read_some, consume)) ---- */

struct consume {
    struct phase_job *job;
};

static inline bool consume_call(struct consume *self, ssize_t got)
{
    phase_job_read(self->job, got);
    return !phase_job_goes_on(self->job);
}

RECEIVER_WITH(end, struct unit, struct phase_job *job;);
RECEIVER(repeated, bool);
RECEIVER(consumed, ssize_t);
SENDER_READ_SOME(consumed_read, consumed)
SENDER_THEN(consumed, consumed_read, consume, repeated)
SENDER_REPEAT_UNTIL_ON_ONE_THREAD(repeated, consumed, end)

static inline void end_set_value(struct end_receiver *self, struct unit value)
{
    (void)value;
    phase_job_end(self->job);
}

static inline void end_set_error(struct end_receiver *self, int error)
{
    self->job->status = -error;
    phase_job_end(self->job);
}

static inline void end_set_stopped(struct end_receiver *self)
{
    end_set_error(self, ECANCELED);
}

static inline const struct io_env *end_get_env(const struct end_receiver *self)
{
    return &self->job->env;
}

void *pipeline_begin(struct phase_job *job)
{
    struct repeated_op *op = malloc(sizeof *op);
    if (!op)
        return phase_job_fail(job);
    repeated_connect(op, (struct repeated_sender){{.child = {STREAM_READ(job)}, .function = {job}}},
                     (struct end_receiver){job});
    repeated_start(op);
    return op;
}

/* ---- One operation after the other; `end_operation` frees what a completed one has left ---- */

#define LOOP_RECEIVER(N)                                                                                               \
    struct N##_loop;                                                                                                   \
    RECEIVER_WITH(N, ssize_t, struct N##_loop *loop;)

#define LOOP(N, child, make, end_operation)                                                                            \
    struct N##_loop {                                                                                                  \
        struct phase_job *job;                                                                                         \
        bool starting, completed;                                                                                      \
        struct child##_op op;                                                                                          \
    };                                                                                                                 \
    static void N##_go_on(struct N##_loop *self)                                                                       \
    {                                                                                                                  \
        while (phase_job_goes_on(self->job)) {                                                                         \
            self->starting = true;                                                                                     \
            self->completed = false;                                                                                   \
            PROBE(RECEIVER_BUILT);                                                                                     \
            child##_connect(&self->op, make(self->job), (struct N##_receiver){self});                                  \
            child##_start(&self->op);                                                                                  \
            self->starting = false;                                                                                    \
            if (!self->completed)                                                                                      \
                return;                                                                                                \
            end_operation(&self->op);                                                                                  \
        }                                                                                                              \
        phase_job_end(self->job);                                                                                      \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *receiver, ssize_t got)                                     \
    {                                                                                                                  \
        struct N##_loop *self = receiver->loop;                                                                        \
        phase_job_read(self->job, got);                                                                                \
        self->completed = true;                                                                                        \
        if (self->starting)                                                                                            \
            return;                                                                                                    \
        end_operation(&self->op);                                                                                      \
        N##_go_on(self);                                                                                               \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_error(struct N##_receiver *receiver, int error)                                       \
    {                                                                                                                  \
        N##_set_value(receiver, -error);                                                                               \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_stopped(struct N##_receiver *receiver)                                                \
    {                                                                                                                  \
        N##_set_value(receiver, -ECANCELED);                                                                           \
    }                                                                                                                  \
    SENDER_FUNCTION const struct io_env *N##_get_env(const struct N##_receiver *receiver)                              \
    {                                                                                                                  \
        return &receiver->loop->job->env;                                                                              \
    }                                                                                                                  \
    void *N##_begin(struct phase_job *job)                                                                             \
    {                                                                                                                  \
        struct N##_loop *self = malloc(sizeof *self);                                                                  \
        if (!self)                                                                                                     \
            return phase_job_fail(job);                                                                                \
        self->job = job;                                                                                               \
        N##_go_on(self);                                                                                               \
        return self;                                                                                                   \
    }

#define NOTHING_TO_FREE(op) ((void)0)

/* ---- any_sender: the operation state of a read is larger than 64 bytes, and fits in a buffer of its size ---- */

ANY_SENDER(any_read, ssize_t);
SENDER_READ_SOME(concrete_read, any_read)
ANY_SENDER_OF(concrete_read, any_read)

static inline struct any_read_sender erased(struct phase_job *job)
{
    return concrete_read_erase((struct concrete_read_sender){STREAM_READ(job)}, NULL);
}

LOOP_RECEIVER(any_sender_fits);
SENDER_ANY(roomy, any_read, sizeof(struct concrete_read_op), any_sender_fits)
#define ROOMY(job) ((struct roomy_sender){erased(job)})
LOOP(any_sender_fits, roomy, ROOMY, NOTHING_TO_FREE)

LOOP_RECEIVER(any_sender);
SENDER_ANY(customary, any_read, ANY_SENDER_BYTES, any_sender)
#define CUSTOMARY(job) ((struct customary_sender){erased(job)})
LOOP(any_sender, customary, CUSTOMARY, NOTHING_TO_FREE)
_Static_assert(sizeof(struct concrete_read_op) > ANY_SENDER_BYTES, "the read is to be too large for the buffer");

/* ---- table_sender ---- */

struct read_request {
    void *buffer;
    size_t size;
};

TABLE_SENDER(source, ssize_t, read_request, 160);
SENDER_READ_SOME(source_read, source)

static inline struct source_read_sender make_source_read(struct stream *stream, const struct read_request *request)
{
    return (struct source_read_sender){stream, request->buffer, request->size};
}

TABLE_SENDER_OF(stream_source, source, stream, source_read, make_source_read);

LOOP_RECEIVER(table_sender);
SENDER_TABLE(tabled, source, table_sender)
#define TABLED(job) ((struct tabled_sender){&stream_source, (job)->stream, {&(job)->value, sizeof(job)->value}})
LOOP(table_sender, tabled, TABLED, NOTHING_TO_FREE)

/* ---- The awaitable read_some as a sender ---- */

static inline struct read_some reading(struct phase_job *job)
{
    struct read_some awaitable = {0};
    read_some(&awaitable, STREAM_READ(job));
    return awaitable;
}

LOOP_RECEIVER(bridge);
SENDER_CONNECT_AWAITABLE(bridged, read_some, bridge)
#define BRIDGED(job) ((struct bridged_sender){reading(job)})
LOOP(bridge, bridged, BRIDGED, bridged_destroy)

LOOP_RECEIVER(in_place);
SENDER_CONNECT_AWAITABLE_IN_PLACE(placed, read_some, in_place)
#define PLACED(job) ((struct placed_sender){reading(job)})
LOOP(in_place, placed, PLACED, NOTHING_TO_FREE)
