#define _GNU_SOURCE /* pthread_attr_setaffinity_np */
#include "bench/syncratio/peer.h"

#include "bench/echo.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What is sent goes round in a pattern of this many bytes. */
enum { PATTERN = 64 << 10, POLL_MS = 20000 };

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* As much as may be outstanding, message by message. False: the connection failed. */
static bool send_ahead(struct peer *peer, struct peer_end *end, short *events)
{
    size_t message = peer->parameters->message;
    uint64_t ahead = (uint64_t)peer->parameters->outstanding * message;
    *events = POLLIN;
    while (end->sent < end->total) {
        size_t size = message - end->sent % message;
        if (end->sent + size > end->received + ahead)
            return true;
        ssize_t n = send(end->fd, peer->pattern + end->sent % PATTERN, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            *events |= POLLOUT;
        if (n < 0) {
            peer->status = errno == EAGAIN || errno == EINTR ? 0 : -errno;
            return peer->status == 0;
        }
        end->sent += (uint64_t)n;
    }
    return true;
}

/* Whatever is there. False: the connection failed, or other bytes came back than were sent. */
static bool receive(struct peer *peer, struct peer_end *end)
{
    size_t at = end->received % PATTERN;
    ssize_t n = recv(end->fd, peer->reply, least(PATTERN - at, end->sent - end->received), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n <= 0)
        peer->status = n < 0 ? -errno : -ECONNRESET;
    else if (memcmp(peer->reply, peer->pattern + at, (size_t)n) != 0)
        peer->status = -EBADMSG;
    else
        end->received += (uint64_t)n;
    return peer->status == 0;
}

/* One look at every connection. False when there is no more to do. */
static bool turn(struct peer *peer, struct pollfd *fds)
{
    unsigned open = 0;
    for (unsigned i = 0; i < peer->connections; i++) {
        struct peer_end *end = &peer->ends[i];
        if (!end->ended && end->received == end->total) {
            end->ended = true;
            shutdown(end->fd, SHUT_WR);
        }
        fds[i].fd = end->ended ? -1 : end->fd;
        open += !end->ended;
        if (!end->ended && !send_ahead(peer, end, &fds[i].events))
            return false;
    }
    if (open == 0)
        return false;
    int ready = poll(fds, peer->connections, POLL_MS);
    if (ready == 0 || (ready < 0 && errno != EINTR))
        peer->status = ready ? -errno : -ETIMEDOUT;
    for (unsigned i = 0; i < peer->connections && ready > 0 && peer->status == 0; i++)
        if (fds[i].fd >= 0 && fds[i].revents & ~POLLOUT)
            receive(peer, &peer->ends[i]);
    return peer->status == 0;
}

static void *run(void *argument)
{
    struct peer *peer = argument;
    struct pollfd fds[SOCKET_CONNECTIONS_MOST];
    while (turn(peer, fds)) {
    }
    for (unsigned i = 0; i < peer->connections && peer->status; i++)
        shutdown(peer->ends[i].fd, SHUT_RDWR);
    return NULL;
}

int peer_start(struct peer *peer)
{
    peer->pattern = malloc(2 * PATTERN);
    if (!peer->pattern)
        return -ENOMEM;
    peer->reply = peer->pattern + PATTERN;
    echo_fill(peer->pattern, PATTERN, 1);
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (!error) {
        error = pthread_attr_setaffinity_np(&attributes, sizeof peer->processors, &peer->processors);
        if (!error)
            error = pthread_create(&peer->thread, &attributes, run, peer);
        pthread_attr_destroy(&attributes);
    }
    if (error)
        free(peer->pattern);
    return -error;
}

int peer_join(struct peer *peer)
{
    pthread_join(peer->thread, NULL);
    free(peer->pattern);
    return peer->status;
}
