#include "tests/soak/session.h"
#include "bench/echo.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { SHORT_PER_MILLE = 300, SHORTEST = 64, SLOW_TURNS = 16, END_TURNS = 8, SLOW_BYTES = 512, NARROW_BYTES = 8192 };

static void broken(const struct session *, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

static void broken(const struct session *self, const char *format, ...)
{
    static const char *const endings[] = {"half-close", "reset", "stop"};
    const struct soak *soak = self->soak;
    fprintf(stderr, "soak: %s %s on %s, seed %llu, session %llu (%s): ", soak->form->model, soak->form->mechanism,
            soak->backend_name, (unsigned long long)soak->seed, (unsigned long long)self->plan.session,
            endings[self->plan.ending]);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "; sent %zu, got %zu of %zu\n", self->sent, self->got, self->plan.total);
    exit(1);
}

/* ---- Between the loop and its stream ---- */

static struct session *session_of(struct io_op *op)
{
    if (op->stream->fd < 0)
        return CONTAINER_OF(op->stream, struct session, sim.stream);
    return CONTAINER_OF(op->stream, struct session, ends[0]);
}

/* Whether what ends the session comes now: at random, once what must come back has. */
static bool ends_now(struct session *self)
{
    size_t back = self->soak->sim ? self->sim.written : self->got;
    return back >= self->plan.cut && dice(&self->random) % END_TURNS == 0;
}

/* A stop is requested from within the session's own operations too; on sim a reset comes nowhere else. True: the
 * operation is over. */
static bool end(struct session *self, struct io_op *op)
{
    if (self->plan.ending == STOP)
        stop_source_request_stop(&self->stop);
    if (!self->soak->sim || self->plan.ending != RESET)
        return false;
    op->result = -ECONNRESET;
    return true;
}

static void shorten(struct session *self, struct io_op *op)
{
    self->asked = op->size;
    if (op->size < 2 || dice(&self->random) % 1000 >= SHORT_PER_MILLE)
        return;
    op->size = 1 + dice(&self->random) % (op->size < SHORTEST ? op->size - 1 : SHORTEST);
    self->soak->shortened++;
}

/* Its owner finds the operation as it was, but for the result. */
static bool try_shortened(struct session *self, struct io_op *op, enum io_kind kind)
{
    bool done = self->below->try_op[kind](op);
    if (done)
        op->size = self->asked;
    return done;
}

static bool try_read(struct io_op *op)
{
    struct session *self = session_of(op);
    bool last = self->soak->sim && self->sim.readable == 0;
    if ((last || ends_now(self)) && end(self, op))
        return true;
    if (last && self->plan.ending == STOP)
        return false;
    shorten(self, op);
    return try_shortened(self, op, IO_READ);
}

/* To a slow reader on sim no write is done at once, and each moves little. */
static bool try_write(struct io_op *op)
{
    struct session *self = session_of(op);
    if (ends_now(self) && end(self, op))
        return true;
    shorten(self, op);
    if (!self->soak->sim || !self->plan.slow)
        return try_shortened(self, op, IO_WRITE);
    if (op->size > SLOW_BYTES)
        op->size = SLOW_BYTES;
    self->soak->slowed++;
    return false;
}

static void completed(struct io_op *op)
{
    struct session *self = session_of(op);
    bool ends = ends_now(self);
    op->size = self->asked;
    op->complete = self->complete;
    if (ends && self->plan.ending == RESET)
        end(self, op);
    op->complete(op);
    if (ends && self->plan.ending == STOP)
        stop_source_request_stop(&self->stop); /* its loop goes on already, or has ended */
}

static void submit(struct io_op *op)
{
    struct session *self = session_of(op);
    self->complete = op->complete;
    op->complete = completed;
    self->below->submit(op);
}

static void put_between(struct session *self, struct stream *stream)
{
    self->below = stream->ops;
    self->ops = *stream->ops;
    self->ops.tries_if_speculative = false; /* each passes by here */
    self->ops.submit = submit;
    self->ops.try_op[IO_READ] = try_read;
    self->ops.try_op[IO_WRITE] = try_write;
    stream->ops = &self->ops;
    self->job.stream = stream;
}

/* ---- Beginning ---- */

static void succeed(const struct session *self, int status, const char *what)
{
    if (status < 0)
        broken(self, "cannot %s: %s", what, strerror(-status));
}

static void open_ends(struct session *self)
{
    const struct plan *plan = &self->plan;
    struct reactor *reactor = self->soak->reactor;
    int narrow = NARROW_BYTES, status;
    status = plan->tcp ? stream_open_tcp_pair(self->ends, reactor, plan->speculative)
                       : stream_open_socketpair(self->ends, reactor, plan->speculative);
    succeed(self, status, "open a pair of sockets");
    if (plan->narrow) {
        setsockopt(self->ends[0].fd, SOL_SOCKET, SO_SNDBUF, &narrow, sizeof narrow);
        setsockopt(self->ends[1].fd, SOL_SOCKET, SO_RCVBUF, &narrow, sizeof narrow);
    }
    if (plan->policy == MULTISHOT)
        status = stream_receive_multishot(&self->ends[0]);
    else if (plan->policy == REGISTERED)
        status = stream_register_file(&self->ends[0]);
    succeed(self, status == -ENOTSUP ? 0 : status, "set the policy of a stream");
    put_between(self, &self->ends[0]);
}

static void loop_done(struct loop_job *job)
{
    CONTAINER_OF(job, struct session, job)->done++;
}

