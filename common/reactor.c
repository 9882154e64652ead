#include "common/reactor_backend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool reactor_forbidden(const char *feature)
{
    const char *list = getenv("ABREAST_FORBID");
    size_t length = strlen(feature);
    while (list && *list) {
        size_t word = strcspn(list, ",");
        if (word == length && memcmp(list, feature, length) == 0)
            return true;
        list += word + (list[word] == ',');
    }
    return false;
}

bool pending_search_and_remove(struct io_op **last, struct io_op *op)
{
    struct io_op *before = *last;
    if (!before)
        return false;
    while (before->next != op) {
        before = before->next;
        if (before == *last)
            return false;
    }
    if (before == op)
        *last = NULL;
    else if (*last == op)
        *last = before;
    before->next = op->next;
    return true;
}

int reactor_create(struct reactor **reactor, const struct reactor_options *options, const char **reason)
{
    const char *ignored;
    if (!reason)
        reason = &ignored;
    *reason = NULL;
    *reactor = NULL;

    switch (options->backend) {
    case REACTOR_IO_URING:
        return reactor_create_io_uring(reactor, options, reason);
    case REACTOR_EPOLL:
        return reactor_create_epoll(reactor, options, reason);
    case REACTOR_SIM:
        return reactor_create_sim(reactor, options, reason);
    case REACTOR_DEFAULT:
        break;
    default:
        *reason = "no such reactor backend: choose default, io_uring, epoll or sim";
        return -EINVAL;
    }
    if (reactor_create_io_uring(reactor, options, reason) == 0)
        return 0;
    const char *epoll_reason = NULL;
    int status = reactor_create_epoll(reactor, options, &epoll_reason);
    if (status < 0)
        *reason = epoll_reason;
    return status;
}

void reactor_destroy(struct reactor *reactor)
{
    if (reactor)
        reactor->ops->destroy(reactor);
}

const char *reactor_backend_name(const struct reactor *reactor)
{
    return reactor->ops->name;
}

const char *reactor_features(const struct reactor *reactor)
{
    return reactor->features;
}

void reactor_submit(struct reactor *reactor, struct io_op *op)
{
    reactor_submitted(reactor);
    reactor->ops->submit(reactor, op);
}

void reactor_timer_start(struct reactor *reactor, struct reactor_timer *timer, uint64_t nanoseconds)
{
    reactor_submitted(reactor);
    timer->op.stream = NULL;
    timer->op.kind = IO_TIMER;
    reactor->ops->timer(reactor, timer, nanoseconds);
}

void reactor_cancel(struct reactor *reactor, struct io_op *op)
{
    reactor->ops->cancel(reactor, op);
}

int reactor_poll(struct reactor *reactor, bool wait)
{
    return reactor->ops->poll(reactor, wait);
}

void reactor_wake(struct reactor *reactor)
{
    reactor->ops->wake(reactor);
}

size_t reactor_in_flight(const struct reactor *reactor)
{
    return (size_t)(reactor->counts.submitted - reactor->counts.completed);
}

struct reactor_counts reactor_counts(const struct reactor *reactor)
{
    return reactor->counts;
}
