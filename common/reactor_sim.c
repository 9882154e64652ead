#include "common/reactor_backend.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NS_PER_TICK = 1000 };

/* Each operation has a number, from 1, in the order in which they completed at once or were submitted. What happens to
 * it is a function of the seed and that number, so that two programs which make the same calls live through the same.
 *
 * An operation in flight keeps the tick at which it is due in `result`, negative once it has been cancelled, and is in
 * `waiting`, ordered by that tick. The next poll picks out the cancelled ones, so that to cancel many is not to search
 * for each. */
struct sim {
    struct reactor base;
    struct sim_script script;
    uint64_t number; /* of the last operation */
    uint64_t moved;  /* transfers decided so far */
    ssize_t now;     /* the virtual clock, ticks */
    struct op_queue waiting;
    size_t cancelled;      /* of those waiting */
    struct io_op *failing; /* the operation in flight that ends with script.error */
    bool woken;
    char features[REACTOR_FEATURES_BYTES];
};

enum choice { CHOICE_SYNC, CHOICE_DELAY, CHOICE_SHORT, CHOICE_COUNT };

/* splitmix64 */
static uint64_t choose(const struct sim *self, uint64_t number, enum choice choice)
{
    uint64_t x = self->script.seed + (number * CHOICE_COUNT + choice) * 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

static ssize_t transfer(struct sim *self, struct io_op *op, enum io_kind kind)
{
    struct memory_stream *stream = (struct memory_stream *)op->stream;
    if (kind == IO_ACCEPT)
        *(struct memory_stream *)op->buffer = *stream;
    if (kind > IO_WRITE)
        return 0;
    size_t size = op->size < stream->piece ? op->size : stream->piece;
    uint64_t dice = choose(self, ++self->moved, CHOICE_SHORT);
    if (size > 1 && dice % 1000 < self->script.short_share)
        size = 1 + (dice >> 10) % (size - 1);
    return (ssize_t)(kind == IO_READ ? memory_stream_read(stream, op->buffer, size)
                                     : memory_stream_write(stream, op->buffer, size));
}

static bool fails(const struct sim *self, uint64_t number)
{
    return self->script.error && number == self->script.error_at;
}

static inline bool sim_try(struct io_op *op, enum io_kind kind)
{
    struct sim *self = (struct sim *)op->stream->reactor;
    uint64_t number = self->number + 1;
    if (op->size == 0) {
        op->result = 0;
        return true;
    }
    if (choose(self, number, CHOICE_SYNC) % 1000 >= self->script.sync_share)
        return false;
    self->number = number;
    op->result = fails(self, number) ? -self->script.error : transfer(self, op, kind);
    return true;
}

static bool sim_try_read(struct io_op *op)
{
    return sim_try(op, IO_READ);
}

static bool sim_try_write(struct io_op *op)
{
    return sim_try(op, IO_WRITE);
}

static bool sim_try_accept(struct io_op *op)
{
    return sim_try(op, IO_ACCEPT);
}

static bool sim_try_connect(struct io_op *op)
{
    return sim_try(op, IO_CONNECT);
}

static void wait_until(struct sim *self, struct io_op *op, ssize_t due)
{
    struct io_op *last = self->waiting.last;
    op->result = due;
    if (!self->waiting.first || labs(last->result) <= due) {
        op_queue_push(&self->waiting, op);
        return;
    }
    struct io_op **at = &self->waiting.first;
    while (labs((*at)->result) <= due)
        at = &(*at)->next;
    op->next = *at;
    *at = op;
}

static void sim_submit(struct reactor *reactor, struct io_op *op)
{
    struct sim *self = (struct sim *)reactor;
    uint64_t delay = choose(self, ++self->number, CHOICE_DELAY) % ((uint64_t)self->script.delay_max + 1);
    if (fails(self, self->number))
        self->failing = op;
    wait_until(self, op, self->now + 1 + (ssize_t)delay);
}

static void sim_timer(struct reactor *reactor, struct reactor_timer *timer, uint64_t nanoseconds)
{
    struct sim *self = (struct sim *)reactor;
    uint64_t ticks = nanoseconds / NS_PER_TICK + (nanoseconds % NS_PER_TICK != 0);
    wait_until(self, &timer->op, self->now + (ssize_t)(ticks ? ticks : 1));
}

static void sim_cancel(struct reactor *reactor, struct io_op *op)
{
    struct sim *self = (struct sim *)reactor;
    if (op->result < 0)
        return;
    op->result = -op->result;
    self->cancelled++;
    if (self->failing == op)
        self->failing = NULL;
}

static void sim_cancel_all(struct reactor *reactor, struct stream *stream)
{
    struct sim *self = (struct sim *)reactor;
    for (struct io_op *op = self->waiting.first; op; op = op->next)
        if (op->stream == stream)
            sim_cancel(reactor, op);
}

static int deliver_cancelled(struct sim *self)
{
    struct op_queue cancelled = {0}, waiting = {0};
    int delivered = 0;
    if (self->cancelled == 0)
        return 0;
    for (struct io_op *op; (op = op_queue_pop(&self->waiting));)
        op_queue_push(op->result < 0 ? &cancelled : &waiting, op);
    self->waiting = waiting;
    self->cancelled = 0;
    for (struct io_op *op; (op = op_queue_pop(&cancelled)); delivered++)
        reactor_complete(&self->base, op, -ECANCELED);
    return delivered;
}

/* Every poll is one tick; one that may wait goes on to the next operation that is due. */
static int sim_poll(struct reactor *reactor, bool wait)
{
    struct sim *self = (struct sim *)reactor;
    bool woken = wait && self->woken;
    if (woken)
        self->woken = false;
    self->now++;
    if (wait && !woken && self->cancelled == 0) {
        if (!self->waiting.first)
            return -EDEADLK;
        if (self->now < self->waiting.first->result)
            self->now = self->waiting.first->result;
    }
    int delivered = deliver_cancelled(self);
    for (struct io_op *op; (op = self->waiting.first) && labs(op->result) <= self->now; delivered++) {
        op_queue_pop(&self->waiting);
        ssize_t result = -ECANCELED;
        if (op->result < 0)
            self->cancelled--;
        else if (self->failing == op)
            result = -self->script.error;
        else
            result = transfer(self, op, op->kind);
        if (self->failing == op)
            self->failing = NULL;
        reactor_complete(&self->base, op, result);
    }
    return delivered;
}

static void sim_wake(struct reactor *reactor)
{
    ((struct sim *)reactor)->woken = true;
}

static void sim_destroy(struct reactor *reactor)
{
    free(reactor);
}

static const struct reactor_ops sim_ops = {
    .name = "sim",
    .destroy = sim_destroy,
    .submit = sim_submit,
    .cancel = sim_cancel,
    .cancel_all = sim_cancel_all,
    .poll = sim_poll,
    .wake = sim_wake,
    .timer = sim_timer,
};

int reactor_create_sim(struct reactor **reactor, const struct reactor_options *options, const char **reason)
{
    const struct sim_script *script = &options->script;
    if (script->sync_share > 1000 || script->short_share > 1000 || script->error < 0) {
        *reason = "the sim script is out of range: shares are 0 to 1000 per mille, the error a positive errno";
        return -EINVAL;
    }
    struct sim *self = calloc(1, sizeof *self);
    if (!self) {
        *reason = "no memory for the sim reactor: free some";
        return -ENOMEM;
    }
    self->base.ops = &sim_ops;
    self->script = *script;
    self->base.features = self->features;
    snprintf(self->features, sizeof self->features,
             "sim: seed %" PRIu64 ", %u per mille synchronous, %u per mille short, delay 0 to %u ticks", script->seed,
             script->sync_share, script->short_share, script->delay_max);
    *reactor = &self->base;
    return 0;
}

static void submit(struct io_op *op)
{
    reactor_submit(op->stream->reactor, op);
}

static void cancel(struct io_op *op)
{
    reactor_cancel(op->stream->reactor, op);
}

int sim_stream_init(struct memory_stream *stream, struct reactor *reactor, const void *source, size_t source_size,
                    uint64_t readable, size_t piece, void *sink, size_t sink_size)
{
    static const struct stream_ops ops = {
        .try_op = {[IO_READ] = sim_try_read,
                   [IO_WRITE] = sim_try_write,
                   [IO_ACCEPT] = sim_try_accept,
                   [IO_CONNECT] = sim_try_connect},
        .submit = submit,
        .cancel = cancel,
    };
    if (reactor->ops->sockets)
        return -EINVAL;
    memory_stream_init(stream, source, source_size, readable, piece, sink, sink_size);
    stream->stream.ops = &ops;
    stream->stream.reactor = reactor;
    return 0;
}
