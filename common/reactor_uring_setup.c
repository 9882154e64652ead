#define _GNU_SOURCE /* syscall */
#include "common/reactor_uring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    DEFAULT_ENTRIES = 256,
    DEFAULT_COMPLETIONS = 4096, /* room for the completions of many connections without an overflow */
    DEFAULT_BUFFERS = 256,
    CREATE_TRIES = 50,
};

/* The set-ups worth having, best first: an older kernel refuses flags that it does not know with EINVAL. */
static const struct {
    unsigned flags;
    const char *words;
} setups[] = {
    {IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SINGLE_ISSUER |
         IORING_SETUP_DEFER_TASKRUN,
     "single_issuer defer_taskrun coop_taskrun submit_all"},
    {IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG, "coop_taskrun submit_all"},
    {0, "no set-up flags"},
};
enum { SETUP_COUNT = sizeof setups / sizeof *setups };

/* A ring's locked memory is given back some time after it was closed, so that rings made back to back can find none. */
static int create_ring(struct io_uring *ring, unsigned entries, unsigned completions, unsigned flags)
{
    int status = -ENOMEM;
    for (int tries = 0; status == -ENOMEM && tries < CREATE_TRIES; tries++) {
        if (tries)
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        struct io_uring_params parameters = {.flags = flags | IORING_SETUP_CLAMP | IORING_SETUP_CQSIZE,
                                             .cq_entries = completions};
        status = io_uring_queue_init_params(entries, ring, &parameters);
    }
    return status;
}

static const char *why_not(int error)
{
    switch (error) {
    case -EPERM:
    case -EACCES:
        return "io_uring is not permitted here: set sysctl kernel.io_uring_disabled=0 or allow it in the container's "
               "seccomp policy, or use --reactor=epoll";
    case -ENOSYS:
        return "this kernel has no io_uring: use Linux 5.6 or newer with CONFIG_IO_URING, or use --reactor=epoll";
    case -ENOMEM:
        return "io_uring found no memory for its rings: raise the locked-memory limit (ulimit -l), or use "
               "--reactor=epoll";
    case -EMFILE:
    case -ENFILE:
        return "io_uring found no free file descriptor: raise the limit (ulimit -n)";
    default:
        return "io_uring refused to set up a ring: give fewer queue entries, or use --reactor=epoll";
    }
}

/* Multishot receive came with Linux 6.0, and so did IORING_OP_SEND_ZC, which one can ask for. */
static bool has_multishot_receive(struct io_uring *ring)
{
    struct io_uring_probe *probe = io_uring_get_probe_ring(ring);
    bool has = probe && io_uring_opcode_supported(probe, IORING_OP_SEND_ZC);
    io_uring_free_probe(probe);
    return has && !reactor_forbidden("recv_multishot");
}

/* Before Linux 6.13 a file that was taken out of the table stayed open until everything had ended that was in flight at
 * the time, on whatever stream; then came IORING_REGISTER_RESIZE_RINGS too, and it faults on an address that is none.
 */
static bool has_registered_files(const struct io_uring *ring)
{
    enum { REGISTER_RESIZE_RINGS = 33 };
    return !reactor_forbidden("registered_files") &&
           syscall(__NR_io_uring_register, ring->ring_fd, REGISTER_RESIZE_RINGS, (void *)1, 1) < 0 && errno == EFAULT;
}

int reactor_create_io_uring(struct reactor **reactor, const struct reactor_options *options, const char **reason)
{
    unsigned entries = options->queue_entries ? options->queue_entries : DEFAULT_ENTRIES;
    unsigned completions = options->queue_entries ? 2 * options->queue_entries : DEFAULT_COMPLETIONS;
    int status = -ENOMEM;
    struct uring *self = calloc(1, sizeof *self);
    if (!self)
        goto fail;
    self->wake_fd = eventfd(0, EFD_CLOEXEC);
    if (self->wake_fd < 0) {
        status = -errno;
        goto fail_memory;
    }

    bool flags = !reactor_forbidden("coop_taskrun");
    size_t setup = !flags ? SETUP_COUNT - 1 : reactor_forbidden("defer_taskrun") ? 1 : 0;
    status = -EPERM;
    if (!reactor_forbidden("io_uring"))
        while ((status = create_ring(&self->ring, entries, completions, setups[setup].flags)) == -EINVAL &&
               setup + 1 < SETUP_COUNT)
            setup++;
    if (status < 0)
        goto fail_descriptor;

    bool registered = flags && io_uring_register_ring_fd(&self->ring) == 1;
    self->has_multishot = has_multishot_receive(&self->ring);
    self->has_files = has_registered_files(&self->ring);
    self->base.ops = &uring_ops;
    self->buffers_wanted = options->receive_buffers ? options->receive_buffers : DEFAULT_BUFFERS;
    self->base.features = self->features;
    snprintf(self->features, sizeof self->features, "io_uring: %s%s%s%s, %u submission and %u completion entries",
             setups[setup].words, registered ? " registered_ring" : "", self->has_multishot ? " recv_multishot" : "",
             self->has_files ? " registered_files" : "", self->ring.sq.ring_entries, self->ring.cq.ring_entries);
    uring_await_wake(self);
    *reactor = &self->base;
    return 0;

fail_descriptor:
    close(self->wake_fd);
fail_memory:
    free(self);
fail:
    *reason = why_not(status);
    return status;
}
