#include "bench/serve.h"
#include "bench/progress.h"

#include <errno.h>
#include <linux/tcp.h> /* that of the C library lacks tcpi_bytes_acked */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, TICK_NS = 2000000, LOOK_NS = 100000000, RETRY_NS = 100000000, BYTES_A_FRAME = 8192 };
enum { TCP_STATE_FIN_WAIT2 = 5, TCP_STATE_TIME_WAIT = 6, TCP_STATE_CLOSE = 7 }; /* as tcpi_state has them */
static const uint64_t SECOND_NS = 1000000000;

struct server_connection {
    struct server *server;
    struct server_connection *next, **link; /* among those that are open */
    struct stream stream;
    struct loop_job job;
    struct work ended;
    struct io_op *last; /* the operation that its loop submitted last */
    bool looping;
    bool lingering; /* all is written, but not yet delivered */
    /* of draining */
    uint64_t acknowledged; /* bytes, by the peer's kernel, at the last look */
    uint64_t deadline_ns;  /* when it is cut off; UINT64_MAX: it was */
    unsigned char buffer[SERVER_BUFFER_BYTES];
    _Alignas(max_align_t) unsigned char loop[]; /* storage of the form */
};

static void accept_next(struct server *);

/* ---- Connections ---- */

static void count_read(struct process *process, unsigned char *data, size_t bytes)
{
    (void)data;
    (void)bytes;
    CONTAINER_OF(process, struct server_connection, job.process)->server->reads++;
}

static void close_connection(struct server_connection *self)
{
    struct server *server = self->server;
    server->served++;
    server->open--;
    *self->link = self->next;
    if (self->next)
        self->next->link = self->link;
    stream_close(&self->stream);
    free(self);
    accept_next(server);
}

/* False: the socket has none. */
static bool get_tcp_info(const struct server_connection *self, struct tcp_info *info)
{
    *info = (struct tcp_info){0};
    return getsockopt(self->stream.fd, IPPROTO_TCP, TCP_INFO, info, &(socklen_t){sizeof *info}) == 0;
}

/* Whether the peer's kernel has all that was sent, the end included, or is gone. */
static bool delivered(const struct server_connection *self)
{
    struct tcp_info info;
    return !get_tcp_info(self, &info) || info.tcpi_state == TCP_STATE_FIN_WAIT2 ||
           info.tcpi_state == TCP_STATE_TIME_WAIT || info.tcpi_state == TCP_STATE_CLOSE;
}

static void loop_ended(struct work *work)
{
    struct server_connection *self = CONTAINER_OF(work, struct server_connection, ended);
    struct server *server = self->server;
    server->bytes += self->job.bytes;
    if (self->job.status < 0 && !(server->draining && self->job.status == -ECANCELED)) {
        server->failed++;
        server->last_failure = self->job.status;
    } else if (server->draining && self->deadline_ns != UINT64_MAX && stream_shutdown_write(&self->stream) == 0 &&
               !delivered(self)) {
        self->lingering = true;
        return;
    }
    close_connection(self);
}

/* The loop is still on the stack. */
static void loop_done(struct loop_job *job)
{
    struct server_connection *self = CONTAINER_OF(job, struct server_connection, job);
    self->looping = false;
    run_loop_post_work(&self->server->run_loop, &self->ended);
}

static void submit(struct io_op *op)
{
    struct server_connection *self = CONTAINER_OF(op->stream, struct server_connection, stream);
    self->last = op;
    self->server->listener_ops->submit(op);
}

/* Takes over what was accepted. */
static int open_connection(struct server *server)
{
    struct server_connection *self = malloc(sizeof *self + *server->form->code->bytes);
    if (!self)
        return -ENOMEM;
    *self = (struct server_connection){
        .server = server, .stream = server->accepted, .ended.execute = loop_ended, .looping = true};
    self->job = (struct loop_job){
        .env = &server->env,
        .stream = &self->stream,
        .buffer = self->buffer,
        .size = sizeof self->buffer,
        .process.step = count_read,
        .done = loop_done,
    };
    self->stream.ops = &server->ops;
    int status = server->form->code->start(self->loop, &self->job);
    if (status < 0) {
        free(self);
        return status;
    }
    self->next = server->connections;
    self->link = &server->connections;
    if (self->next)
        self->next->link = &self->next;
    server->connections = self;
    server->open++;
    return 0;
}

