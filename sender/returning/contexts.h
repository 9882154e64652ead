/* schedule, read_some and write_some where completion functions return the handle to resume next (protocol.h): what
 * completes from an event loop. The loop's callback resumes what it was returned, from the loop's own frame.
 *
 *     RETURNING_SCHEDULE(N, context, R);                             R_in is struct unit; `context`: sender/schedule.h
 *     RETURNING_READ_SOME(N, R);   RETURNING_WRITE_SOME(N, R);       R_in is ssize_t; as in sender/io.h
 *
 * Threads: read_some and write_some on the reactor's thread; schedule completes on its context's.
 */
#ifndef ABREAST_SENDER_RETURNING_CONTEXTS_H
#define ABREAST_SENDER_RETURNING_CONTEXTS_H

#include "common/io_request.h"
#include "sender/returning/protocol.h"
#include "sender/schedule.h"

#define RETURNING_SCHEDULE(N, context_, R)                                                                             \
    struct N##_sender {                                                                                                \
        struct context_ *scheduler;                                                                                    \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct context_ *scheduler;                                                                                    \
        struct work work;                                                                                              \
    };                                                                                                                 \
    enum { N##_completions = context_##_schedule_completions };                                                        \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->scheduler = sender.scheduler;                                                                              \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_deliver(struct N##_op *op)                                                        \
    {                                                                                                                  \
        if (stop_requested(R##_get_env(&op->receiver)->stop)) {                                                        \
            PROBE(SET_STOPPED);                                                                                        \
            return R##_set_stopped(&op->receiver);                                                                     \
        }                                                                                                              \
        PROBE(SET_VALUE);                                                                                              \
        return R##_set_value(&op->receiver, (struct unit){});                                                          \
    }                                                                                                                  \
    static void N##_execute(struct work *work)                                                                         \
    {                                                                                                                  \
        coro_resume(N##_deliver(CONTAINER_OF(work, struct N##_op, work)));                                             \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_start(struct N##_op *op)                                                          \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        op->work.execute = N##_execute;                                                                                \
        context_##_post_work(op->scheduler, &op->work);                                                                \
        return noop_coroutine();                                                                                       \
    }

#define RETURNING_READ_SOME(N, R) RETURNING_IO(N, IO_READ, R)
#define RETURNING_WRITE_SOME(N, R) RETURNING_IO(N, IO_WRITE, R)

#define RETURNING_IO(N, kind_, R)                                                                                      \
    struct N##_sender {                                                                                                \
        struct stream *stream;                                                                                         \
        void *buffer;                                                                                                  \
        size_t size;                                                                                                   \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct io_request request;                                                                                     \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED };                   \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        io_op_prepare(&op->request.op, sender.stream, sender.buffer, sender.size);                                     \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_deliver(struct N##_op *op)                                                        \
    {                                                                                                                  \
        ssize_t result = op->request.op.result;                                                                        \
        if (result >= 0) {                                                                                             \
            PROBE(SET_VALUE);                                                                                          \
            return R##_set_value(&op->receiver, result);                                                               \
        }                                                                                                              \
        if (result == -ECANCELED) {                                                                                    \
            PROBE(SET_STOPPED);                                                                                        \
            return R##_set_stopped(&op->receiver);                                                                     \
        }                                                                                                              \
        PROBE(SET_ERROR);                                                                                              \
        return R##_set_error(&op->receiver, (int)-result);                                                             \
    }                                                                                                                  \
    static void N##_complete(struct io_op *io)                                                                         \
    {                                                                                                                  \
        struct N##_op *op = CONTAINER_OF(io, struct N##_op, request.op);                                               \
        io_request_finish(&op->request);                                                                               \
        coro_resume(N##_deliver(op));                                                                                  \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_start(struct N##_op *op)                                                          \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        return io_request_begin(&op->request, kind_, R##_get_env(&op->receiver), N##_complete) ? N##_deliver(op)       \
                                                                                               : noop_coroutine();     \
    }

#endif
