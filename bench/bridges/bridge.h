/* The forms of the `bridges` experiment: connections of bench/mitigations/job.h whose operations are of one protocol,
 * and whose consumer is of the other.
 *
 * A sender as an awaitable: the forms are those of `mitigations`. An awaitable as a sender: here, with a consumer that
 * is a receiver and no coroutine (bench/bridges/consumer.h); the files are compiled twice, with the boundary of a
 * noexcept function and without (common/noexcept.h).
 */
#ifndef ABREAST_BENCH_BRIDGES_BRIDGE_H
#define ABREAST_BENCH_BRIDGES_BRIDGE_H

#include "bench/mitigations/job.h"

struct bridge_form {
    const struct mitigation_form *form;
    const struct mitigation_form *nested; /* its consumer starts the next operation inside the completion of the one
                                             before; null: not asked */
    size_t op_state_bytes;
    size_t frame_bytes; /* of the bridge's own coroutine; 0: it has none */
    bool inside;        /* that frame is part of the operation state */
};

#if defined ABREAST_NOEXCEPT_BOUNDARY
#define BRIDGE_FORM(name) bridge_boundary_##name
#else
#define BRIDGE_FORM(name) bridge_##name
#endif

/* Over an operation that is ready, over one that suspends and at once gives its caller's handle back (`transfer`), and
 * over one that completes from the run_loop. */
#define BRIDGE_FORMS(X)                                                                                                \
    X(direct_ready)                                                                                                    \
    X(direct_later)                                                                                                    \
    X(direct_erased_later)                                                                                             \
    X(allocated_ready)                                                                                                 \
    X(allocated_transfer)                                                                                              \
    X(allocated_later)                                                                                                 \
    X(allocator_ready)                                                                                                 \
    X(allocator_transfer)                                                                                              \
    X(allocator_later)                                                                                                 \
    X(inline_frame_ready)                                                                                              \
    X(inline_frame_transfer)                                                                                           \
    X(inline_frame_later)                                                                                              \
    X(handle_ready)                                                                                                    \
    X(handle_transfer)                                                                                                 \
    X(handle_later)

#define X(name) extern const struct bridge_form bridge_##name, bridge_boundary_##name;
BRIDGE_FORMS(X)
#undef X

/* Dispatches so often, one after the other, and folds the numbers of operations. 0 or negative errno. */
enum dispatch_by { DISPATCH_DIRECT, DISPATCH_INLINE, DISPATCH_RUN_LOOP };
int dispatch_run(enum dispatch_by, uint64_t operations, uint64_t *checksum);

#endif
