/* The seam to other people's libraries: what an adapter, bench/peers/<library>*.cpp, offers to the cells of `frames`
 * and `echo`. Its `stack` cells are an executable of their own, as each toolchain's are (bench/stack/mechanism.h).
 *
 * An adapter uses its library as the library's manual does, and does the work of this project's own cells: the same
 * loop, the same bytes, the same checksum, so that it stands in their groups. Which libraries take part is decided when
 * the build is configured (cmake/libraries.cmake).
 *
 * Owns: an opened state owns all that it uses. Threads: one. Errors: 0 or negative errno, and no exception comes out;
 * -ENOTSUP: not on this machine, and the cell is skipped.
 */
#ifndef ABREAST_BENCH_PEERS_LIBRARY_H
#define ABREAST_BENCH_PEERS_LIBRARY_H

#if defined __cplusplus
extern "C" {
#endif

#include "common/process.h"

/* frames: a root awaits chains of tasks, each `depth` deep; the last one of a run is shorter where `frames` is no
 * multiple of it. Each task has a local array of LIBRARY_LOCAL_BYTES, and returns its own height above the end of the
 * chain and all that is below it; `sum` is what the chains returned. */
enum { LIBRARY_LOCAL_BYTES = 64 };

struct library_chains {
    int (*open)(unsigned depth, void **state);
    int (*run)(void *state, uint64_t frames, uint64_t *sum);
    void (*close)(void *state);
};

/* echo: on each connection the loop, and a client that sends a message, reads it back whole, compares it, and sends the
 * next: what bench/echo_client.c does. Connection i exchanges one message more where i is less than the remainder. */
struct library_connection {
    int loop, client;       /* connected sockets in blocking mode; `open` takes them over, even when it fails */
    struct process process; /* of the loop */
    uint64_t bytes;         /* read, processed and written back by the loop; the caller sets it to 0 */
};

struct library_echo_plan {
    struct library_connection *connections; /* they outlive the state */
    unsigned count;
    size_t message;               /* bytes */
    const unsigned char *pattern; /* what messages are windows of */
    uint64_t seed;                /* of the first connection's messages; the next one's is one more */
};

static inline const unsigned char *library_next_message(const struct library_echo_plan *plan, uint64_t *window)
{
    *window = *window * 6364136223846793005u + 1442695040888963407u;
    return plan->pattern + (*window >> 48);
}

struct library_echo {
    int (*open)(const struct library_echo_plan *, void **state);
    int (*run)(void *state, uint64_t messages); /* returns when all has been written back */
    void (*close)(void *state);
};

/* How often this thread's C++ has called operator new or aligned_alloc. */
uint64_t library_allocations(void);

#if defined __cplusplus
}
#endif

#endif
