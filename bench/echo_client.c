#include "bench/echo_client.h"

#include "common/coro.h"

#include <errno.h>
#include <string.h>

enum state { MESSAGE, SENDING, READING };

static void run(struct echo_client *self, enum state state);

static void sent(struct io_op *op)
{
    run(CONTAINER_OF(op, struct echo_client, op), SENDING);
}

static void received(struct io_op *op)
{
    run(CONTAINER_OF(op, struct echo_client, op), READING);
}

static const unsigned char *window(const struct echo_client *self)
{
    return self->pattern + (self->window >> 48);
}

static void run(struct echo_client *self, enum state state)
{
    struct io_op *op = &self->op;

    if (state == SENDING)
        goto have_sent;
    if (state == READING)
        goto have_read;

    for (; self->left > 0; self->left--) {
        self->window = self->window * 6364136223846793005u + 1442695040888963407u;
        for (self->moved = 0; self->moved < self->message; self->moved += (size_t)op->result) {
            io_op_prepare(op, self->stream, (void *)(window(self) + self->moved), self->message - self->moved);
            if (!stream_try(op, IO_WRITE)) {
                op->complete = sent;
                stream_submit(op, IO_WRITE);
                return;
            }
        have_sent:
            if (op->result < 0) {
                self->done(self, (int)op->result);
                return;
            }
        }
        self->asked += self->message;
        for (self->moved = 0; self->moved < self->message; self->moved += (size_t)op->result) {
            io_op_prepare(op, self->stream, self->reply + self->moved, self->message - self->moved);
            if (!stream_try(op, IO_READ)) {
                op->complete = received;
                stream_submit(op, IO_READ);
                return;
            }
        have_read:
            if (op->result <= 0) {
                self->done(self, op->result ? (int)op->result : -ECONNRESET);
                return;
            }
        }
        if (memcmp(self->reply, window(self), self->message) != 0) {
            self->done(self, -EBADMSG);
            return;
        }
        self->bytes += self->message;
    }
    self->done(self, 0);
}

void echo_client_start(struct echo_client *self, uint64_t seed, uint64_t messages)
{
    self->window = seed;
    self->left = messages;
    self->asked = self->bytes = 0;
    run(self, MESSAGE);
}