/* ---- Accepting ---- */

static void accept_again(struct io_op *op)
{
    struct server *server = CONTAINER_OF(op, struct server, retry.op);
    server->retrying = false;
    accept_next(server);
}

/* Mostly there is no descriptor or no memory: what ends may give some back, here or in another process. */
static void accept_later(struct server *server, int status)
{
    if (!server->told_refusal)
        complain("connections have to wait: %s", strerror(-status));
    server->told_refusal = true;
    server->retrying = true;
    server->retry.op.complete = accept_again;
    reactor_timer_start(server->reactor, &server->retry, RETRY_NS);
}

static void accept_completed(struct io_op *op)
{
    struct server *server = CONTAINER_OF(op, struct server, accept);
    int status = (int)op->result;
    server->accepting = false;
    if (status == 0) {
        status = server->draining ? -ECANCELED : open_connection(server);
        if (status < 0)
            stream_close(&server->accepted); /* nothing was read of it */
    }
    if (server->draining)
        stream_close(&server->listener);
    else if (status < 0 && status != -ECONNABORTED)
        accept_later(server, status);
    else
        accept_next(server);
}

static void accept_next(struct server *server)
{
    if (server->accepting || server->retrying || server->draining || server->open == server->most)
        return;
    server->accepting = true;
    io_op_prepare_accept(&server->accept, &server->listener, &server->accepted);
    server->accept.complete = accept_completed;
    stream_submit(&server->accept, IO_ACCEPT);
}

/* ---- The end ---- */

static void cut_off(struct server_connection *self)
{
    self->server->cut++;
    self->deadline_ns = UINT64_MAX;
    if (self->looping)
        shutdown(self->stream.fd, SHUT_RDWR); /* ends what is in flight, and with it the loop */
    else if (self->lingering)
        close_connection(self);
}

/* A grace from now on, where the peer's kernel has acknowledged more than at the last look. */
static void grant(struct server_connection *self, uint64_t now)
{
    struct tcp_info info;
    if (!get_tcp_info(self, &info) || info.tcpi_bytes_acked <= self->acknowledged)
        return;
    self->acknowledged = info.tcpi_bytes_acked;
    self->deadline_ns = now + SERVER_GRACE_SECONDS * SECOND_NS;
}

static void look_at_progress(struct server *server, uint64_t now)
{
    server->look_ns = now + LOOK_NS;
    for (struct server_connection *next, *self = server->connections; self; self = next) {
        next = self->next;
        if (self->deadline_ns == UINT64_MAX)
            continue;
        grant(self, now);
        if (now >= self->deadline_ns || now >= server->end_ns)
            cut_off(self);
    }
}

static void ticked(struct io_op *op)
{
    struct server *server = CONTAINER_OF(op, struct server, tick.op);
    for (struct server_connection *next, *self = server->connections; self; self = next) {
        next = self->next;
        if (self->lingering && delivered(self))
            close_connection(self);
    }
    uint64_t now = clock_ns();
    if (server->open > 0 && !server->told_waiting && now >= server->tell_ns) {
        complain("stopping: waiting for %u client%s to take what was read from %s; a second signal ends this at once",
                 server->open, server->open == 1 ? "" : "s", server->open == 1 ? "it" : "them");
        server->told_waiting = true;
    }
    if (now >= server->look_ns)
        look_at_progress(server, now);
    if (server->open > 0 || server->accepting || server->retrying)
        reactor_timer_start(server->reactor, &server->tick, TICK_NS);
    else
        run_loop_finish(&server->run_loop);
}

static bool end_of_stream(struct io_op *op)
{
    op->result = 0;
    return true;
}

/* A read in flight ends with what it has, which its loop writes, or with -ECANCELED. It is not ended by SHUT_RD: a
 * socket that was shut down both ways resets the connection when more bytes come (RFC 1122 4.2.2.13). */
