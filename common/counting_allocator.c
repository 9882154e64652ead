#include "common/counting_allocator.h"

#include <stdatomic.h>

static void *counting_allocate(struct frame_allocator *allocator, size_t bytes)
{
    struct counting_allocator *self = (struct counting_allocator *)allocator;
    void *memory = self->inner->ops->allocate(self->inner, bytes);
    if (!memory) {
        self->failures++;
        return NULL;
    }
    self->calls++;
    self->bytes += bytes;
    size_t live = atomic_fetch_add(&self->live, bytes) + bytes;
    for (size_t peak = self->peak; peak < live && !atomic_compare_exchange_weak(&self->peak, &peak, live);)
        ;
    return memory;
}

static void counting_deallocate(struct frame_allocator *allocator, void *memory, size_t bytes)
{
    struct counting_allocator *self = (struct counting_allocator *)allocator;
    self->frees++;
    self->live -= bytes;
    self->inner->ops->deallocate(self->inner, memory, bytes);
}

size_t counting_allocator_retained_bytes(struct counting_allocator *self)
{
    const struct frame_allocator_ops *ops = self->inner->ops;
    return ops->retained_bytes ? ops->retained_bytes(self->inner) : 0;
}

static size_t retained_bytes(struct frame_allocator *allocator)
{
    return counting_allocator_retained_bytes((struct counting_allocator *)allocator);
}

static void release(struct frame_allocator *allocator)
{
    struct frame_allocator *inner = ((struct counting_allocator *)allocator)->inner;
    if (inner->ops->release)
        inner->ops->release(inner);
}

void counting_allocator_init(struct counting_allocator *self, struct frame_allocator *inner)
{
    static const struct frame_allocator_ops ops = {
        .name = "counting",
        .allocate = counting_allocate,
        .deallocate = counting_deallocate,
        .retained_bytes = retained_bytes,
        .release = release,
    };
    *self = (struct counting_allocator){.base.ops = &ops, .inner = inner ? inner : malloc_frame_allocator()};
}
