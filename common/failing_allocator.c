#include "common/failing_allocator.h"

static void *failing_allocate(struct frame_allocator *allocator, size_t bytes)
{
    struct failing_allocator *self = (struct failing_allocator *)allocator;
    if (++self->asked == self->fails)
        return NULL;
    return self->inner->ops->allocate(self->inner, bytes);
}

static void failing_deallocate(struct frame_allocator *allocator, void *memory, size_t bytes)
{
    struct failing_allocator *self = (struct failing_allocator *)allocator;
    self->inner->ops->deallocate(self->inner, memory, bytes);
}

static size_t retained_bytes(struct frame_allocator *allocator)
{
    struct frame_allocator *inner = ((struct failing_allocator *)allocator)->inner;
    return inner->ops->retained_bytes ? inner->ops->retained_bytes(inner) : 0;
}

static void release(struct frame_allocator *allocator)
{
    struct frame_allocator *inner = ((struct failing_allocator *)allocator)->inner;
    if (inner->ops->release)
        inner->ops->release(inner);
}

void failing_allocator_init(struct failing_allocator *self, struct frame_allocator *inner, uint64_t fails)
{
    static const struct frame_allocator_ops ops = {
        .name = "failing",
        .allocate = failing_allocate,
        .deallocate = failing_deallocate,
        .retained_bytes = retained_bytes,
        .release = release,
    };
    *self =
        (struct failing_allocator){.base.ops = &ops, .inner = inner ? inner : malloc_frame_allocator(), .fails = fails};
}
