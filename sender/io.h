/* read_some and write_some as senders: the byte stream's operations in the P2300 protocol.
 *
 *     SENDER_READ_SOME(N, R);   SENDER_WRITE_SOME(N, R);      R_in is ssize_t
 *
 * Values: the number of bytes moved (0 from a read: end of stream). Errors: errno. Stopped: after a stop request. start
 * makes the stream's speculative attempt, and when it succeeds completes inline, unless the stream's inline budget is
 * used up: then it completes from the environment's executor. A read looks at the stop token first, as the awaitable
 * loop does at the top of each turn; an operation that has to wait always does.
 *
 * Threads: the reactor's thread.
 */
#ifndef ABREAST_SENDER_IO_H
#define ABREAST_SENDER_IO_H

#include "common/io_request.h"
#include "sender/sender.h"

#define SENDER_READ_SOME(N, R) SENDER_IO(N, IO_READ, R)
#define SENDER_WRITE_SOME(N, R) SENDER_IO(N, IO_WRITE, R)

#define SENDER_IO(N, kind_, R)                                                                                         \
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
    SENDER_FUNCTION void N##_deliver(struct N##_op *op)                                                                \
    {                                                                                                                  \
        ssize_t result = op->request.op.result;                                                                        \
        if (result >= 0) {                                                                                             \
            PROBE(SET_VALUE);                                                                                          \
            R##_set_value(&op->receiver, result);                                                                      \
        } else if (result == -ECANCELED) {                                                                             \
            PROBE(SET_STOPPED);                                                                                        \
            R##_set_stopped(&op->receiver);                                                                            \
        } else {                                                                                                       \
            PROBE(SET_ERROR);                                                                                          \
            R##_set_error(&op->receiver, (int)-result);                                                                \
        }                                                                                                              \
    }                                                                                                                  \
    static void N##_complete(struct io_op *io)                                                                         \
    {                                                                                                                  \
        struct N##_op *op = CONTAINER_OF(io, struct N##_op, request.op);                                               \
        io_request_finish(&op->request);                                                                               \
        N##_deliver(op);                                                                                               \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        if (io_request_begin(&op->request, kind_, R##_get_env(&op->receiver), N##_complete))                           \
            N##_deliver(op);                                                                                           \
    }

#endif
