/* The forms that the opstate experiment compares, seen alike from its table: one for each way to write the operations
 * of a group, and the sizes of what it builds.
 *
 * Owns: nothing.
 */
#ifndef ABREAST_BENCH_OPSTATE_FORMS_H
#define ABREAST_BENCH_OPSTATE_FORMS_H

#include "bench/opstate/functions.h"
#include "common/io_env.h"

enum { OPERATION_BYTES = 1024 };

struct run_loop;
struct stream;

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
    struct run_loop *loop;
    struct stream *stream; /* in memory: reads give eight bytes each, at once */
    uint64_t got;          /* the buffer */
};

/* Bytes; 0: there is none. Alignments: of the operation state or awaitable. */
struct opstate_sizes {
    size_t op_state;
    size_t block;       /* beside op_state: what is allocated for an operation state behind another */
    size_t environment; /* of op_state: an environment that is kept because get_env answers its address */
    size_t awaitable;
    size_t align;
    size_t frame; /* of the coroutine that outlives all operations; of an operation's frames, the largest */
};

struct form {
    int (*run)(struct opstate *); /* 0 or negative errno */
    struct opstate_sizes sizes;
};

#endif
