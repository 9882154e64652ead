/* A frame allocator that counts what another one is asked for.
 *
 * Owns: nothing; it and the inner allocator are the caller's, and outlive every frame.
 * Threads: any, where the inner allocator allows it; a count that is read while others allocate is one that was true.
 * Units: bytes as they were asked for, before any rounding.
 */
#ifndef ABREAST_COMMON_COUNTING_ALLOCATOR_H
#define ABREAST_COMMON_COUNTING_ALLOCATOR_H

#include "common/frame_allocator.h"

struct counting_allocator {
    struct frame_allocator base; /* what is handed on */
    struct frame_allocator *inner;
    _Atomic uint64_t calls; /* allocations, those that failed left out */
    _Atomic uint64_t frees;
    _Atomic uint64_t failures;
    _Atomic uint64_t bytes; /* of all of them */
    _Atomic size_t live;    /* bytes handed out now */
    _Atomic size_t peak;    /* the most of them that there were */
};

/* A null inner allocator is malloc's. */
void counting_allocator_init(struct counting_allocator *, struct frame_allocator *inner);

/* What the inner allocator holds and has not handed out. */
size_t counting_allocator_retained_bytes(struct counting_allocator *);

#endif
