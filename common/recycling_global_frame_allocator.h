/* recycling-global: the size classes of the recycling frame allocator in free lists that all threads share, behind one
 * mutex: what a pool costs that has no part of its own for each thread.
 *
 * Threads: any. Lifetime: the program's. Bounds: RECYCLING_DEPOT_BYTES are kept; what is freed beyond goes to free.
 */
#ifndef ABREAST_COMMON_RECYCLING_GLOBAL_FRAME_ALLOCATOR_H
#define ABREAST_COMMON_RECYCLING_GLOBAL_FRAME_ALLOCATOR_H

#include "common/frame_allocator.h"

struct frame_allocator *recycling_global_frame_allocator(void);

#endif
