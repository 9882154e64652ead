#include "common/recycling_global_frame_allocator.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

enum { CLASS_COUNT = RECYCLING_LARGEST_BYTES / RECYCLING_CLASS_BYTES };

struct free_frame {
    struct free_frame *next;
};

static struct {
    pthread_mutex_t mutex;
    struct free_frame *frames[CLASS_COUNT];
    size_t bytes;
} shared = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static size_t frame_bytes(size_t class)
{
    return (class + 1) * RECYCLING_CLASS_BYTES;
}

static void *global_allocate(struct frame_allocator *self, size_t bytes)
{
    (void)self;
    struct free_frame *frame = NULL;
    size_t class = (bytes - 1) / RECYCLING_CLASS_BYTES;
    if (class < CLASS_COUNT) {
        bytes = frame_bytes(class);
        pthread_mutex_lock(&shared.mutex);
        frame = shared.frames[class];
        if (frame) {
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
    size_t class = (bytes - 1) / RECYCLING_CLASS_BYTES;
    if (class < CLASS_COUNT) {
        pthread_mutex_lock(&shared.mutex);
        kept = shared.bytes + frame_bytes(class) <= RECYCLING_DEPOT_BYTES;
        if (kept) {
            frame->next = shared.frames[class];
            shared.frames[class] = frame;
            shared.bytes += frame_bytes(class);
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
    for (size_t class = 0; class < CLASS_COUNT; class ++) {
        for (struct free_frame *frame; (frame = shared.frames[class]);) {
            shared.frames[class] = frame->next;
            free(frame);
        }
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
