/* The server of `conns`: opens connections, closes some and opens others, wakes them all, ends them, and takes its own
 * memory at each of these moments.
 *
 * Every run is a process of its own (the hidden command `conns`), so that what it holds is this workload's alone. Its
 * tables are mapped, not malloc's, and written before the first measurement.
 *
 * Threads: one. Units: bytes. Errors: 0 or negative errno; -EILSEQ: a byte came that was not sent, or a level found its
 * locals spoiled.
 */
#ifndef ABREAST_BENCH_CONNS_SERVER_H
#define ABREAST_BENCH_CONNS_SERVER_H

#include "bench/conns/forms.h"
#include "common/counting_allocator.h"
#include "common/frame_allocators.h"
#include "common/run_loop.h"

/* When memory is taken: all connections open for the first time; after the rounds of churn; all chains ended, the
 * connections still there; no connection left; and after what allocators keep has been given back, malloc_trim
 * included. */
#define CONNS_MOMENTS(X) X(fresh) X(churn) X(rest) X(closed) X(trimmed)
enum conns_moment {
#define X(name) CONNS_##name,
    CONNS_MOMENTS(X)
#undef X
        CONNS_MOMENT_COUNT
};
extern const char *const conns_moment_names[CONNS_MOMENT_COUNT];

enum { CHURN_ROUNDS = 10 };

struct conns_plan {
    const struct conns_form *form;
    const struct frame_allocator_kind *allocator;
    bool sockets; /* else streams in memory, whose reads wait until they are told */
    size_t connections;
    bool objects; /* the application keeps objects that outlive connections */
    bool fixed;   /* locals of LOCALS_LEAST bytes at every level, no churn: what an idle connection takes, exactly */
    uint64_t seed;
    enum reactor_backend backend; /* of sockets */
};

/* What the process holds more than before its first connection. in_use and held are malloc's own account, and no
 * measure where another library is in its place. */
#define RSS_UNKNOWN INT64_MIN /* no /proc/self/smaps_rollup here */
struct footprint {
    int64_t rss;      /* resident pages, or RSS_UNKNOWN */
    int64_t in_use;   /* blocks that malloc has handed out, with their headers and rounding */
    int64_t held;     /* what malloc has from the kernel */
    int64_t live;     /* what connections, frames and objects have asked for and not given back */
    int64_t retained; /* free frames that the frame allocator keeps */
};

struct server;

/* How streams are opened and what is said on them arrives. */
struct transport {
    int (*begin)(struct server *);
    int (*open)(struct server *, size_t slot);
    int (*say)(struct server *, size_t slot, const void *bytes, size_t size); /* 0 bytes: the end */
    int (*settle)(struct server *);                                           /* until all of it has been taken */
    void (*arrived)(struct server *);                                         /* all of it has, or there is an error */
    void (*end)(struct server *);
};

extern const struct transport memory_transport, socket_transport;

struct server {
    const struct conns_plan *plan;
    const struct transport *transport;
    struct io_env env;
    struct counting_allocator allocator;
    struct session **sessions; /* by slot */
    struct object **objects;
    size_t object_slots;
    size_t session_bytes, object_bytes; /* live, and malloc's by their own */
    uint64_t draws, object_draws;       /* generators */
    uint64_t said, taken;               /* messages and ends of streams */
    uint64_t sent, received;            /* checksums of messages */
    int error;                          /* the first one */
    /* sockets */
    struct reactor *reactor;
    struct run_loop loop;
    int control; /* to the process with the peers' ends */
    int peers;   /* its pid */
};

/* -EINVAL: the form cannot be run so. */
int conns_serve(const struct conns_plan *, struct footprint footprints[CONNS_MOMENT_COUNT]);

/* Whether a process may have descriptors for so many connections; else what it may have. Raises its limit as far as
 * that goes. */
bool conns_descriptors_suffice(size_t connections, size_t *limit);

#endif
