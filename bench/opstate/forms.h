/* The forms that the opstate experiment compares, seen alike from its table.
 *
 * Owns: nothing.
 */
#ifndef ABREAST_BENCH_OPSTATE_FORMS_H
#define ABREAST_BENCH_OPSTATE_FORMS_H

#include "bench/opstate/functions.h"
#include "common/io_env.h"

enum { OPERATION_BYTES = 256 };

/* What the operations of a cell share. */
struct opstate {
    void *operation; /* OPERATION_BYTES: where a sender's operation state is built anew each time */
    struct io_env env;
    uint64_t keys[DEPTH_MAX];
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
