#include "common/frame_allocators.h"

#include "common/arena_frame_allocator.h"
#include "common/pool_frame_allocator.h"
#include "common/recycling_global_frame_allocator.h"

#include <string.h>

/* One that there is once: making it costs nothing, and destroying it gives back what it holds. */
#define SHARED(identifier)                                                                                             \
    static struct frame_allocator *identifier##_create(size_t capacity_bytes)                                          \
    {                                                                                                                  \
        (void)capacity_bytes;                                                                                          \
        return identifier##_frame_allocator();                                                                         \
    }

SHARED(malloc)
SHARED(recycling)
SHARED(recycling_global)

static void shared_destroy(struct frame_allocator *allocator)
{
    if (allocator->ops->release)
        allocator->ops->release(allocator);
}

/* A block holds what the recycling allocator would still recycle. A cache line more, or frames would lie 4 KiB apart,
 * all in one set of the first-level cache. */
static struct frame_allocator *pool_create(size_t capacity_bytes)
{
    enum { BLOCK_BYTES = RECYCLING_LARGEST_BYTES + 64 };
    return pool_frame_allocator_create(BLOCK_BYTES, capacity_bytes / BLOCK_BYTES);
}

#define KIND &(const struct frame_allocator_kind)

/* clang-format off */
const struct frame_allocator_kind *const frame_allocator_kinds[] = {
    KIND{"malloc", "malloc and free of the library that is loaded", true, malloc_create, shared_destroy, NULL},
    KIND{"recycling", "free lists of each thread, by size class, over a shared depot", true, recycling_create,
         shared_destroy, NULL},
    KIND{"recycling-global", "free lists by size class that threads share, behind a mutex", true,
         recycling_global_create, shared_destroy, NULL},
    KIND{"pool", "blocks of one size, all taken at the start", false, pool_create, pool_frame_allocator_destroy, NULL},
    KIND{"arena", "one piece of memory cut up from front to back, freed as a whole", false,
         arena_frame_allocator_create, arena_frame_allocator_destroy, arena_frame_allocator_reset},
};
/* clang-format on */
const size_t frame_allocator_kind_count = sizeof frame_allocator_kinds / sizeof frame_allocator_kinds[0];

const struct frame_allocator_kind *frame_allocator_kind_named(const char *name)
{
    for (size_t i = 0; i < frame_allocator_kind_count; i++) {
        if (strcmp(frame_allocator_kinds[i]->name, name) == 0)
            return frame_allocator_kinds[i];
    }
    return NULL;
}
