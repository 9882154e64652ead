/* Socket pairs on the reactor. The peers' ends are in a process of their own, which is told what to say on them, so
 * that this one needs one descriptor a connection, and its memory is the server's alone.
 *
 * A command is a datagram with a slot: with a descriptor, the peer's end for it; with bytes, what to send; with
 * neither, to close it. The process ends with the other end of the control socket.
 */
#define _GNU_SOURCE /* SCM_RIGHTS' helpers, MSG_CMSG_CLOEXEC */
#include "bench/conns/server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct command {
    uint32_t slot;
    unsigned char bytes[MESSAGE_MOST];
};

enum { COMMAND_HEADER = offsetof(struct command, bytes), DESCRIPTORS_BESIDE = 64 };

union rights {
    char buffer[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

bool conns_descriptors_suffice(size_t connections, size_t *limit)
{
    struct rlimit descriptors;
    if (getrlimit(RLIMIT_NOFILE, &descriptors))
        return false;
    if (descriptors.rlim_cur < descriptors.rlim_max) {
        descriptors.rlim_cur = descriptors.rlim_max;
        setrlimit(RLIMIT_NOFILE, &descriptors); /* refused: the limit stays as it was */
        getrlimit(RLIMIT_NOFILE, &descriptors);
    }
    *limit = descriptors.rlim_cur;
    return connections + DESCRIPTORS_BESIDE <= *limit;
}

/* ---- The peers ---- */

static int received_descriptor(struct msghdr *message)
{
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    int fd = -1;
    if (control && control->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(control), sizeof fd);
    return fd;
}

/* 1: a command was obeyed, 0: there will be no more. */
static int obey(int control, int *ends, size_t count)
{
    struct command command;
    union rights rights;
    struct iovec part = {&command, sizeof command};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = rights.buffer, .msg_controllen = sizeof rights.buffer};
    ssize_t length = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    if (length < COMMAND_HEADER || command.slot >= count)
        return 0;
    int fd = received_descriptor(&message);
    size_t size = (size_t)length - COMMAND_HEADER;
    if (fd >= 0)
        ends[command.slot] = fd;
    else if (size)
        return send(ends[command.slot], command.bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
    else
        close(ends[command.slot]);
    return 1;
}

static __attribute__((noreturn)) void be_peers(int control, size_t count, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int *ends = calloc(count, sizeof *ends);
    while (ends && getppid() == parent && obey(control, ends, count))
        continue;
    _exit(0); /* the ends close, and the server's reads end */
}

static int start_peers(struct server *server)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return -errno;
    pid_t parent = getpid();
    server->peers = fork();
    if (server->peers == 0) {
        close(ends[0]);
        be_peers(ends[1], server->plan->connections, parent);
    }
    int status = server->peers < 0 ? -errno : 0;
    close(ends[1]);
    server->control = ends[0];
    return status;
}

/* ---- The server's end ---- */

static int tell(struct server *server, size_t slot, const void *bytes, size_t size, int fd)
{
    struct command command = {.slot = (uint32_t)slot};
    if (size)
        memcpy(command.bytes, bytes, size);
    union rights rights = {0};
    struct iovec part = {&command, COMMAND_HEADER + size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        message.msg_control = rights.buffer;
        message.msg_controllen = sizeof rights.buffer;
        struct cmsghdr *control = CMSG_FIRSTHDR(&message);
        control->cmsg_level = SOL_SOCKET;
        control->cmsg_type = SCM_RIGHTS;
        control->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(control), &fd, sizeof fd);
    }
    ssize_t sent;
    do
        sent = sendmsg(server->control, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

static int begin(struct server *server)
{
    size_t limit;
    if (!conns_descriptors_suffice(server->plan->connections, &limit))
        return -EMFILE;
    int status = start_peers(server);
    if (!status)
        status = reactor_create(&server->reactor, &(struct reactor_options){.backend = server->plan->backend}, NULL);
    if (!status)
        status = run_loop_init(&server->loop, server->reactor);
    server->env.executor = run_loop_executor(&server->loop);
    return status;
}

static int open_stream(struct server *server, size_t slot)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return -errno;
    int status = tell(server, slot, NULL, 0, ends[1]);
    close(ends[1]);
    if (!status)
        status = stream_open_fd(&server->sessions[slot]->stream, server->reactor, ends[0], false);
    if (status)
        close(ends[0]);
    return status;
}

static int say(struct server *server, size_t slot, const void *bytes, size_t size)
{
    return tell(server, slot, bytes, size, -1);
}

static void arrived(struct server *server)
{
    run_loop_finish(&server->loop);
}

/* Chains that were posted begin, and then all that was said arrives. */
static int settle(struct server *server)
{
    run_loop_finish(&server->loop);
    int status = run_loop_run(&server->loop);
    while (!status && !server->error && server->taken < server->said)
        status = run_loop_run(&server->loop);
    return status ? status : server->error;
}

static void end(struct server *server)
{
    run_loop_destroy(&server->loop);
    reactor_destroy(server->reactor);
    close(server->control);
    while (waitpid(server->peers, NULL, 0) < 0 && errno == EINTR)
        continue;
}

const struct transport socket_transport = {
    .begin = begin, .open = open_stream, .say = say, .settle = settle, .arrived = arrived, .end = end};
