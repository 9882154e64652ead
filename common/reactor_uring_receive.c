#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "common/reactor_uring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BUFFER_BYTES = 4096, BUFFER_GROUP = 0, MOST_BUFFERS = 1 << 15 };

/* It outlives its stream, until the kernel has said its last word. */
struct uring_receive {
    struct stream *stream;              /* null: closed */
    struct uring_receive *next, **link; /* of all */
    int first, last;                    /* received and not yet read: buffers, -1: none */
    unsigned read;                      /* bytes of the first one */
    int end;                            /* 0 or negative errno, once ended */
    bool armed;                         /* the kernel has it */
    bool ended;
    bool exhausted; /* there was no buffer */
};

static void give_back(struct uring *self, int buffer)
{
    struct uring_buffers *buffers = &self->buffers;
    io_uring_buf_ring_add(buffers->ring, buffers->memory + (size_t)buffer * BUFFER_BYTES, BUFFER_BYTES,
                          (unsigned short)buffer, io_uring_buf_ring_mask(buffers->count), 0);
    io_uring_buf_ring_advance(buffers->ring, 1);
}

static void forget(struct uring_receive *receive)
{
    *receive->link = receive->next;
    if (receive->next)
        receive->next->link = receive->link;
    free(receive);
}

/* What has been received, or how it ended; false when there is neither. */
static bool fetch(struct uring *self, struct uring_receive *receive, struct io_op *op)
{
    unsigned char *to = op->buffer;
    size_t moved = 0;
    while (receive->first >= 0 && moved < op->size) {
        int index = receive->first;
        struct uring_buffer *buffer = &self->buffers.each[index];
        size_t left = buffer->bytes - receive->read, size = op->size - moved < left ? op->size - moved : left;
        memcpy(to + moved, self->buffers.memory + (size_t)index * BUFFER_BYTES + receive->read, size);
        moved += size;
        receive->read += (unsigned)size;
        if (size < left)
            break;
        receive->first = buffer->next;
        receive->read = 0;
        give_back(self, index);
    }
    op->result = (ssize_t)moved;
    if (moved || !receive->ended)
        return moved > 0;
    op->result = receive->end;
    receive->ended = receive->end == 0; /* an error is told once, as by the kernel */
    return true;
}

