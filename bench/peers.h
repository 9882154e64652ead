/* Peers: complete builds of this program by other compilers, which lie in peers/ID/ beside it. A run asks each for its
 * deterministic rows (`abreast measure`), so that every such figure stands beside the same one of another toolchain.
 */
#ifndef ABREAST_BENCH_PEERS_H
#define ABREAST_BENCH_PEERS_H

#include "bench/cell.h"

enum { PEERS_MAX = 64 };

struct peer {
    char toolchain[96];
    char flags[256];
    char transfer[16];
};

struct peers {
    struct peer items[PEERS_MAX];
    size_t count;
};

/* 0, -EINTR or negative errno. A peer that fails is recorded as skipped. */
int peers_measure(struct peers *, const struct run_options *, struct results *);

#endif
