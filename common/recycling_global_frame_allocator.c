#include "common/recycling_global_frame_allocator.h"
#include "common/recycled_frame.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

static struct {
    pthread_mutex_t mutex;
    struct free_frame *frames[RECYCLING_CLASSES];
    size_t bytes;
} shared = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void *global_allocate(struct frame_allocator *self, size_t bytes)
{
    (void)self;
    struct free_frame *frame = NULL;
    size_t class = recycling_class(bytes);
    if (class < RECYCLING_CLASSES) {
        bytes = recycling_class_bytes(class);
        pthread_mutex_lock(&shared.mutex);
        frame = shared.frames[class];
        if (frame) {
            frame_waits_no_more(frame, class);
            shared.frames[class] = frame->next;
            shared.bytes -= bytes;
        }
        pthread_mutex_unlock(&shared.mutex);
    }
    if (frame)
        return frame;
    frame_allocator_counts.fresh++;
    return malloc(bytes);
}

static void global_deallocate(struct frame_allocator *self, void *memory, size_t bytes)
{
    (void)self;
    struct free_frame *frame = memory;
    bool kept = false;
    size_t class = recycling_class(bytes);
    if (class < RECYCLING_CLASSES) {
        pthread_mutex_lock(&shared.mutex);
        kept = shared.bytes + recycling_class_bytes(class) <= RECYCLING_DEPOT_BYTES;
        if (kept) {
            frame->next = shared.frames[class];
            frame_waits(frame, class);
            shared.frames[class] = frame;
            shared.bytes += recycling_class_bytes(class);
        }
        pthread_mutex_unlock(&shared.mutex);
    }
    if (!kept)
        free(memory);
}

static size_t global_retained_bytes(struct frame_allocator *self)
{
    (void)self;
    pthread_mutex_lock(&shared.mutex);
    size_t bytes = shared.bytes;
    pthread_mutex_unlock(&shared.mutex);
    return bytes;
}

static void global_release(struct frame_allocator *self)
{
    (void)self;
    pthread_mutex_lock(&shared.mutex);
    for (size_t class = 0; class < RECYCLING_CLASSES; class ++) {
        free_frames(shared.frames[class], class);
        shared.frames[class] = NULL;
    }
    shared.bytes = 0;
    pthread_mutex_unlock(&shared.mutex);
}

struct frame_allocator *recycling_global_frame_allocator(void)
{
    static const struct frame_allocator_ops ops = {
        .name = "recycling-global",
        .allocate = global_allocate,
        .deallocate = global_deallocate,
        .retained_bytes = global_retained_bytes,
        .release = global_release,
    };
    static struct frame_allocator allocator = {&ops};
    return &allocator;
}
