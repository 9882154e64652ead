#define _GNU_SOURCE /* pipe2, accept4 */
#include "common/reactor_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t system_call(struct io_op *op, enum io_kind kind)
{
    const struct stream *stream = op->stream;
    switch (kind) {
    case IO_READ:
        return stream->socket ? recv(stream->fd, op->buffer, op->size, MSG_DONTWAIT)
                              : read(stream->fd, op->buffer, op->size);
    case IO_WRITE:
        return stream->socket ? send(stream->fd, op->buffer, op->size, MSG_DONTWAIT | MSG_NOSIGNAL)
                              : write(stream->fd, op->buffer, op->size);
    case IO_ACCEPT:
        return accept4(stream->fd, NULL, NULL, SOCK_CLOEXEC);
    default:
        return connect(stream->fd, op->buffer, (socklen_t)op->size);
    }
}

ssize_t io_op_attempt_any(struct io_op *op, enum io_kind kind)
{
    ssize_t result;
    if (op->size == 0)
        return 0;
    do {
        op->stream->reactor->counts.syscalls++;
        result = system_call(op, kind);
    } while (result < 0 && errno == EINTR);
    if (result < 0)
        return errno == EINPROGRESS || errno == EALREADY ? -EAGAIN : -errno;
    return kind == IO_ACCEPT ? io_op_accepted(op, (int)result) : result;
}

static inline bool fd_try(struct io_op *op, enum io_kind kind)
{
    if (!op->stream->speculative && op->size)
        return false;
    ssize_t result = io_op_attempt(op, kind);
    if (result == -EAGAIN)
        return false;
    op->result = result;
    return true;
}

bool fd_try_read(struct io_op *op)
{
    return fd_try(op, IO_READ);
}

bool fd_try_write(struct io_op *op)
{
    return fd_try(op, IO_WRITE);
}

bool fd_try_accept(struct io_op *op)
{
    return fd_try(op, IO_ACCEPT);
}

/* It always has to wait for the peer. */
bool fd_try_connect(struct io_op *op)
{
    (void)op;
    return false;
}

void fd_cancel(struct io_op *op)
{
    reactor_cancel(op->stream->reactor, op);
}

void stream_cancel_all(struct stream *stream)
{
    if (stream->reactor)
        stream->reactor->ops->cancel_all(stream->reactor, stream);
}

int stream_receive_multishot(struct stream *stream)
{
    struct reactor *reactor = stream->reactor;
    if (!reactor || !reactor->ops->receive_multishot || !stream->socket)
        return -ENOTSUP;
    return reactor->ops->receive_multishot(reactor, stream);
}

int stream_register_file(struct stream *stream)
{
    struct reactor *reactor = stream->reactor;
    if (!reactor || !reactor->ops->register_file)
        return -ENOTSUP;
    return reactor->ops->register_file(reactor, stream);
}

static int ignore_broken_pipes(void)
{
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) < 0)
        return -errno;
    if (action.sa_handler != SIG_DFL)
        return 0;
    action = (struct sigaction){.sa_handler = SIG_IGN};
    return sigaction(SIGPIPE, &action, NULL) < 0 ? -errno : 0;
}

int stream_open_fd(struct stream *stream, struct reactor *reactor, int fd, bool speculative)
{
    int type;
    if (!reactor->ops->sockets)
        return -EINVAL;
    bool socket = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof type}) == 0;
    if (!socket && errno != ENOTSOCK)
        return -errno;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0))
        return -errno;
    if (!socket) {
        int status = ignore_broken_pipes();
        if (status < 0)
            return status;
    }
    *stream = (struct stream){.ops = socket ? reactor->ops->sockets : reactor->ops->pipes,
                              .reactor = reactor,
                              .fd = fd,
                              .speculative = speculative,
                              .socket = socket};
    return 0;
}

static int without_delay(int fd)
{
    int one = 1;
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0 ? -errno : 0;
}

