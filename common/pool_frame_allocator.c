#include "common/pool_frame_allocator.h"
#include "common/recycled_frame.h"

#include <stdlib.h>

struct free_block {
    struct free_block *next;
};

struct pool {
    struct frame_allocator base;
    size_t block_bytes;
    struct free_block *first;
    size_t free_blocks;
    _Alignas(max_align_t) unsigned char blocks[];
};

static void *pool_allocate(struct frame_allocator *allocator, size_t bytes)
{
    struct pool *pool = (struct pool *)allocator;
    struct free_block *block = pool->first;
    if (!block || bytes > pool->block_bytes)
        return NULL;
    ASAN_UNPOISON_MEMORY_REGION(block, pool->block_bytes);
    pool->first = block->next;
    pool->free_blocks--;
    return block;
}

static void pool_deallocate(struct frame_allocator *allocator, void *memory, size_t bytes)
{
    (void)bytes;
    struct pool *pool = (struct pool *)allocator;
    struct free_block *block = memory;
    block->next = pool->first;
    ASAN_POISON_MEMORY_REGION(block, pool->block_bytes);
    pool->first = block;
    pool->free_blocks++;
}

static size_t pool_retained_bytes(struct frame_allocator *allocator)
{
    struct pool *pool = (struct pool *)allocator;
    return pool->free_blocks * pool->block_bytes;
}

struct frame_allocator *pool_frame_allocator_create(size_t block_bytes, size_t blocks)
{
    static const struct frame_allocator_ops ops = {
        .name = "pool",
        .allocate = pool_allocate,
        .deallocate = pool_deallocate,
        .retained_bytes = pool_retained_bytes,
    };
    const size_t alignment = _Alignof(max_align_t);
    size_t all;
    if (block_bytes < sizeof(struct free_block))
        block_bytes = sizeof(struct free_block);
    if (__builtin_add_overflow(block_bytes, alignment - 1, &block_bytes))
        return NULL;
    block_bytes -= block_bytes % alignment;
    if (__builtin_mul_overflow(block_bytes, blocks, &all) || __builtin_add_overflow(all, sizeof(struct pool), &all))
        return NULL;
    struct pool *pool = malloc(all);
    if (!pool)
        return NULL;
    *pool = (struct pool){.base.ops = &ops, .block_bytes = block_bytes};
    for (size_t i = blocks; i-- > 0;)
        pool_deallocate(&pool->base, pool->blocks + i * block_bytes, block_bytes);
    return &pool->base;
}

void pool_frame_allocator_destroy(struct frame_allocator *pool)
{
    free(pool);
}
