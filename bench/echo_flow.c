#include "bench/echo_flow.h"

#include "common/coro.h"

#include <errno.h>
#include <string.h>

static const unsigned char *next_window(const struct echo_flow *self, uint64_t *window)
{
    *window = *window * 6364136223846793005u + 1442695040888963407u;
    return self->pattern + (*window >> 48);
}

static void fail(struct echo_flow *self, int status)
{
    if (self->ended)
        return;
    self->ended = true;
    self->failed(self, status);
}

static void send_messages(struct echo_flow *, bool completed);
static void read_replies(struct echo_flow *, bool completed);

static void sent(struct io_op *op)
{
    send_messages(CONTAINER_OF(op, struct echo_flow, sending), true);
}

static void received(struct io_op *op)
{
    read_replies(CONTAINER_OF(op, struct echo_flow, reading), true);
}

static void send_messages(struct echo_flow *self, bool completed)
{
    struct io_op *op = &self->sending;
    if (completed)
        goto have_sent;
    self->in_send = true;
    while (self->sent < self->asked && !self->ended) {
        if (self->sent_bytes == 0)
            next_window(self, &self->sent_window);
        io_op_prepare(op, self->stream, (void *)(self->pattern + (self->sent_window >> 48) + self->sent_bytes),
                      self->message - self->sent_bytes);
        if (!stream_try(op, IO_WRITE)) {
            op->complete = sent;
            stream_submit(op, IO_WRITE);
            return;
        }
    have_sent:
        if (op->result < 0) {
            fail(self, (int)op->result);
            break;
        }
        self->sent_bytes += (size_t)op->result;
        if (self->sent_bytes == self->message) {
            self->sent_bytes = 0;
            self->sent++;
        }
    }
    self->in_send = false;
}

/* A whole message has been read. */
static void take_reply(struct echo_flow *self)
{
    uint64_t now = self->now ? self->now() : 0;
    self->read_bytes = 0;
    if (memcmp(self->reply, next_window(self, &self->read_window), self->message) != 0) {
        fail(self, -EBADMSG);
        return;
    }
    if (self->latencies)
        histogram_record(self->latencies, now - self->due[self->answered % ECHO_FLOW_MOST]);
    self->answered++;
    self->bytes += self->message;
    self->replied(self, now);
}

static void read_replies(struct echo_flow *self, bool completed)
{
    struct io_op *op = &self->reading;
    if (completed)
        goto have_read;
    self->in_read = true;
    while (self->answered < self->asked && !self->ended) {
        io_op_prepare(op, self->stream, self->reply + self->read_bytes, self->message - self->read_bytes);
        if (!stream_try(op, IO_READ)) {
            op->complete = received;
            stream_submit(op, IO_READ);
            return;
        }
    have_read:
        if (op->result <= 0 || self->ended) {
            fail(self, op->result ? (int)op->result : -ECONNRESET);
            break;
        }
        self->read_bytes += (size_t)op->result;
        if (self->read_bytes == self->message)
            take_reply(self);
    }
    self->in_read = false;
}

void echo_flow_start(struct echo_flow *self, uint64_t seed)
{
    self->sent_window = self->read_window = seed;
    self->asked = self->sent = self->answered = 0;
    self->bytes = 0;
}

void echo_flow_ask(struct echo_flow *self, uint64_t due)
{
    self->due[self->asked++ % ECHO_FLOW_MOST] = due;
    if (!self->in_send)
        send_messages(self, false);
    if (!self->in_read)
        read_replies(self, false);
}
