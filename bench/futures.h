/* What the two futures of the sender protocol cost it, beside today's: sender/returning, whose completion functions
 * return the handle to resume next, and sender/tail, over guaranteed tail calls. All figures are the compiler's own,
 * sizeof and the types of the functions; none of them needs a compiler that has guaranteed tail calls.
 *
 * Owns: nothing. Units: bytes.
 */
#ifndef ABREAST_BENCH_FUTURES_H
#define ABREAST_BENCH_FUTURES_H

#include <stddef.h>

struct future_size {
    size_t op_state; /* of the pipeline, as connected to the coroutine that awaits it */
    size_t frame;    /* of the least coroutine that awaits it: promise, result variant, operation state, value */
};

struct future_cost {
    const char *pipeline; /* null in the sentinel */
    struct future_size p2300, returning, tail;
    size_t tail_value_bytes; /* of values that one completion hands over in slots in memory, where the other two pass
                                arguments; a compiler that inlines the pipeline may keep fewer */
    unsigned functions;      /* start and completion functions of the pipeline and its awaiter */
    unsigned returning_changed, tail_changed; /* those of another signature than today's */
};

extern const struct future_cost future_costs[];

#endif
