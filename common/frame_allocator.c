#include "common/frame_allocator.h"

#include "common/probe.h"

#include <stdlib.h>

_Thread_local struct frame_allocator *frame_allocator_channel;
_Thread_local struct frame_allocator_counts frame_allocator_counts;

static void *malloc_allocate(struct frame_allocator *self, size_t bytes)
{
    (void)self;
    frame_allocator_counts.fresh++;
    return malloc(bytes);
}

static void malloc_deallocate(struct frame_allocator *self, void *memory, size_t bytes)
{
    (void)self;
    (void)bytes;
    free(memory);
}

struct frame_allocator *malloc_frame_allocator(void)
{
    static const struct frame_allocator_ops ops = {
        .name = "malloc", .allocate = malloc_allocate, .deallocate = malloc_deallocate};
    static struct frame_allocator allocator = {&ops};
    return &allocator;
}

/* Size classes of 64 bytes up to 4 KiB; larger frames go straight to malloc. A class keeps at most this many bytes, so
 * that a burst of deep chains does not stay resident for ever. */
enum { CLASS_BYTES = 64, CLASS_COUNT = 64, CLASS_KEEPS_BYTES = 1 << 20 };

struct free_frame {
    struct free_frame *next;
};

struct free_list {
    struct free_frame *first;
    size_t bytes;
};

static _Thread_local struct free_list free_lists[CLASS_COUNT];

static size_t size_class(size_t bytes)
{
    return (bytes - 1) / CLASS_BYTES;
}

static void *recycling_allocate(struct frame_allocator *self, size_t bytes)
{
    (void)self;
    size_t class = size_class(bytes);
    if (class >= CLASS_COUNT) {
        frame_allocator_counts.fresh++;
        return malloc(bytes);
    }
    struct free_list *list = &free_lists[class];
    struct free_frame *frame = list->first;
    if (!frame) {
        frame_allocator_counts.fresh++;
        return malloc((class + 1) * CLASS_BYTES);
    }
    list->first = frame->next;
    list->bytes -= (class + 1) * CLASS_BYTES;
    return frame;
}

static void recycling_deallocate(struct frame_allocator *self, void *memory, size_t bytes)
{
    (void)self;
    size_t class = size_class(bytes);
    if (class >= CLASS_COUNT || free_lists[class].bytes >= CLASS_KEEPS_BYTES) {
        free(memory);
        return;
    }
    struct free_list *list = &free_lists[class];
    struct free_frame *frame = memory;
    frame->next = list->first;
    list->first = frame;
    list->bytes += (class + 1) * CLASS_BYTES;
}

void recycling_frame_allocator_release(void)
{
    for (size_t class = 0; class < CLASS_COUNT; class ++) {
        struct free_list *list = &free_lists[class];
        while (list->first) {
            struct free_frame *frame = list->first;
            list->first = frame->next;
            free(frame);
        }
        list->bytes = 0;
    }
}

struct frame_allocator *recycling_frame_allocator(void)
{
    static const struct frame_allocator_ops ops = {
        .name = "recycling", .allocate = recycling_allocate, .deallocate = recycling_deallocate};
    static struct frame_allocator allocator = {&ops};
    return &allocator;
}

void *frame_allocate(struct frame_allocator *allocator, size_t bytes)
{
    PROBE(ALLOCATE);
    frame_allocator_counts.calls++;
    frame_allocator_counts.bytes += bytes;
    if (!allocator)
        allocator = malloc_frame_allocator();
    return allocator->ops->allocate(allocator, bytes);
}

void frame_deallocate(struct frame_allocator *allocator, void *frame, size_t bytes)
{
    if (!frame)
        return;
    frame_allocator_counts.frees++;
    if (!allocator)
        allocator = malloc_frame_allocator();
    allocator->ops->deallocate(allocator, frame, bytes);
}
