/* The cells of `frames` and `echo` that run other people's libraries (bench/peers/library.h). They stand in the groups
 * of this project's own cells, so that each is compared with the group's baseline, in the same rounds.
 *
 * Which there are is in the header libraries.h, which cmake/libraries.cmake writes: one X(adapter, model, mechanism,
 * ...) each, where the mechanism is the library's name with its version; and one X(model, mechanism) for what is built
 * of libraries for `stack`. A build without libraries has none.
 */
#ifndef ABREAST_BENCH_PEERS_CELLS_H
#define ABREAST_BENCH_PEERS_CELLS_H

#include "bench/echo.h"
#include "bench/peers/library.h"

#if defined ABREAST_LIBRARIES
#include <libraries.h>
#else
#define LIBRARY_STACK(X)
#define LIBRARY_CHAINS(X, ...)
#define LIBRARY_ECHO_epoll(X, ...)
#define LIBRARY_ECHO_io_uring(X, ...)
#endif

#define DECLARE(adapter, ...) extern const struct library_chains adapter;
LIBRARY_CHAINS(DECLARE, )
#undef DECLARE
#define DECLARE(adapter, ...) extern const struct library_echo adapter;
LIBRARY_ECHO_epoll(DECLARE, ) LIBRARY_ECHO_io_uring(DECLARE, )
#undef DECLARE

    struct library_chains_parameters {
    unsigned depth;
    const struct library_chains *library;
};

struct library_echo_parameters {
    struct echo_parameters echo; /* the form is of no meaning */
    const struct library_echo *library;
};

int library_chains_open(const struct cell *, const struct run_options *, void **state);
int library_chains_run(void *state, uint64_t operations, struct outcome *);
void library_chains_close(void *state);

int library_echo_open(const struct cell *, const struct run_options *, void **state);
int library_echo_run(void *state, uint64_t operations, struct outcome *);
void library_echo_close(void *state);

#endif
