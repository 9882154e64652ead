/* A pool of blocks of one size: all memory is taken when the pool is made, and none after it, as in an embedded system.
 * The last block freed is the next one handed out. A frame that is larger than a block, or finds none left, is a null
 * pointer: creating the coroutine ends in -ENOMEM.
 *
 * Owns: its blocks. Lifetime: destroyed when every block has come back. Threads: one at a time.
 */
#ifndef ABREAST_COMMON_POOL_FRAME_ALLOCATOR_H
#define ABREAST_COMMON_POOL_FRAME_ALLOCATOR_H

#include "common/frame_allocator.h"

/* Null: no memory. Blocks are rounded up to the alignment that frames have. */
struct frame_allocator *pool_frame_allocator_create(size_t block_bytes, size_t blocks);
void pool_frame_allocator_destroy(struct frame_allocator *);

#endif
