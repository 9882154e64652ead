#include "common/coroutine.h"

void *frame_create(struct frame_allocator *allocator, size_t bytes, void (*body)(struct coro *),
                   void (*destroy)(struct coro *))
{
    struct frame *frame = frame_allocate(allocator, bytes);
    if (!frame)
        return NULL;
    *frame = (struct frame){
        .coro = {.resume = body, .destroy = destroy ? destroy : frame_destroy},
        .allocator = allocator,
        .bytes = (unsigned)bytes,
    };
    return frame;
}

void frame_destroy(struct coro *handle)
{
    struct frame *frame = (struct frame *)handle;
    frame_deallocate(frame->allocator, frame, frame->bytes);
}
