#include "bench/serve_load.h"
#include "bench/cell.h"
#include "bench/echo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { WINDOWS = 1 << 16, REPLY_BYTES = 16 << 10, CLOCK_NS = 50000000 };
static const uint64_t SECOND_NS = 1000000000;

struct load_connection {
    struct load *load;
    struct stream stream;
    struct io_op sending, receiving;
    bool sends;     /* in flight; while it connects too */
    uint64_t due;   /* messages that are to be sent in all, so far */
    uint64_t sent;  /* whole ones */
    size_t sent_of; /* bytes of the next */
    uint64_t received;
    size_t received_of;
    uint64_t begun_ns; /* closed loop: when the message under way was sent */
    unsigned char reply[REPLY_BYTES];
};

static void send_more(struct load_connection *);
static void receive_more(struct load_connection *);

static void fail(struct load *load, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void fail(struct load *load, int error, const char *format, ...)
{
    if (load->error)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(load->complaint, sizeof load->complaint, format, arguments);
    va_end(arguments);
    load->error = error;
    load->finished = true;
}

/* Which window of the pattern the message number `message` of a connection is (splitmix64). */
static const unsigned char *window(const struct load_connection *self, uint64_t message)
{
    const struct load *load = self->load;
    uint64_t z =
        load->seed + (message * load->connection_count + (uint64_t)(self - load->connections)) + 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return load->pattern + (z >> 20) % WINDOWS;
}

/* ---- When messages are due ---- */

static uint64_t due_ns(const struct load *load, uint64_t message)
{
    return load->start_ns + (uint64_t)((double)message / load->rate * (double)SECOND_NS);
}

static bool all_begun(const struct load *load)
{
    return load->stopping || (load->messages && load->begun == load->messages);
}

static void finish_if_done(struct load *load)
{
    if (all_begun(load) && load->latencies.count == load->begun)
        load->finished = true;
}

/* The next message of a connection is to be sent; what came back may do so before its sending is known to be done. */
static void begin(struct load_connection *self, uint64_t now)
{
    struct load *load = self->load;
    if (load->begun++ == load->latencies.count)
        load->heard_ns = now;
    self->due++;
    if (!self->sends)
        send_more(self);
}

/* Closed loop: the connection's next message, if there is to be one. */
static void begin_next(struct load_connection *self)
{
    struct load *load = self->load;
    if (all_begun(load))
        return;
    self->begun_ns = clock_ns();
    begin(self, self->begun_ns);
}

/* Open loop: all that have come due. */
static void came_due(struct io_op *op)
{
    struct load *load = CONTAINER_OF(op, struct load, due.op);
    uint64_t now = clock_ns(), next;
    load->waiting = false;
    if (load->finished)
        return;
    while (!all_begun(load) && due_ns(load, load->begun) <= now)
        begin(&load->connections[load->begun % load->connection_count], now);
    if (all_begun(load))
        return;
    next = due_ns(load, load->begun);
    load->waiting = true;
    reactor_timer_start(load->reactor, &load->due, next > now ? next - now : 0);
}

/* ---- Sending and receiving ---- */

static void sent(struct io_op *op)
{
    struct load_connection *self = CONTAINER_OF(op, struct load_connection, sending);
    struct load *load = self->load;
    self->sends = false;
    if (load->finished)
        return;
    if (op->result < 0) {
        fail(load, (int)op->result, "connection %u cannot send: %s", (unsigned)(self - load->connections),
             strerror((int)-op->result));
        return;
    }
    self->sent_of += (size_t)op->result;
    if (self->sent_of == load->size) {
        self->sent_of = 0;
        self->sent++;
    }
    if (self->sent < self->due)
        send_more(self);
}

static void send_more(struct load_connection *self)
{
    io_op_prepare(&self->sending, &self->stream, (void *)(window(self, self->sent) + self->sent_of),
                  self->load->size - self->sent_of);
    self->sending.complete = sent;
    self->sends = true;
    stream_submit(&self->sending, IO_WRITE);
}

/* A message has come back whole. */
static void answered(struct load_connection *self, uint64_t now)
{
    struct load *load = self->load;
    uint64_t index = self->received * load->connection_count + (uint64_t)(self - load->connections);
    uint64_t begun = load->rate > 0 ? due_ns(load, index) : self->begun_ns;
    self->received++;
    self->received_of = 0;
    histogram_record(&load->latencies, now > begun ? now - begun : 0);
    load->elapsed_ns = now - load->start_ns;
    if (load->rate == 0)
        begin_next(self);
}

/* Bytes that came back are those that were sent, one after the other. */
static void verify(struct load_connection *self, const unsigned char *bytes, size_t size)
{
    struct load *load = self->load;
    uint64_t now = load->heard_ns = clock_ns();
    while (size > 0 && !load->error) {
        size_t left = load->size - self->received_of, part = size < left ? size : left;
        if (self->received == self->due) {
            fail(load, -EBADMSG, "connection %u: more came back than was sent", (unsigned)(self - load->connections));
        } else if (memcmp(bytes, window(self, self->received) + self->received_of, part) != 0) {
            fail(load, -EBADMSG, "connection %u: message %" PRIu64 " came back changed, after its first %zu bytes",
                 (unsigned)(self - load->connections), self->received, self->received_of);
        } else {
            bytes += part;
            size -= part;
            self->received_of += part;
            if (self->received_of == load->size)
                answered(self, now);
        }
    }
}

static void received(struct io_op *op)
{
    struct load_connection *self = CONTAINER_OF(op, struct load_connection, receiving);
    struct load *load = self->load;
    if (load->finished)
        return;
    if (op->result <= 0) {
        fail(load, op->result ? (int)op->result : -ECONNRESET, "connection %u: the server ended it: %s",
             (unsigned)(self - load->connections), op->result ? strerror((int)-op->result) : "end of stream");
        return;
    }
    verify(self, self->reply, (size_t)op->result);
    finish_if_done(load);
    if (!load->finished)
        receive_more(self);
}

static void receive_more(struct load_connection *self)
{
    io_op_prepare(&self->receiving, &self->stream, self->reply, sizeof self->reply);
    self->receiving.complete = received;
    stream_submit(&self->receiving, IO_READ);
}

/* ---- The course of a run ---- */

/* Interrupted: what has not been sent yet is not going to be. */
static void stop_sending(struct load *load, uint64_t now)
{
    load->interrupted = load->stopping = true;
    load->give_up_ns = now + LOAD_INTERRUPTED_SECONDS * SECOND_NS;
    for (unsigned i = 0; i < load->connection_count; i++) {
        struct load_connection *connection = &load->connections[i];
        uint64_t under_way = connection->sent + (connection->sends || connection->sent_of > 0);
        if (under_way < connection->due) {
            uint64_t due = due_ns(load, under_way * load->connection_count + i);
            uint64_t waited = now > due ? now - due : 0;
            load->unsent_waited_ns = waited > load->unsent_waited_ns ? waited : load->unsent_waited_ns;
            load->unsent += connection->due - under_way;
            load->begun -= connection->due - under_way;
            connection->due = under_way;
        }
    }
}

static void tell_progress(struct load *load, uint64_t now)
{
    char detail[96];
    double passed_s = (double)(now - load->start_ns) / (double)SECOND_NS;
    if (passed_s < 2)
        return;
    snprintf(detail, sizeof detail, "%" PRIu64 " messages, %.0f a second", load->latencies.count,
             (double)load->latencies.count / passed_s);
    if (load->messages && load->latencies.count)
        load->progress.expected_s = passed_s * (double)load->messages / (double)load->latencies.count;
    progress_step(&load->progress, detail);
}

static void clock_ticked(struct io_op *op)
{
    struct load *load = CONTAINER_OF(op, struct load, clock.op);
    uint64_t now = clock_ns();
    load->ticking = false;
    if (load->finished)
        return;
    if (run_interrupted() && !load->interrupted && load->started)
        stop_sending(load, now);
    else if (run_interrupted() && !load->started)
        fail(load, -EINTR, "interrupted before all connections were open");
    if (load->started && load->seconds && now - load->start_ns >= load->seconds * SECOND_NS)
        load->stopping = true;
    finish_if_done(load);
    if (load->started && !load->finished)
        tell_progress(load, now);
    if (load->interrupted && now >= load->give_up_ns)
        fail(load, -EINTR, "%" PRIu64 " messages have not come back", load->begun - load->latencies.count);
    if (load->begun > load->latencies.count && now - load->heard_ns >= LOAD_SILENCE_SECONDS * SECOND_NS)
        fail(load, -ETIMEDOUT, "nothing came back for %d seconds: is it an echo server?", LOAD_SILENCE_SECONDS);
    load->ticking = !load->finished;
    if (load->ticking)
        reactor_timer_start(load->reactor, &load->clock, CLOCK_NS);
}

static void start(struct load *load)
{
    load->started = true;
    load->start_ns = load->heard_ns = clock_ns();
    for (unsigned i = 0; i < load->connection_count; i++)
        receive_more(&load->connections[i]);
    if (load->rate > 0) {
        load->due.op.complete = came_due;
        load->waiting = true;
        reactor_timer_start(load->reactor, &load->due, 0);
    } else {
        for (unsigned i = 0; i < load->connection_count; i++)
            begin_next(&load->connections[i]);
    }
}

static void connected(struct io_op *op)
{
    struct load_connection *self = CONTAINER_OF(op, struct load_connection, sending);
    struct load *load = self->load;
    self->sends = false;
    if (op->result < 0)
        fail(load, (int)op->result, "cannot connect to %s:%u: %s%s", inet_ntoa(load->address.sin_addr),
             ntohs(load->address.sin_port), strerror((int)-op->result),
             op->result == -ECONNREFUSED ? ": start 'abreast serve' there first" : "");
    else if (++load->connected == load->connection_count && !load->finished)
        start(load);
}

static int open_all(struct load *load)
{
    struct reactor_options options = {.backend = load->backend};
    const char *reason = NULL;
    size_t pattern_bytes = (WINDOWS + load->size + 7) & ~(size_t)7;
    load->pattern = malloc(pattern_bytes);
    load->connections = calloc(load->connection_count, sizeof *load->connections);
    if (!load->pattern || !load->connections) {
        fail(load, -ENOMEM, "no memory for %u connections", load->connection_count);
        return -ENOMEM;
    }
    echo_fill(load->pattern, pattern_bytes, load->seed);
    int status = reactor_create(&load->reactor, &options, &reason);
    if (status < 0) {
        fail(load, status, "%s", reason);
        return status;
    }
    if (reason)
        complain("using %s instead of io_uring: %s", reactor_backend_name(load->reactor), reason);
    snprintf(load->backend_name, sizeof load->backend_name, "%s", reactor_backend_name(load->reactor));
    load->clock.op.complete = clock_ticked;
    load->ticking = true;
    reactor_timer_start(load->reactor, &load->clock, CLOCK_NS);
    for (; load->opened < load->connection_count; load->opened++) {
        struct load_connection *self = &load->connections[load->opened];
        self->load = load;
        status = stream_open_tcp(&self->stream, load->reactor, false);
        if (status < 0) {
            fail(load, status, "cannot open connection %u: %s%s", load->opened, strerror(-status),
                 status == -EMFILE ? ": raise the limit of descriptors (ulimit -n)" : "");
            return status;
        }
        io_op_prepare_connect(&self->sending, &self->stream, &load->address);
        self->sending.complete = connected;
        self->sends = true;
        stream_submit(&self->sending, IO_CONNECT);
    }
    return 0;
}

static void close_all(struct load *load)
{
    load->finished = true;
    for (unsigned i = 0; i < load->opened; i++)
        stream_cancel_all(&load->connections[i].stream);
    if (load->reactor) {
        if (load->ticking)
            reactor_cancel(load->reactor, &load->clock.op);
        if (load->waiting)
            reactor_cancel(load->reactor, &load->due.op);
        while (reactor_in_flight(load->reactor) > 0)
            if (reactor_poll(load->reactor, true) < 0)
                abort(); /* the reactor itself is broken: operations point into memory that is about to be freed */
    }
    for (unsigned i = 0; i < load->opened; i++)
        stream_close(&load->connections[i].stream);
    reactor_destroy(load->reactor);
    free(load->connections);
    free(load->pattern);
}

int load_run(struct load *load)
{
    if (load->rate > 0 && load->seconds) {
        load->messages = (uint64_t)(load->rate * (double)load->seconds + 1);
        load->seconds = 0;
    }
    double expected_s = load->seconds    ? (double)load->seconds
                        : load->rate > 0 ? (double)load->messages / load->rate
                                         : 0;
    progress_begin(&load->progress, 1, expected_s);
    load->progress.name = "load";
    load->progress.stage = 1;
    int status = open_all(load);
    while (status == 0 && !load->finished) {
        status = reactor_poll(load->reactor, true);
        if (status < 0)
            fail(load, status, "the reactor failed: %s", strerror(-status));
        else
            status = 0;
    }
    progress_pause(&load->progress);
    close_all(load);
    return load->error;
}
