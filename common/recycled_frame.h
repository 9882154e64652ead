/* What recycling allocators share: size classes, and frames that wait in lists to be handed out again.
 *
 * A frame that waits is poisoned for AddressSanitizer, so that a coroutine which is resumed or destroyed after its end
 * is found, as it is where frames come from malloc. Links are read and written in a frame that is not poisoned.
 *
 * Units: bytes. Classes are RECYCLING_CLASS_BYTES apart, from 0.
 */
#ifndef ABREAST_COMMON_RECYCLED_FRAME_H
#define ABREAST_COMMON_RECYCLED_FRAME_H

#include "common/frame_allocator.h"

#if defined __SANITIZE_ADDRESS__
#define POISONED_FRAMES 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define POISONED_FRAMES 1
#endif
#endif
#ifdef POISONED_FRAMES
#include <sanitizer/asan_interface.h>
#else
#define POISONED_FRAMES 0
#define ASAN_POISON_MEMORY_REGION(memory, bytes) ((void)(memory), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(memory, bytes) ((void)(memory), (void)(bytes))
#endif

enum { RECYCLING_CLASSES = RECYCLING_LARGEST_BYTES / RECYCLING_CLASS_BYTES };

/* RECYCLING_CLASSES or more: it is not recycled. */
static inline size_t recycling_class(size_t bytes)
{
    return (bytes - 1) / RECYCLING_CLASS_BYTES;
}

static inline size_t recycling_class_bytes(size_t class)
{
    return (class + 1) * RECYCLING_CLASS_BYTES;
}

struct free_frame {
    struct free_frame *next;
    struct free_frame *next_magazine; /* of a magazine's first frame, in the depot */
};

/* From here on the frame is nobody's. */
static inline void frame_waits(struct free_frame *frame, size_t class)
{
    ASAN_POISON_MEMORY_REGION(frame, recycling_class_bytes(class));
}

/* Before anything of it is read again. */
static inline void frame_waits_no_more(struct free_frame *frame, size_t class)
{
    ASAN_UNPOISON_MEMORY_REGION(frame, recycling_class_bytes(class));
}

/* The list's frames, back to free. */
void free_frames(struct free_frame *, size_t class);

#endif
