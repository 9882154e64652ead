/* The runs of `conns`: which there are, and what they told. */
#ifndef ABREAST_BENCH_CONNS_RUN_H
#define ABREAST_BENCH_CONNS_RUN_H

#include "bench/cell.h"
#include "bench/conns/server.h"

enum { CONNS_ROUNDS_MOST = 8 };

/* A malloc, or what its environment makes of glibc's. */
struct conns_library {
    const char *name;
    const char *file;     /* to preload; null: the C library's */
    const char *variable; /* "NAME=value"; null: none */
};

/* A form and what it runs with; each round is a process of its own, with another seed. */
struct conns_cell {
    struct conns_plan plan; /* its seed is the first round's */
    const struct conns_library *library;
    char variant[160];
    unsigned rounds;
    const char *skipped; /* why; null: it ran, or will */
    size_t limit;        /* the descriptors that a process may have, where they do not suffice; else 0 */
    struct footprint footprints[CONNS_ROUNDS_MOST][CONNS_MOMENT_COUNT];
};

struct conns_cells {
    struct conns_cell *items;
    size_t count;
};

/* The cells that the options want. What this machine cannot do is among them, with its reason. 0 or -ENOMEM; the caller
 * frees `items`. */
int conns_choose(struct conns_cells *, const struct run_options *);

/* Runs them all. 0, -EINTR, or -ECHILD: one of them failed, and has said why. */
int conns_run_cells(struct conns_cells *, const char *experiment, struct progress *);

/* Their rows. 0 or -ENOMEM. */
int conns_add_rows(const struct conns_cells *, const struct run_options *, struct results *);

#endif
