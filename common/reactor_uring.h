/* What the files of the io_uring backend share: reactor_io_uring.c submits and delivers, reactor_uring_receive.c is the
 * multishot receive, reactor_uring_setup.c makes the ring. Nobody else includes it.
 */
#ifndef ABREAST_COMMON_REACTOR_URING_H
#define ABREAST_COMMON_REACTOR_URING_H

#include "common/reactor_backend.h"

#include <liburing.h>

/* A completion's user data is the address of its operation, that of a multishot receive and USER_DATA_RECEIVE, or one
 * of these. */
enum {
    USER_DATA_CANCEL = 1,
    USER_DATA_WAKE = 2,
    USER_DATA_INTERNAL = USER_DATA_CANCEL | USER_DATA_WAKE,
    USER_DATA_RECEIVE = 4,
    USER_DATA_BITS = USER_DATA_INTERNAL | USER_DATA_RECEIVE,
};

/* io_op.result in flight. */
enum { IN_FLIGHT_POLLING = 1, IN_FLIGHT_CANCELLED = 2, IN_FLIGHT_BUFFERED = 4 };

/* The buffers that multishot receives fill, and which of them follow which in a stream. */
struct uring_buffers {
    struct io_uring_buf_ring *ring; /* null: there are none yet */
    unsigned char *memory;
    size_t mapped; /* bytes of the ring */
    unsigned count;
    struct uring_buffer {
        unsigned bytes;
        int next; /* -1: none */
    } *each;
};

struct uring {
    struct reactor base;
    struct io_uring ring;
    struct op_queue ready; /* complete without the kernel: their result is in `result` */
    int wake_fd;
    bool woken;
    bool has_multishot, has_files; /* the kernel */
    bool files_ready;              /* there is a table of registered files */
    int error;                     /* what reactor_poll has yet to report: negative errno */
    uint64_t wake_count;
    unsigned buffers_wanted;
    struct uring_buffers buffers;
    struct uring_receive *receives; /* all of them */
    char features[REACTOR_FEATURES_BYTES];
};

extern const struct reactor_ops uring_ops;

/* The next free submission entry. A full queue is handed to the kernel first; null, with `*error` set, when the kernel
 * takes nothing. */
struct io_uring_sqe *uring_sqe_of_full_queue(struct uring *, int *error);
static inline struct io_uring_sqe *uring_next_sqe(struct uring *self, int *error)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&self->ring);
    return __builtin_expect(sqe != NULL, 1) ? sqe : uring_sqe_of_full_queue(self, error);
}

void uring_stream_submit(struct io_op *); /* stream_ops, of whatever stream */

void uring_await_wake(struct uring *);

/* A read of a stream with a multishot receive, which is pending: true when that is to serve it, false when it has to be
 * a receive of its own. */
bool uring_receive_begin(struct uring *, struct io_op *);

/* A completion of a multishot receive. */
void uring_receive_complete(struct uring *, struct uring_receive *, int result, unsigned flags);

/* stream_receive_multishot, and what stream_close has to do after it. */
int uring_receive_open(struct reactor *, struct stream *);
void uring_receive_close(struct uring *, struct stream *);

/* Before the ring goes. */
void uring_receive_destroy(struct uring *);

#endif
