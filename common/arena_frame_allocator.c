#include "common/arena_frame_allocator.h"
#include "common/recycled_frame.h"

#include <stdlib.h>

struct arena {
    struct frame_allocator base;
    unsigned char *next;
    unsigned char *end;
    _Alignas(max_align_t) unsigned char memory[];
};

static void *arena_allocate(struct frame_allocator *allocator, size_t bytes)
{
    const size_t alignment = _Alignof(max_align_t);
    struct arena *arena = (struct arena *)allocator;
    unsigned char *frame = arena->next;
    size_t left = (size_t)(arena->end - frame); /* a multiple of the alignment, so that a frame which fits still does */
    if (bytes > left)
        return NULL;
    ASAN_UNPOISON_MEMORY_REGION(frame, bytes);
    arena->next = frame + ((bytes + alignment - 1) & ~(alignment - 1));
    return frame;
}

static void arena_deallocate(struct frame_allocator *allocator, void *memory, size_t bytes)
{
    (void)allocator;
    ASAN_POISON_MEMORY_REGION(memory, bytes);
}

static size_t arena_retained_bytes(struct frame_allocator *allocator)
{
    const struct arena *arena = (const struct arena *)allocator;
    return (size_t)(arena->end - arena->next);
}

struct frame_allocator *arena_frame_allocator_create(size_t bytes)
{
    static const struct frame_allocator_ops ops = {
        .name = "arena",
        .allocate = arena_allocate,
        .deallocate = arena_deallocate,
        .retained_bytes = arena_retained_bytes,
    };
    size_t all;
    bytes -= bytes % _Alignof(max_align_t);
    if (__builtin_add_overflow(bytes, sizeof(struct arena), &all))
        return NULL;
    struct arena *arena = malloc(all);
    if (!arena)
        return NULL;
    arena->base.ops = &ops;
    arena->next = arena->memory;
    arena->end = arena->memory + bytes;
    return &arena->base;
}

void arena_frame_allocator_destroy(struct frame_allocator *arena)
{
    free(arena);
}

void arena_frame_allocator_reset(struct frame_allocator *allocator)
{
    struct arena *arena = (struct arena *)allocator;
    arena->next = arena->memory;
}
