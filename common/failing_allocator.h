/* A frame allocator that fails one allocation on purpose: for every place where a program allocates, a test asks what
 * becomes of it when there is no memory.
 *
 * Owns: nothing; it and the inner allocator are the caller's. Threads: any, where the inner allocator allows it.
 */
#ifndef ABREAST_COMMON_FAILING_ALLOCATOR_H
#define ABREAST_COMMON_FAILING_ALLOCATOR_H

#include "common/frame_allocator.h"

struct failing_allocator {
    struct frame_allocator base; /* what is handed on */
    struct frame_allocator *inner;
    _Atomic uint64_t asked; /* allocations until now */
    uint64_t fails;         /* which one fails, counted from 1; 0: none */
};

/* A null inner allocator is malloc's. */
void failing_allocator_init(struct failing_allocator *, struct frame_allocator *inner, uint64_t fails);

/* Whether the allocation that was to fail has come. */
static inline bool failing_allocator_failed(const struct failing_allocator *self)
{
    return self->fails && self->asked >= self->fails;
}

#endif