ssize_t io_op_accepted(struct io_op *op, int fd)
{
    int status = without_delay(fd);
    if (status == 0)
        status = stream_open_fd(op->buffer, op->stream->reactor, fd, op->stream->speculative);
    if (status < 0)
        close(fd);
    return status;
}

int stream_open_tcp(struct stream *stream, struct reactor *reactor, bool speculative)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int status = without_delay(fd);
    if (status == 0)
        status = stream_open_fd(stream, reactor, fd, speculative);
    if (status < 0)
        close(fd);
    return status;
}

int stream_open_tcp_listener(struct stream *stream, struct reactor *reactor, struct sockaddr_in *address, int backlog,
                             bool speculative)
{
    int status = stream_open_tcp(stream, reactor, speculative), one = 1;
    if (status < 0)
        return status;
    if (setsockopt(stream->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        bind(stream->fd, (struct sockaddr *)address, sizeof *address) < 0 || listen(stream->fd, backlog) < 0 ||
        getsockname(stream->fd, (struct sockaddr *)address, &(socklen_t){sizeof *address}) < 0) {
        status = -errno;
        stream_close(stream);
    }
    return status;
}

/* Makes both streams, or none and closes both descriptors. */
static int open_pair(struct stream pair[2], struct reactor *reactor, const int fds[2], bool speculative)
{
    int status = stream_open_fd(&pair[0], reactor, fds[0], speculative);
    if (status == 0)
        status = stream_open_fd(&pair[1], reactor, fds[1], speculative);
    if (status < 0) {
        close(fds[0]);
        close(fds[1]);
    }
    return status;
}

int stream_open_socketpair(struct stream pair[2], struct reactor *reactor, bool speculative)
{
    int fds[2] = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return -errno;
    return open_pair(pair, reactor, fds, speculative);
}

int stream_open_pipe(struct stream pair[2], struct reactor *reactor, bool speculative)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -errno;
    return open_pair(pair, reactor, fds, speculative);
}

/* Accepts the connection whose other end is `client`: another process may have connected to the port before it. */
static int accept_from(int listener, int client)
{
    struct sockaddr_in mine = {0}, peer = {0};
    if (getsockname(client, (struct sockaddr *)&mine, &(socklen_t){sizeof mine}) < 0)
        return -errno;
    for (;;) {
        int fd = accept4(listener, (struct sockaddr *)&peer, &(socklen_t){sizeof peer}, SOCK_CLOEXEC);
        if (fd >= 0 && peer.sin_port == mine.sin_port && peer.sin_addr.s_addr == mine.sin_addr.s_addr)
            return fd;
        if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
            return -errno;
        if (fd >= 0)
            close(fd);
    }
}

/* Stores two connected descriptors. */
static int connect_tcp(int fds[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int status = 0;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return -errno;
    fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fds[1] = -1;
    if (fds[0] < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 8) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &(socklen_t){sizeof address}) < 0 ||
        connect(fds[0], (struct sockaddr *)&address, sizeof address) < 0)
        status = -errno;
    if (status == 0) {
        fds[1] = accept_from(listener, fds[0]);
        status = fds[1] < 0 ? fds[1] : 0;
    }
    for (int i = 0; i < 2 && status == 0; i++)
        status = without_delay(fds[i]);
    close(listener);
    for (int i = 0; i < 2 && status < 0; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return status;
}

int stream_open_tcp_pair(struct stream pair[2], struct reactor *reactor, bool speculative)
{
    int fds[2] = {-1, -1};
    int status = connect_tcp(fds);
    return status < 0 ? status : open_pair(pair, reactor, fds, speculative);
}

void stream_close(struct stream *stream)
{
    if (stream->fd < 0)
        return;
    if (stream->reactor->ops->close)
        stream->reactor->ops->close(stream->reactor, stream);
    close(stream->fd);
    stream->fd = -1;
}

int stream_shutdown_write(struct stream *stream)
{
    if (stream->fd < 0)
        return 0;
    if (!stream->socket)
        stream_close(stream);
    else if (shutdown(stream->fd, SHUT_WR) < 0)
        return -errno;
    return 0;
}
