/* The frame allocators by name: what --allocator takes, and what experiments compare. Adding one is one line in
 * frame_allocators.c. */
#ifndef ABREAST_COMMON_FRAME_ALLOCATORS_H
#define ABREAST_COMMON_FRAME_ALLOCATORS_H

#include "common/frame_allocator.h"

struct frame_allocator_kind {
    const char *name;
    const char *models; /* in a few words */
    bool any_thread;    /* else one thread at a time */
    /* `capacity_bytes` is what a pool or an arena owns; the others ignore it, and are the same one each time. Null: no
     * memory. */
    struct frame_allocator *(*create)(size_t capacity_bytes);
    /* Gives back what it holds; every frame was freed before. */
    void (*destroy)(struct frame_allocator *);
    /* Takes back all frames at once, where freeing one does nothing. Null: frames that are freed are used again. */
    void (*reset)(struct frame_allocator *);
};

extern const struct frame_allocator_kind *const frame_allocator_kinds[];
extern const size_t frame_allocator_kind_count;

/* Null: there is none of this name. */
const struct frame_allocator_kind *frame_allocator_kind_named(const char *name);

#endif
