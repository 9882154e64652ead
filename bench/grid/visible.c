/* The forms over a concrete stream, whose type its user knows: `native`, where a read completes from the pool, and
 * `synchronous`, where it completes at once. */
#include "bench/grid/coroutine.h"
#include "bench/grid/pipeline.h"
#include "sender/connect_awaitable.h"
#include "sender/handshake_awaitable.h"
#include "sender/inline_awaitable.h"
#include "sender/member_awaitable.h"
#include "sender/task_awaitable.h"

#define STREAM(N) ((struct N##_sender){job->stream})
#define READ(T) T(&self->reading, job->stream, job->buffer, sizeof job->buffer)

/* Pipelines of senders. */
#define NATIVE_PIPELINE(N, PIPELINE)                                                                                   \
    GRID_RECEIVERS(N);                                                                                                 \
    SENDER_POSTED_READ(N##_read, N##_let_inner)                                                                        \
    PIPELINE(N, STREAM(N##_read), )

NATIVE_PIPELINE(native_pipeline, GRID_PIPELINE);
NATIVE_PIPELINE(native_pipeline_any_thread, GRID_PIPELINE_ANY_THREAD);
NATIVE_PIPELINE(native_trampoline, GRID_TRAMPOLINE);

#define EXECUTOR_PIPELINE(N)                                                                                           \
    GRID_RECEIVERS(N);                                                                                                 \
    SENDER_EXECUTOR_READ(N##_read, N##_let_inner)                                                                      \
    GRID_PIPELINE(N, STREAM(N##_read), )

EXECUTOR_PIPELINE(native_pipeline_executor);

#define SYNCHRONOUS_PIPELINE(N, PIPELINE)                                                                              \
    GRID_RECEIVERS(N);                                                                                                 \
    SENDER_INLINE_READ(N##_read, N##_let_inner)                                                                        \
    PIPELINE(N, STREAM(N##_read), )

SYNCHRONOUS_PIPELINE(synchronous_pipeline, GRID_PIPELINE);
SYNCHRONOUS_PIPELINE(synchronous_trampoline, GRID_TRAMPOLINE);

GRID_DIRECT(native_direct, SENDER_POSTED_READ, STREAM(native_direct_read));
GRID_DIRECT(synchronous_direct, SENDER_INLINE_READ, STREAM(synchronous_direct_read));

/* Pipelines over awaitables, bridged by connect_awaitable. */
#define AWAITABLE(T)                                                                                                   \
    static inline struct T some_##T(struct grid_job *job) {                                                            \
        struct T awaitable;                                                                                            \
        T(&awaitable, job->stream, job->buffer, sizeof job->buffer);                                                   \
        return awaitable;                                                                                              \
    }

AWAITABLE(posted_read)
AWAITABLE(transferred_read)

#define BRIDGED_PIPELINE(N, T, BRIDGE, PIPELINE, release)                                                              \
    GRID_RECEIVERS(N);                                                                                                 \
    BRIDGE(N##_read, T, N##_let_inner)                                                                                 \
    PIPELINE(N, ((struct N##_read_sender){some_##T(job)}), release)

BRIDGED_PIPELINE(native_callback_handle, posted_read, SENDER_CONNECT_AWAITABLE_IN_PLACE, GRID_PIPELINE, );
BRIDGED_PIPELINE(native_trampoline_callback_handle, posted_read, SENDER_CONNECT_AWAITABLE_IN_PLACE, GRID_TRAMPOLINE, );
BRIDGED_PIPELINE(native_connect_awaitable, posted_read, SENDER_CONNECT_AWAITABLE, GRID_PIPELINE,
                 native_connect_awaitable_read_destroy(read));
BRIDGED_PIPELINE(synchronous_callback_handle, transferred_read, SENDER_CONNECT_AWAITABLE_IN_PLACE, GRID_PIPELINE, );
BRIDGED_PIPELINE(synchronous_trampoline_callback_handle, transferred_read, SENDER_CONNECT_AWAITABLE_IN_PLACE,
                 GRID_TRAMPOLINE, );
BRIDGED_PIPELINE(synchronous_connect_awaitable, transferred_read, SENDER_CONNECT_AWAITABLE, GRID_PIPELINE,
                 synchronous_connect_awaitable_read_destroy(read));

/* Awaitable tasks. */
#define TASK(N, T) GRID_TASK(N, T, READ(T); CO_AWAIT(got, self, T, &self->reading))

TASK(native_task, posted_read);
TASK(synchronous_task_transfer, transferred_read);
TASK(synchronous_task_ready, ready_read);

/* As a compiler makes it that sees that await_ready is always true, and drops the suspension point: clang in C++. */
GRID_TASK(synchronous_task_ready_known, ready_read, READ(ready_read); GRID_TASK_RESUMED;
          got = ready_read_await_resume(&self->reading));

/* Sender tasks over awaitables, through the member of the bridge. */
#define SENDER_TASK_OF_AWAITABLE(N, T)                                                                                 \
    GRID_SENDER_TASK(N, T, READ(T); CO_AWAIT_MEMBER_OF_BRIDGE(got, self, T, &self->reading))

SENDER_TASK_OF_AWAITABLE(native_sender_task_bridged, posted_read);
SENDER_TASK_OF_AWAITABLE(synchronous_sender_task_bridged, transferred_read);

/* Sender tasks over senders that have a member as_awaitable. */
#define SENDER_TASK_BY_MEMBER(N, T) GRID_SENDER_TASK(N, T, CO_AWAIT_MEMBER(got, self, T, &self->reading, STREAM(T)))

SENDER_TASK_BY_MEMBER(native_sender_task_member, member_posted_read);
SENDER_TASK_BY_MEMBER(synchronous_sender_task_member, member_transferred_read);

/* Both kinds of task over senders that have none, through a bridge; FORM is GRID_TASK or GRID_SENDER_TASK. */
#define BY_P2300(N, promise, READ_STAGE, FORM)                                                                         \
    SENDER_AWAITABLE_RECEIVER(N, promise);                                                                             \
    READ_STAGE(N##_read, N)                                                                                            \
    SENDER_AWAITABLE(N, N##_read)                                                                                      \
    FORM(N, N, CO_AWAIT_SENDER(got, self, N, &self->reading, STREAM(N##_read)); FORM##_RESUMED)

#define BY_HANDSHAKE(N, promise, by, READ_STAGE, FORM)                                                                 \
    HANDSHAKE_AWAITABLE_RECEIVER(N, promise, by)                                                                       \
    READ_STAGE(N##_read, N)                                                                                            \
    HANDSHAKE_AWAITABLE(N, N##_read, by)                                                                               \
    FORM(N, N, CO_AWAIT_SENDER_TRANSFER(got, self, N, &self->reading, STREAM(N##_read)); FORM##_RESUMED)

#define BY_INLINE_KNOWN(N, promise, FORM)                                                                              \
    INLINE_AWAITABLE_RECEIVER(N, promise)                                                                              \
    SENDER_INLINE_READ(N##_read, N)                                                                                    \
    INLINE_AWAITABLE(N, N##_read)                                                                                      \
    FORM(N, N, CO_AWAIT_SENDER_TRANSFER(got, self, N, &self->reading, STREAM(N##_read)); FORM##_RESUMED)

#define BY_AFFINE(N, READ_STAGE)                                                                                       \
    TASK_AWAITABLE_RECEIVER(N, sender_task);                                                                           \
    READ_STAGE(N##_read, N##_affine)                                                                                   \
    TASK_AWAITABLE(N, N##_read)                                                                                        \
    GRID_SENDER_TASK(N, N, CO_AWAIT_AFFINE(got, self, N, &self->reading, STREAM(N##_read)))

BY_AFFINE(native_sender_task_affine, SENDER_POSTED_READ);
BY_AFFINE(synchronous_sender_task_affine, SENDER_INLINE_READ);
BY_P2300(native_sender_task_p2300, sender_task, SENDER_POSTED_READ, GRID_SENDER_TASK);
BY_P2300(synchronous_sender_task_p2300, sender_task, SENDER_INLINE_READ, GRID_SENDER_TASK);
BY_HANDSHAKE(native_sender_task_thread_id, sender_task, thread_id, SENDER_POSTED_READ, GRID_SENDER_TASK);
BY_HANDSHAKE(synchronous_sender_task_thread_id, sender_task, thread_id, SENDER_INLINE_READ, GRID_SENDER_TASK);
BY_INLINE_KNOWN(synchronous_sender_task_inline_known, sender_task, GRID_SENDER_TASK);

BY_P2300(native_task_p2300, grid_task, SENDER_POSTED_READ, GRID_TASK);
BY_P2300(synchronous_task_p2300, grid_task, SENDER_INLINE_READ, GRID_TASK);
BY_HANDSHAKE(native_task_exchange, grid_task, exchange, SENDER_POSTED_READ, GRID_TASK);
BY_HANDSHAKE(synchronous_task_exchange, grid_task, exchange, SENDER_INLINE_READ, GRID_TASK);
BY_HANDSHAKE(native_task_thread_id, grid_task, thread_id, SENDER_POSTED_READ, GRID_TASK);
BY_HANDSHAKE(synchronous_task_thread_id, grid_task, thread_id, SENDER_INLINE_READ, GRID_TASK);
BY_INLINE_KNOWN(synchronous_task_inline_known, grid_task, GRID_TASK);
