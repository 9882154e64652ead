#include "bench/frames/chains.h"

void *allocate_nothing(struct frame_allocator *allocator, size_t bytes)
{
    (void)bytes;
    return allocator;
}

void free_nothing(struct frame_allocator *allocator, void *frame, size_t bytes)
{
    (void)allocator;
    (void)frame;
    (void)bytes;
}
