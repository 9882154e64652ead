#include "common/frame_allocator.h"

#include "common/probe.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

_Thread_local struct frame_allocator *frame_allocator_channel;
_Thread_local struct frame_allocator_counts frame_allocator_counts;

static void *allocate_fresh(size_t bytes)
{
    frame_allocator_counts.fresh++;
    return malloc(bytes);
}

static void *malloc_allocate(struct frame_allocator *self, size_t bytes)
{
    (void)self;
    return allocate_fresh(bytes);
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

/* ---- Recycling: magazines ---- */

enum { CLASS_COUNT = RECYCLING_LARGEST_BYTES / RECYCLING_CLASS_BYTES };

struct free_frame {
    struct free_frame *next;
    struct free_frame *next_magazine; /* of a magazine's first frame, in the depot */
};

/* A list of nothing, with no room, is one that its thread has not used yet. As far apart as the classes are: a size is
 * an offset then. */
struct free_list {
    _Alignas(RECYCLING_CLASS_BYTES) struct free_frame *first; /* of the magazine in use */
    ptrdiff_t room;                                           /* for so many more frames */
    struct free_frame *full;                                  /* the other magazine when it is full; else null */
};

static _Thread_local struct free_list free_lists[CLASS_COUNT];

static struct {
    pthread_mutex_t mutex;
    struct free_frame *magazines[CLASS_COUNT];
    size_t bytes;
} depot = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static size_t size_class(size_t bytes)
{
    return (bytes - 1) / RECYCLING_CLASS_BYTES;
}

static size_t frame_bytes(size_t class)
{
    return (class + 1) * RECYCLING_CLASS_BYTES;
}

static size_t magazine_bytes(size_t class)
{
    return RECYCLING_MAGAZINE_FRAMES * frame_bytes(class);
}

static void free_frames(struct free_frame *frame)
{
    while (frame) {
        struct free_frame *next = frame->next;
        free(frame);
        frame = next;
    }
}

static struct free_frame *take_magazine(size_t class)
{
    pthread_mutex_lock(&depot.mutex);
    struct free_frame *magazine = depot.magazines[class];
    if (magazine) {
        depot.magazines[class] = magazine->next_magazine;
        depot.bytes -= magazine_bytes(class);
    }
    pthread_mutex_unlock(&depot.mutex);
    return magazine;
}

static void give_magazine(size_t class, struct free_frame *magazine)
{
    pthread_mutex_lock(&depot.mutex);
    bool fits = depot.bytes + magazine_bytes(class) <= RECYCLING_DEPOT_BYTES;
    if (fits) {
        magazine->next_magazine = depot.magazines[class];
        depot.magazines[class] = magazine;
        depot.bytes += magazine_bytes(class);
    }
    pthread_mutex_unlock(&depot.mutex);
    if (!fits)
        free_frames(magazine);
}

/* ---- Recycling: the end of a thread ---- */

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_made;
static _Thread_local bool keeps;

static void thread_ended(void *lists)
{
    (void)lists;
    keeps = false; /* a frame that is freed later, by another key's destructor, sets the key once more */
    recycling_frame_allocator_release();
}

static void make_key(void)
{
    key_made = pthread_key_create(&key, thread_ended) == 0;
}

/* Whether the calling thread may hold frames: only if what it holds is freed when it ends. */
static bool thread_keeps(void)
{
    if (keeps)
        return true;
    pthread_once(&key_once, make_key);
    return keeps = key_made && pthread_setspecific(key, free_lists) == 0;
}

/* ---- Recycling: allocate and free ---- */

/* The magazine in use is empty. */
static __attribute__((noinline)) void *refill(struct free_list *list)
{
    size_t class = (size_t)(list - free_lists);
    struct free_frame *magazine = list->full;
    list->full = NULL;
    if (!magazine && thread_keeps())
        magazine = take_magazine(class);
    if (!magazine)
        return allocate_fresh(frame_bytes(class));
    list->first = magazine->next;
    list->room = 1;
    return magazine;
}

/* The magazine in use had no room, and has less than none now. */
static __attribute__((noinline)) void begin_magazine(struct free_list *list, struct free_frame *frame)
{
    if (!list->first && !thread_keeps()) {
        list->room = 0;
        free(frame);
        return;
    }
    if (list->first) {
        if (list->full)
            give_magazine((size_t)(list - free_lists), list->full);
        list->full = list->first;
    }
    frame->next = NULL;
    list->first = frame;
    list->room = RECYCLING_MAGAZINE_FRAMES - 1;
}

static inline __attribute__((always_inline)) void *take(size_t bytes)
{
    if (bytes - 1 >= RECYCLING_LARGEST_BYTES)
        return allocate_fresh(bytes);
    struct free_list *list = &free_lists[size_class(bytes)];
    struct free_frame *frame = list->first;
    if (!frame)
        return refill(list);
    list->first = frame->next;
    list->room++;
    return frame;
}

static inline __attribute__((always_inline)) void give(void *memory, size_t bytes)
{
    if (bytes - 1 >= RECYCLING_LARGEST_BYTES) {
        free(memory);
        return;
    }
    struct free_list *list = &free_lists[size_class(bytes)];
    struct free_frame *frame = memory;
    if (--list->room < 0) {
        begin_magazine(list, frame);
        return;
    }
    frame->next = list->first;
    list->first = frame;
}

static void *recycling_allocate(struct frame_allocator *self, size_t bytes)
{
    (void)self;
    return take(bytes);
}

static void recycling_deallocate(struct frame_allocator *self, void *memory, size_t bytes)
{
    (void)self;
    give(memory, bytes);
}

void recycling_frame_allocator_release(void)
{
    for (size_t class = 0; class < CLASS_COUNT; class ++) {
        struct free_list *list = &free_lists[class];
        free_frames(list->first);
        free_frames(list->full);
        *list = (struct free_list){0};
    }
}

static void recycling_release(struct frame_allocator *self)
{
    (void)self;
    recycling_frame_allocator_release();
    for (size_t class = 0; class < CLASS_COUNT; class ++) {
        for (struct free_frame *magazine; (magazine = take_magazine(class));)
            free_frames(magazine);
    }
}

static size_t recycling_retained_bytes(struct frame_allocator *self)
{
    (void)self;
    size_t bytes = 0;
    for (size_t class = 0; class < CLASS_COUNT; class ++) {
        const struct free_list *list = &free_lists[class];
        size_t used = list->first ? RECYCLING_MAGAZINE_FRAMES - (size_t)list->room : 0;
        bytes += used * frame_bytes(class) + (list->full ? magazine_bytes(class) : 0);
    }
    pthread_mutex_lock(&depot.mutex);
    bytes += depot.bytes;
    pthread_mutex_unlock(&depot.mutex);
    return bytes;
}

static const struct frame_allocator_ops recycling_ops = {
    .name = "recycling",
    .allocate = recycling_allocate,
    .deallocate = recycling_deallocate,
    .retained_bytes = recycling_retained_bytes,
    .release = recycling_release,
};
static struct frame_allocator recycling = {&recycling_ops};

struct frame_allocator *recycling_frame_allocator(void)
{
    return &recycling;
}

/* ---- Any allocator ----
 *
 * The recycling one is called directly, as Capy's promises do with theirs (io_awaitable_promise_base.hpp, 2026). */

void *frame_allocate(struct frame_allocator *allocator, size_t bytes)
{
    PROBE(ALLOCATE);
    frame_allocator_counts.calls++;
    frame_allocator_counts.bytes += bytes;
    if (allocator == &recycling)
        return take(bytes);
    return allocator ? allocator->ops->allocate(allocator, bytes) : allocate_fresh(bytes);
}

void frame_deallocate(struct frame_allocator *allocator, void *frame, size_t bytes)
{
    if (!frame)
        return;
    frame_allocator_counts.frees++;
    if (allocator == &recycling)
        give(frame, bytes);
    else if (allocator)
        allocator->ops->deallocate(allocator, frame, bytes);
    else
        free(frame);
}