void session_open(struct session *self, uint64_t number)
{
    struct soak *soak = self->soak;
    self->random = soak->seed ^ ~number;
    self->done = 0;
    self->sent = self->got = 0;
    self->shut[0] = self->shut[1] = self->ended = false;
    plan_make(&self->plan, soak->seed, number, self->bytes);
    stop_source_init(&self->stop);
    self->env = (struct io_env){.executor = run_loop_executor(&soak->run_loop),
                                .stop = stop_source_token(&self->stop),
                                .allocator = &soak->allocator.base};
    self->job = (struct loop_job){.env = &self->env,
                                  .buffer = self->buffer,
                                  .size = self->plan.buffer,
                                  .process.step = process_checksum,
                                  .done = loop_done};
    if (soak->sim) {
        succeed(self,
                sim_stream_init(&self->sim, soak->reactor, self->bytes, PLAN_BYTES, self->plan.total, PLAN_PIECE,
                                self->received, PLAN_BYTES),
                "open a scripted stream");
        put_between(self, &self->sim.stream);
    } else {
        open_ends(self);
    }
    self->loop = malloc(*soak->form->code->bytes);
    succeed(self, self->loop ? soak->form->code->start(self->loop, &self->job) : -ENOMEM, "start the loop");
}

/* ---- The peer ---- */

static void shut_down(struct session *self, int end)
{
    if (!self->shut[end])
        succeed(self, stream_shutdown_write(&self->ends[end]), "shut down");
    self->shut[end] = true;
}

static void send_some(struct session *self)
{
    size_t left = self->plan.total - self->sent;
    if (left > 0) {
        size_t piece = 1 + dice(&self->random) % PLAN_PIECE;
        ssize_t n =
            send(self->ends[1].fd, self->bytes + self->sent, piece < left ? piece : left, MSG_DONTWAIT | MSG_NOSIGNAL);
        self->sent += n > 0 ? (size_t)n : 0;
    } else if (self->plan.ending == HALF_CLOSE) {
        shut_down(self, 1);
    }
}

static void compare(struct session *self, size_t n)
{
    if (n > self->plan.total - self->got)
        broken(self, "%zu bytes more came back than were sent", n - (self->plan.total - self->got));
    if (memcmp(self->received + self->got, self->bytes + self->got, n) != 0)
        broken(self, "other bytes came back than were sent");
    self->got += n;
}

static void receive_some(struct session *self)
{
    size_t piece = PLAN_PIECE;
    if (self->plan.slow) {
        if (dice(&self->random) % SLOW_TURNS)
            return;
        piece = 1 + dice(&self->random) % SLOW_BYTES;
    }
    size_t room = PLAN_BYTES - self->got; /* more than there is to come: too much is to be seen */
    ssize_t n = recv(self->ends[1].fd, self->received + self->got, piece < room ? piece : room, MSG_DONTWAIT);
    if (n > 0)
        compare(self, (size_t)n);
    else if (n == 0)
        self->ended = true;
    else if (errno != EAGAIN && errno != EINTR)
        broken(self, "the peer cannot read: %s", strerror(errno));
}

static void reset(struct session *self)
{
    if (self->plan.tcp)
        setsockopt(self->ends[1].fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    stream_close(&self->ends[1]);
    self->ended = true;
}

/* ---- Ending ---- */

static void check(struct session *self)
{
    const struct plan *plan = &self->plan;
    const struct loop_job *job = &self->job;
    struct soak *soak = self->soak;
    uint64_t processed = job->process.position;
    if (self->done != 1)
        broken(self, "the loop has ended %u times", self->done);
    if (self->got < plan->cut || self->got > processed || processed > plan->total)
        broken(self, "%llu bytes were read, of %zu that must come back", (unsigned long long)processed, plan->cut);
    if (plan->ending != RESET && job->bytes > self->got)
        broken(self, "%llu bytes were written back", (unsigned long long)job->bytes);
    bool right = plan->ending == HALF_CLOSE ? job->status == 0 && self->got == plan->total && job->bytes == plan->total
                 : plan->ending == STOP     ? job->status == -ECANCELED
                                            : job->status == -ECONNRESET || job->status == -EPIPE || job->status == 0;
    if (!right)
        broken(self, "the loop has ended with %s", job->status ? strerror(-job->status) : "the end of the stream");
    struct process expected = {0};
    process_checksum(&expected, self->bytes, processed);
    if (job->process.checksum != expected.checksum)
        broken(self, "the loop has read other bytes than were sent");
    if (!plan_check(plan, self->received, &soak->digest))
        broken(self, "a message is not what it was");
    soak->sessions++;
    soak->messages += plan->messages;
    soak->bytes += self->got;
    soak->endings[plan->ending]++;
    soak->torn[plan->ending] += job->bytes < processed;
}

static bool step_sim(struct session *self)
{
    const struct plan *plan = &self->plan;
    compare(self, self->sim.written - self->got);
    self->sent = plan->total - self->sim.readable;
    if (plan->ending == STOP && self->got >= plan->cut && dice(&self->random) % 4 == 0)
        stop_source_request_stop(&self->stop);
    return self->done > 0;
}

static bool step_sockets(struct session *self)
{
    const struct plan *plan = &self->plan;
    if (self->ends[1].fd >= 0) {
        send_some(self);
        receive_some(self);
        bool now = self->got >= plan->cut && dice(&self->random) % 4 == 0;
        if (now && plan->ending == RESET)
            reset(self);
        else if (now && plan->ending == STOP)
            stop_source_request_stop(&self->stop);
    }
    if (self->done && self->ends[1].fd >= 0)
        shut_down(self, 0);
    return self->done && self->ended;
}

bool session_step(struct session *self)
{
    bool sim = self->soak->sim;
    if (!(sim ? step_sim(self) : step_sockets(self)))
        return false;
    if (sim)
        compare(self, self->sim.written - self->got);
    check(self);
    if (!sim)
        echo_close_ends(self->ends);
    free(self->loop);
    return true;
}
