/* An arena: one piece of memory from which frames are cut one after the other. Freeing a frame does nothing; a reset
 * takes all of them back at once. The cheapest that an allocator can be where frames do not have to be reused, as
 * std::pmr::monotonic_buffer_resource is with a buffer of its own. A frame for which nothing is left is a null pointer.
 *
 * Owns: its memory. Threads: one at a time.
 */
#ifndef ABREAST_COMMON_ARENA_FRAME_ALLOCATOR_H
#define ABREAST_COMMON_ARENA_FRAME_ALLOCATOR_H

#include "common/frame_allocator.h"

/* Null: no memory. */
struct frame_allocator *arena_frame_allocator_create(size_t bytes);
void arena_frame_allocator_destroy(struct frame_allocator *);

/* No frame that was allocated before is used any more. */
void arena_frame_allocator_reset(struct frame_allocator *);

#endif
