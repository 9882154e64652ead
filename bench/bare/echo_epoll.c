#include "bench/bare/bare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_PER_WAIT = 64 };

struct bare_echo {
    int epoll_fd;
    unsigned open; /* connections that their peers have not closed */
    struct bare_counts counts;
};

static int wait_for(struct bare_echo *self, struct bare_connection *connection, int operation, unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    self->counts.syscalls++;
    return epoll_ctl(self->epoll_fd, operation, connection->fd, &event) < 0 ? -errno : 0;
}

/* What has been read and not yet been written, as far as the socket takes it; 0 or negative errno. */
static int write_back(struct bare_echo *self, struct bare_connection *connection, bool waited)
{
    while (connection->sent < connection->got) {
        self->counts.syscalls++;
        ssize_t sent = send(connection->fd, connection->buffer + connection->sent, connection->got - connection->sent,
                            MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN)
            return waited ? 0 : wait_for(self, connection, EPOLL_CTL_MOD, EPOLLOUT);
        if (sent < 0 && errno != EINTR)
            return -errno;
        connection->sent += sent > 0 ? (size_t)sent : 0;
    }
    self->counts.bytes += connection->got;
    return waited ? wait_for(self, connection, EPOLL_CTL_MOD, EPOLLIN) : 0;
}

static int read_and_write_back(struct bare_echo *self, struct bare_connection *connection)
{
    self->counts.syscalls++;
    ssize_t got = recv(connection->fd, connection->buffer, connection->size, 0);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (got == 0) {
        connection->closed = true;
        self->open--;
        return wait_for(self, connection, EPOLL_CTL_DEL, 0);
    }
    connection->got = (size_t)got;
    connection->sent = 0;
    process(&connection->own, connection->buffer, connection->got);
    return write_back(self, connection, false);
}

static int serve(struct bare_echo *self, uint64_t bytes, struct bare_counts *counts)
{
    int status = 0;
    self->counts = (struct bare_counts){0};
    while (status == 0 && self->open > 0 && self->counts.bytes < bytes) {
        struct epoll_event events[EVENTS_PER_WAIT];
        self->counts.syscalls++;
        int count = epoll_wait(self->epoll_fd, events, EVENTS_PER_WAIT, -1);
        if (count < 0 && errno != EINTR)
            status = -errno;
        for (int i = 0; i < count && status == 0; i++) {
            struct bare_connection *connection = events[i].data.ptr;
            if (connection->sent < connection->got)
                status = write_back(self, connection, true);
            else
                status = read_and_write_back(self, connection);
        }
    }
    *counts = self->counts;
    return status;
}

static void bare_close(struct bare_echo *self)
{
    close(self->epoll_fd);
    free(self);
}

static int bare_open(struct bare_echo **echo, struct bare_connection *connections, unsigned count)
{
    int status = 0;
    struct bare_echo *self = calloc(1, sizeof *self);
    if (!self)
        return -ENOMEM;
    self->open = count;
    self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (self->epoll_fd < 0) {
        status = -errno;
        free(self);
        return status;
    }
    for (unsigned i = 0; i < count && status == 0; i++) {
        connections[i].process = &connections[i].own;
        int flags = fcntl(connections[i].fd, F_GETFL);
        if (flags < 0 || fcntl(connections[i].fd, F_SETFL, flags | O_NONBLOCK) < 0)
            status = -errno;
        else
            status = wait_for(self, &connections[i], EPOLL_CTL_ADD, EPOLLIN);
    }
    if (status < 0)
        bare_close(self);
    else
        *echo = self;
    return status;
}

const struct bare_echo_kind bare_echo_epoll = {.name = "epoll", .open = bare_open, .serve = serve, .close = bare_close};