/* 0 or negative errno. */
static int arm(struct uring *self, struct uring_receive *receive)
{
    int error = 0;
    struct io_uring_sqe *sqe = uring_next_sqe(self, &error);
    if (!sqe)
        return error;
    io_uring_prep_recv_multishot(sqe, receive->stream->fd, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT | receive->stream->submission_flags;
    sqe->buf_group = BUFFER_GROUP;
    io_uring_sqe_set_data64(sqe, (uintptr_t)receive | USER_DATA_RECEIVE);
    receive->armed = true;
    return 0;
}

bool uring_receive_begin(struct uring *self, struct io_op *op)
{
    struct uring_receive *receive = op->stream->multishot;
    struct io_op **pending = stream_pending(op->stream, IO_READ);
    if (!*pending && fetch(self, receive, op)) {
        op_queue_push(&self->ready, op);
        return true;
    }
    bool alone = *pending && !((*pending)->result & IN_FLIGHT_BUFFERED);
    if (alone || receive->exhausted || (!receive->armed && arm(self, receive) < 0)) {
        receive->exhausted = false;
        return false;
    }
    op->result = IN_FLIGHT_BUFFERED;
    pending_push(pending, op);
    return true;
}

/* Serves those that wait, as far as it goes; returns the first, which is still to be completed. */
static struct io_op *serve(struct uring *self, struct uring_receive *receive)
{
    struct io_op **pending = stream_pending(receive->stream, IO_READ), *first = NULL;
    while (*pending && (*pending)->result & IN_FLIGHT_BUFFERED) {
        struct io_op *op = (*pending)->next;
        if (!fetch(self, receive, op)) {
            op->result = IN_FLIGHT_BUFFERED;
            break;
        }
        pending_remove(pending, op);
        if (first)
            op_queue_push(&self->ready, op);
        else
            first = op;
    }
    return first;
}

/* Once no more comes, operations that still wait arm it anew, or become receives of their own. */
static void restart(struct uring *self, struct uring_receive *receive)
{
    struct io_op **pending = stream_pending(receive->stream, IO_READ), *op = *pending;
    if (receive->armed || !op || !(op->result & IN_FLIGHT_BUFFERED))
        return;
    struct op_queue waiting = {0};
    while ((op = *pending)) {
        op = op->next;
        pending_remove(pending, op);
        op_queue_push(&waiting, op);
    }
    while ((op = op_queue_pop(&waiting)))
        uring_ops.submit(&self->base, op);
}

void uring_receive_complete(struct uring *self, struct uring_receive *receive, int result, unsigned flags)
{
    if (!(flags & IORING_CQE_F_MORE))
        receive->armed = false;
    if (flags & IORING_CQE_F_BUFFER) {
        int index = (int)(flags >> IORING_CQE_BUFFER_SHIFT);
        if (result <= 0 || !receive->stream) {
            give_back(self, index);
        } else {
            self->buffers.each[index] = (struct uring_buffer){.bytes = (unsigned)result, .next = -1};
            if (receive->first >= 0)
                self->buffers.each[receive->last].next = index;
            else
                receive->first = index;
            receive->last = index;
        }
    }
    if (!receive->stream) {
        if (!receive->armed)
            forget(receive);
        return;
    }
    if (result == -ENOBUFS) {
        self->base.counts.buffers_exhausted++;
        receive->exhausted = true;
    } else if (result <= 0 && result != -EINTR && result != -EAGAIN) {
        receive->ended = true;
        receive->end = result;
    }
    struct io_op *completed = serve(self, receive);
    restart(self, receive);
    if (completed)
        reactor_complete(&self->base, completed, completed->result); /* and all of it may be gone */
}

static bool try_read(struct io_op *op)
{
    struct stream *stream = op->stream;
    op->result = 0;
    return op->size == 0 || (!stream->pending[0] && fetch((struct uring *)stream->reactor, stream->multishot, op));
}

static int make_buffers(struct uring *self)
{
    struct uring_buffers *buffers = &self->buffers;
    unsigned count = 1;
    while (count < self->buffers_wanted && count < MOST_BUFFERS)
        count *= 2;
    buffers->count = count;
    buffers->mapped = count * sizeof(struct io_uring_buf);
    buffers->memory = malloc((size_t)count * BUFFER_BYTES);
    buffers->each = calloc(count, sizeof *buffers->each);
    void *ring = mmap(NULL, buffers->mapped, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    int status = buffers->memory && buffers->each && ring != MAP_FAILED ? 0 : -ENOMEM;
    if (status == 0) {
        struct io_uring_buf_reg reg = {.ring_addr = (uintptr_t)ring, .ring_entries = count, .bgid = BUFFER_GROUP};
        status = io_uring_register_buf_ring(&self->ring, &reg, 0);
    }
    if (status < 0) {
        if (ring != MAP_FAILED)
            munmap(ring, buffers->mapped);
        free(buffers->memory);
        free(buffers->each);
        *buffers = (struct uring_buffers){0};
        return status;
    }
    buffers->ring = ring;
    io_uring_buf_ring_init(ring);
    for (unsigned i = 0; i < count; i++)
        give_back(self, (int)i);
    return 0;
}

int uring_receive_open(struct reactor *reactor, struct stream *stream)
{
    static const struct stream_ops ops = {.try_op = {[IO_READ] = try_read, [IO_WRITE] = fd_try_write},
                                          .submit = uring_stream_submit,
                                          .cancel = fd_cancel};
    struct uring *self = (struct uring *)reactor;
    if (!self->has_multishot)
        return -ENOTSUP;
    int status = self->buffers.ring ? 0 : make_buffers(self);
    if (status < 0)
        return status;
    struct uring_receive *receive = calloc(1, sizeof *receive);
    if (!receive)
        return -ENOMEM;
    *receive = (struct uring_receive){
        .stream = stream, .next = self->receives, .link = &self->receives, .first = -1, .last = -1};
    if (receive->next)
        receive->next->link = &receive->next;
    self->receives = receive;
    stream->multishot = receive;
    stream->ops = &ops;
    return 0;
}

static void cancel(struct uring *self, struct uring_receive *receive)
{
    struct io_uring_sqe *sqe = uring_next_sqe(self, &self->error);
    if (!sqe)
        return;
    io_uring_prep_cancel64(sqe, (uintptr_t)receive | USER_DATA_RECEIVE, 0);
    io_uring_sqe_set_data64(sqe, USER_DATA_CANCEL);
}

/* The kernel holds the socket as long as the receive is armed: it is ended now, and not at the next poll, so that the
 * peer learns at once. */
void uring_receive_close(struct uring *self, struct stream *stream)
{
    struct uring_receive *receive = stream->multishot;
    if (!receive)
        return;
    for (int index; (index = receive->first) >= 0;) {
        receive->first = self->buffers.each[index].next;
        give_back(self, index);
    }
    stream->multishot = NULL;
    receive->stream = NULL;
    if (!receive->armed) {
        forget(receive);
        return;
    }
    cancel(self, receive);
    self->base.counts.syscalls++;
    int status = io_uring_submit_and_get_events(&self->ring);
    if (status < 0 && status != -EINTR && status != -EBUSY)
        self->error = status;
}

/* Ends those that the kernel still has, which would go on filling buffers; false when it does not answer. */
static bool end_all(struct uring *self)
{
    for (struct uring_receive *receive = self->receives, *next; receive; receive = next) {
        next = receive->next;
        receive->stream = NULL;
        if (receive->armed)
            cancel(self, receive);
        else
            forget(receive);
    }
    while (self->receives) {
        int status = io_uring_submit_and_wait(&self->ring, 1);
        if (status < 0 && status != -EINTR && status != -EBUSY)
            return false;
        struct io_uring_cqe *cqe;
        while (io_uring_peek_cqe(&self->ring, &cqe) == 0) {
            uint64_t user_data = cqe->user_data;
            int result = cqe->res;
            unsigned flags = cqe->flags;
            io_uring_cqe_seen(&self->ring, cqe);
            if (user_data & USER_DATA_RECEIVE)
                uring_receive_complete(self, (void *)(uintptr_t)(user_data - USER_DATA_RECEIVE), result, flags);
        }
    }
    return true;
}

void uring_receive_destroy(struct uring *self)
{
    struct uring_buffers *buffers = &self->buffers;
    if (!buffers->ring || !end_all(self))
        return;
    io_uring_unregister_buf_ring(&self->ring, BUFFER_GROUP);
    munmap(buffers->ring, buffers->mapped);
    free(buffers->memory);
    free(buffers->each);
}
