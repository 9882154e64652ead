/* The forms in C, one entry each: X(begin, end, model, mechanism, streams, what it models in a few words). */
#ifndef ABREAST_BENCH_PHASES_FORMS_H
#define ABREAST_BENCH_PHASES_FORMS_H

#include "bench/phases/phase.h"

#include <stdlib.h>

#define PHASE_FORMS(X)                                                                                                 \
    X(floor, free, "raw", "floor", STREAM_BOTH, "a state machine: neither protocol")                                   \
    X(read_some, NULL, "awaitable", "read-some", STREAM_BOTH, "P4003: await_ready makes the attempt")                  \
    X(transfer, NULL, "awaitable", "transfer", STREAM_BOTH,                                                            \
      "Corosio: await_suspend makes the attempt, and returns the caller's handle")                                     \
    X(task_in_task, NULL, "awaitable", "task-in-task", STREAM_BOTH, "C++20: a task awaits a task that reads")          \
    X(any_stream, NULL, "awaitable", "any-stream", STREAM_BOTH,                                                        \
      "Capy's any_read_stream: the awaitable behind a table, in memory allocated once")                                \
    X(p2300, sender_task_end, "sender", "p2300", STREAM_BOTH,                                                          \
      "P2300R10 as written: set_value resumes the coroutine that awaits the read")                                     \
    X(exchange, sender_task_end, "sender", "handshake-exchange", STREAM_BOTH,                                          \
      "beman 2025-11: await_suspend agrees with the receiver, returns a handle")                                       \
    X(thread_id, sender_task_end, "sender", "handshake-thread-id", STREAM_BOTH,                                        \
      "stdexec 2026-04: await_suspend agrees with the receiver, returns a handle")                                     \
    X(inline_known, sender_task_end, "sender", "inline-known", STREAM_READY,                                           \
      "stdexec 2026-02: a sender known to complete inline")                                                            \
    X(member, sender_task_end, "sender", "member", STREAM_BOTH, "a sender's own as_awaitable")                         \
    X(affine_read, sender_task_end, "sender", "affine-read", STREAM_BOTH,                                              \
      "P3552R3 as written: affine_on around the read that a task awaits")                                              \
    X(task_affine, sender_task_end, "sender", "task-affine", STREAM_BOTH,                                              \
      "P3552R3 as written: affine_on around a task that reads so")                                                     \
    X(task_transfer, transfer_task_end, "sender", "task-transfer", STREAM_BOTH,                                        \
      "stdexec 2026: a task awaits a task by its own awaiter, a read by handshake")                                    \
    X(pipeline, free, "sender", "pipeline", STREAM_BOTH, "repeat_until(then(read)): no coroutine")                     \
    X(any_sender, free, "sender", "any-sender", STREAM_BOTH,                                                           \
      "stdexec's any_sender: the operation state is larger than 64 bytes, and is allocated")                           \
    X(any_sender_fits, free, "sender", "any-sender-fits", STREAM_BOTH,                                                 \
      "the same with a buffer that the operation state fits")                                                          \
    X(table_sender, free, "sender", "table-sender", STREAM_BOTH,                                                       \
      "P4251R0 10: one fixed sender type, completed through a table")                                                  \
    X(bridge, free, "sender", "connect-awaitable", STREAM_BOTH,                                                        \
      "P2300R10: the awaitable as a sender, by a bridge coroutine")                                                    \
    X(in_place, free, "sender", "connect-awaitable-in-place", STREAM_BOTH,                                             \
      "stdexec 2026-03: the awaitable as a sender, in its operation state")

/* There was no memory. */
static inline void *phase_job_fail(struct phase_job *job)
{
    job->status = -ENOMEM;
    phase_job_end(job);
    return NULL;
}

#define X(name, end, ...) void *name##_begin(struct phase_job *);
PHASE_FORMS(X)
#undef X

void sender_task_end(void *);
void transfer_task_end(void *);

#endif
