/* Byte streams over the reactor: TCP, socketpair, pipe, in memory, and the sim backend's scripted ones.
 *
 * One interface for both models and the floor:
 *
 *   io_op_prepare  says what to move: the stream, and which bytes. io_op_prepare_accept and io_op_prepare_connect are
 *                  for the two operations that move none.
 *   stream_try     the speculative (synchronous) attempt: true when the operation is complete now, with op->result set;
 *                  false when it has to be submitted. On a socket it is one non-blocking system call, made only where
 *                  the stream's policy says so (`speculative`); in memory it always completes. What is complete goes on
 *                  at once only as far as inline_budget_take(stream->budget) allows.
 *   stream_submit  hands the operation to the reactor; op->complete, set by the caller, is called later, from
 *                  reactor_poll.
 *   stream_cancel  see reactor_cancel.
 *
 * Owns: a stream owns its descriptor. Threads: the reactor's thread. Errors: in op->result, negative errno.
 * Any number of operations of a stream may be in flight. Two that wait for the same, such as two reads, complete in no
 * order that one could rely on.
 */
#ifndef ABREAST_COMMON_STREAM_H
#define ABREAST_COMMON_STREAM_H

#include "common/inline_budget.h"
#include "common/reactor.h"

#include <netinet/in.h>

struct stream_ops {
    bool (*try_op[IO_KINDS])(struct io_op *); /* what it has no such operation for: null */
    void (*submit)(struct io_op *);
    void (*cancel)(struct io_op *);
    /* Where the stream is not, only operations on 0 bytes are tried. A wrapper that is to see each try says false. */
    bool tries_if_speculative;
};

struct stream {
    const struct stream_ops *ops;
    struct reactor *reactor;      /* null: in memory */
    struct inline_budget *budget; /* null: unlimited; the owner may set it once the stream is open */
    int fd;                       /* -1: none */
    bool speculative;
    bool socket; /* else a pipe end */
    /* the reactor's */
    struct io_op *pending[2];        /* in flight, those that wait for readable and for writable; the last of a ring */
    unsigned interest;               /* epoll: the events registered */
    unsigned char submission_flags;  /* io_uring: IOSQE_FIXED_FILE when its descriptor is registered */
    struct uring_receive *multishot; /* io_uring: its multishot receive; null: none */
};

static inline void io_op_prepare(struct io_op *op, struct stream *stream, void *buffer, size_t size)
{
    op->stream = stream;
    op->buffer = buffer;
    op->size = size;
}

/* What is left of a transfer of which `moved` bytes are done: the next operation moves that. */
static inline void io_op_advance(struct io_op *op, size_t moved)
{
    op->buffer = (unsigned char *)op->buffer + moved;
    op->size -= moved;
}

/* Accepts a connection from a stream that listens: opens `accepted` with its policy of speculation, TCP_NODELAY set. In
 * the sim backend `accepted` is a memory_stream's, and a copy of the listener. */
static inline void io_op_prepare_accept(struct io_op *op, struct stream *listener, struct stream *accepted)
{
    io_op_prepare(op, listener, accepted, sizeof *accepted);
}

/* Connects a stream from stream_open_tcp. The address must outlive the completion. */
static inline void io_op_prepare_connect(struct io_op *op, struct stream *stream, const struct sockaddr_in *address)
{
    io_op_prepare(op, stream, (void *)address, sizeof *address);
}

static inline bool stream_try(struct io_op *op, enum io_kind kind)
{
    const struct stream *stream = op->stream;
    const struct stream_ops *ops = stream->ops;
    if (ops->tries_if_speculative && !stream->speculative && op->size)
        return false;
    return ops->try_op[kind](op);
}

static inline void stream_submit(struct io_op *op, enum io_kind kind)
{
    op->kind = kind;
    op->stream->ops->submit(op);
}

static inline void stream_cancel(struct io_op *op)
{
    op->stream->ops->cancel(op);
}

/* Cancels each operation of the stream that is in flight. */
void stream_cancel_all(struct stream *);

/* Takes over a connected stream descriptor (socket or pipe end) and makes it non-blocking; on failure it stays the
 * caller's. Writing where nobody reads any more ends with -EPIPE: on sockets by MSG_NOSIGNAL; the kernel has no such
 * flag for pipes, so opening a pipe end ignores SIGPIPE for the whole process, unless it has a handler. -EINVAL on the
 * sim backend, which serves no descriptors. */
int stream_open_fd(struct stream *, struct reactor *, int fd, bool speculative);

/* Connected pairs; both ends on the same reactor. The pipe pair is one-way: first end reads, second writes. */
int stream_open_socketpair(struct stream pair[2], struct reactor *, bool speculative);
int stream_open_tcp_pair(struct stream pair[2], struct reactor *, bool speculative);
int stream_open_pipe(struct stream pair[2], struct reactor *, bool speculative);

/* A socket that listens on `address`, whose port may be 0: then the kernel's choice is stored in it. */
int stream_open_tcp_listener(struct stream *, struct reactor *, struct sockaddr_in *address, int backlog,
                             bool speculative);

/* A socket to be connected. */
int stream_open_tcp(struct stream *, struct reactor *, bool speculative);

/* From now on a multishot receive fills buffers that all such streams of the reactor share, and a read copies from
 * them: one submission for many reads, and a copy for each. stream_try completes where bytes have been received
 * already, and makes no system call for a read. Where the buffers have run out the next read is a receive of its own.
 *
 * The peer's bytes are taken whether or not somebody reads, so one slow reader can hold all buffers; the others then
 * lose the gain, not their bytes. The stream must not move any more. 0 or negative errno, and then the stream is as it
 * was; -ENOTSUP: no socket, or the reactor's features have no recv_multishot. */
int stream_receive_multishot(struct stream *);

/* Registers the descriptor with the reactor's ring, so that the kernel need not look it up for each operation: two
 * system calls more for a stream, a few per cent less for each small message (docs/reactor.md). Its descriptor is to be
 * closed by stream_close alone. 0 or negative errno, and then the stream is as it was; -ENOTSUP: the reactor's features
 * have no registered_files, or the descriptor's number is 4096 or more. */
int stream_register_file(struct stream *);

/* Closes the descriptor. Nothing may be in flight on it, and the reactor must still be there. */
void stream_close(struct stream *);

/* Half-close: the peer reads end of stream. 0 or negative errno. */
int stream_shutdown_write(struct stream *);

/* An in-memory stream: every operation completes in stream_try. Reads deliver `source` over and over, at most `piece`
 * bytes at a time, until `readable` bytes have been read, and then end of stream. Writes go round and round in `sink`,
 * whose size is a multiple of `piece`, at most `piece` bytes at a time. */
struct memory_stream {
    struct stream stream;
    const unsigned char *source;
    size_t source_size; /* a multiple of piece */
    size_t read_at;
    uint64_t readable;
    size_t piece;
    unsigned char *sink;
    size_t sink_size;
    size_t write_at;
    uint64_t written;
};
void memory_stream_init(struct memory_stream *, const void *source, size_t source_size, uint64_t readable, size_t piece,
                        void *sink, size_t sink_size);

/* A stream of the sim backend: it behaves like a memory stream, but the reactor's script decides what completes at
 * once, how much moves, when, and with what error. */
int sim_stream_init(struct memory_stream *, struct reactor *, const void *source, size_t source_size, uint64_t readable,
                    size_t piece, void *sink, size_t sink_size);

#endif
