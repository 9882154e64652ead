/* The forms that the opstate experiment compares, seen alike from its table.
 *
 * Owns: nothing.
 */
#ifndef ABREAST_BENCH_OPSTATE_FORMS_H
#define ABREAST_BENCH_OPSTATE_FORMS_H

#include "bench/opstate/functions.h"
#include "common/io_env.h"

enum { OPERATION_BYTES = 256 };

/* The functions' own bytes, in a local that no store through a pointer can change: every form takes them from one. */
struct opstate_keys {
    uint64_t of[DEPTH_MAX];
};

/* What the operations of a cell share. */
struct opstate {
    void *operation; /* OPERATION_BYTES: where a sender's operation state is built anew each time */
    struct io_env env;
    struct opstate_keys keys;
    uint64_t value;      /* what the next operation starts from; at last the checksum */
    uint64_t operations; /* still to do */
};

/* One form at one depth, with one kind of function. */
struct form {
    int (*run)(struct opstate *); /* 0 or negative errno */
    size_t operation_bytes;       /* the state of one operation, wherever it lies */
    size_t frame_bytes;           /* of the coroutine, or of each nested one; 0: there is none */
};

#endif