static void drain(struct server *server)
{
    uint64_t now = clock_ns();
    server->draining = true;
    server->tell_ns = now + SECOND_NS;
    server->look_ns = now + LOOK_NS;
    server->end_ns = now + SERVER_GRACE_MOST_SECONDS * SECOND_NS;
    server->ops.try_op[IO_READ] = end_of_stream;
    server->ops.tries_if_speculative = false;
    if (server->accepting)
        stream_cancel(&server->accept);
    else
        stream_close(&server->listener);
    if (server->retrying)
        reactor_cancel(server->reactor, &server->retry.op);
    for (struct server_connection *self = server->connections; self; self = self->next) {
        self->deadline_ns = now + SERVER_GRACE_SECONDS * SECOND_NS;
        grant(self, now);
        if (self->looping && self->last->kind == IO_READ)
            stream_cancel(self->last);
    }
    server->tick.op.complete = ticked;
    reactor_timer_start(server->reactor, &server->tick, TICK_NS);
}

/* ---- Signals ---- */

static int signal_fd; /* where the handler writes: the server's signal_pipe */

static void signalled(int signal_number)
{
    (void)signal_number;
    int saved = errno;
    while (write(signal_fd, "", 1) < 0 && errno == EINTR)
        ;
    errno = saved;
}

static void on_signals(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* Also called when the pipe cannot be read: a server that nobody could stop is not to go on. */
static void signal_came(struct io_op *op)
{
    on_signals(SIG_DFL);
    drain(CONTAINER_OF(op, struct server, signal));
}

/* ---- The whole ---- */

uint64_t raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit); /* refused: the limit stays as it was */
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

static int start(struct server *server)
{
    int status = run_loop_init(&server->run_loop, server->reactor);
    if (status < 0)
        return status;
    server->env = (struct io_env){.executor = run_loop_executor(&server->run_loop),
                                  .allocator = server->allocator->create(server->most * (size_t)BYTES_A_FRAME)};
    if (!server->env.allocator) {
        run_loop_destroy(&server->run_loop);
        return -ENOMEM;
    }
    io_op_prepare(&server->signal, &server->signal_pipe[0], &server->signal_byte, 1);
    server->signal.complete = signal_came;
    stream_submit(&server->signal, IO_READ);
    signal_fd = server->signal_pipe[1].fd;
    on_signals(signalled);
    server->listener_ops = server->listener.ops;
    server->ops = *server->listener_ops;
    server->ops.submit = submit;
    accept_next(server);
    return 0;
}

int server_open(struct server *server, const char **reason)
{
    if (server->form->kind == LOOP_HOPPING_TASK)
        return -EINVAL; /* between two operations its last one is no longer in flight, and cannot be cancelled */
    struct reactor_options options = {.backend = server->backend};
    int status = reactor_create(&server->reactor, &options, reason);
    if (status < 0)
        return status;
    if (*reason)
        complain("using %s instead of io_uring: %s", reactor_backend_name(server->reactor), *reason);
    *reason = NULL;
    server->address = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(server->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    status = stream_open_tcp_listener(&server->listener, server->reactor, &server->address, BACKLOG, false);
    if (status < 0)
        goto no_listener;
    status = stream_open_pipe(server->signal_pipe, server->reactor, false);
    if (status < 0)
        goto no_pipe;
    status = start(server);
    if (status == 0)
        return 0;
    stream_close(&server->signal_pipe[0]);
    stream_close(&server->signal_pipe[1]);
no_pipe:
    stream_close(&server->listener);
no_listener:
    reactor_destroy(server->reactor);
    return status;
}

int server_run(struct server *server)
{
    return run_loop_run(&server->run_loop);
}

void server_close(struct server *server)
{
    stream_close(&server->signal_pipe[0]);
    stream_close(&server->signal_pipe[1]);
    run_loop_destroy(&server->run_loop);
    reactor_destroy(server->reactor);
    server->allocator->destroy(server->env.allocator);
}
