/* schedule, read_some and write_some over guaranteed tail calls (protocol.h): where a chain of tail calls begins. The
 * event loop calls, and the chain returns to it when it comes to a stop.
 *
 *     TAIL_SCHEDULE(N, context, R);                        R_in is struct unit; `context`: sender/schedule.h
 *     TAIL_READ_SOME(N, R);   TAIL_WRITE_SOME(N, R);       R_in is ssize_t; as in sender/io.h
 *
 * Threads: read_some and write_some on the reactor's thread; schedule completes on its context's.
 */
#ifndef ABREAST_SENDER_TAIL_CONTEXTS_H
#define ABREAST_SENDER_TAIL_CONTEXTS_H

#include "common/io_request.h"
#include "sender/schedule.h"
#include "sender/tail/protocol.h"

#define TAIL_SCHEDULE(N, context_, R)                                                                                  \
    struct N##_sender {                                                                                                \
        struct context_ *scheduler;                                                                                    \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct context_ *scheduler;                                                                                    \
        TAIL_SLOT(R, struct work work;);                                                                               \
    };                                                                                                                 \
    enum { N##_completions = context_##_schedule_completions };                                                        \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->scheduler = sender.scheduler;                                                                              \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_deliver(struct coro *handle)                                                              \
    {                                                                                                                  \
        struct N##_op *op = (struct N##_op *)handle;                                                                   \
        if (stop_requested(R##_get_env(&op->receiver)->stop)) {                                                        \
            PROBE(SET_STOPPED);                                                                                        \
            TAIL_TO(R##_set_stopped, op);                                                                              \
        }                                                                                                              \
        PROBE(SET_VALUE);                                                                                              \
        op->value = (struct unit){};                                                                                   \
        TAIL_TO(R##_set_value, op);                                                                                    \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_execute(struct work *work)                                                                \
    {                                                                                                                  \
        N##_deliver((struct coro *)CONTAINER_OF(work, struct N##_op, work));                                           \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct coro *handle)                                                                \
    {                                                                                                                  \
        struct N##_op *op = (struct N##_op *)handle;                                                                   \
        PROBE(START);                                                                                                  \
        op->work.execute = N##_execute;                                                                                \
        context_##_post_work(op->scheduler, &op->work);                                                                \
    }

#define TAIL_READ_SOME(N, R) TAIL_IO(N, IO_READ, R)
#define TAIL_WRITE_SOME(N, R) TAIL_IO(N, IO_WRITE, R)

#define TAIL_IO(N, kind_, R)                                                                                           \
    struct N##_sender {                                                                                                \
        struct stream *stream;                                                                                         \
        void *buffer;                                                                                                  \
        size_t size;                                                                                                   \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        TAIL_SLOT(R, struct io_request request;);                                                                      \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED };                   \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        io_op_prepare(&op->request.op, sender.stream, sender.buffer, sender.size);                                     \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_deliver(struct coro *handle)                                                              \
    {                                                                                                                  \
        struct N##_op *op = (struct N##_op *)handle;                                                                   \
        ssize_t result = op->request.op.result;                                                                        \
        SENDER_VALUE_TYPE(R, result);                                                                                  \
        if (result >= 0) {                                                                                             \
            PROBE(SET_VALUE);                                                                                          \
            op->value = result;                                                                                        \
            TAIL_TO(R##_set_value, op);                                                                                \
        }                                                                                                              \
        if (result == -ECANCELED) {                                                                                    \
            PROBE(SET_STOPPED);                                                                                        \
            TAIL_TO(R##_set_stopped, op);                                                                              \
        }                                                                                                              \
        PROBE(SET_ERROR);                                                                                              \
        op->error = (int)-result;                                                                                      \
        TAIL_TO(R##_set_error, op);                                                                                    \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_complete(struct io_op *io)                                                                \
    {                                                                                                                  \
        struct N##_op *op = CONTAINER_OF(io, struct N##_op, request.op);                                               \
        io_request_finish(&op->request);                                                                               \
        N##_deliver((struct coro *)op);                                                                                \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct coro *handle)                                                                \
    {                                                                                                                  \
        struct N##_op *op = (struct N##_op *)handle;                                                                   \
        PROBE(START);                                                                                                  \
        if (!io_request_begin(&op->request, kind_, R##_get_env(&op->receiver), N##_complete))                          \
            return;                                                                                                    \
        TAIL_TO(N##_deliver, op);                                                                                      \
    }

#endif
