#include "common/frame_allocator.h"

#include "common/probe.h"
#include "common/recycled_frame.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

/* A list of nothing, with no room, is one that its thread has not used yet. As far apart as the classes are: a size is
 * an offset then. */
struct free_list {
    _Alignas(RECYCLING_CLASS_BYTES) struct free_frame *first; /* of the magazine in use */
    ptrdiff_t room;                                           /* for so many more frames */
    struct free_frame *full;                                  /* the other magazine when it is full; else null */
};

static _Thread_local struct free_list free_lists[RECYCLING_CLASSES];

static struct {
    pthread_mutex_t mutex;
    struct free_frame *magazines[RECYCLING_CLASSES];
    size_t bytes;
} depot = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static size_t magazine_bytes(size_t class)
{
    return RECYCLING_MAGAZINE_FRAMES * recycling_class_bytes(class);
}

void free_frames(struct free_frame *frame, size_t class)
{
    while (frame) {
        frame_waits_no_more(frame, class);
        struct free_frame *next = frame->next;
        free(frame);
        frame = next;
    }
}

#if POISONED_FRAMES
/* LeakSanitizer reads its options from here. A frame that waits is poisoned, and the next one is known from it alone.
 */
const char *__lsan_default_options(void);
__attribute__((weak)) const char *__lsan_default_options(void)
{
    return "use_poisoned=1";
}
#endif

static struct free_frame *take_magazine(size_t class)
{
    pthread_mutex_lock(&depot.mutex);
    struct free_frame *magazine = depot.magazines[class];
    if (magazine) {
        frame_waits_no_more(magazine, class);
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
        frame_waits_no_more(magazine, class);
        magazine->next_magazine = depot.magazines[class];
        frame_waits(magazine, class);
        depot.magazines[class] = magazine;
        depot.bytes += magazine_bytes(class);
    }
    pthread_mutex_unlock(&depot.mutex);
    if (!fits)
        free_frames(magazine, class);
}

/* ---- Recycling: the end of a thread ---- */

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_made;
static _Thread_local bool keeps, ended;

static void thread_ended(void *lists)
{
    (void)lists;
    keeps = false;
    ended = true; /* a frame that is freed later, by another key's destructor, goes to free */
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
    if (ended)
        return false;
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
        return allocate_fresh(recycling_class_bytes(class));
    frame_waits_no_more(magazine, class);
    list->first = magazine->next;
    list->room = 1;
    return magazine;
}

/* The magazine in use had no room, and has less than none now. */
static __attribute__((noinline)) void begin_magazine(struct free_list *list, struct free_frame *frame)
{
    size_t class = (size_t)(list - free_lists);
    if (!list->first && !thread_keeps()) {
        list->room = 0;
        free(frame);
        return;
    }
    if (list->first) {
        if (list->full)
            give_magazine(class, list->full);
        list->full = list->first;
    }
    frame->next = NULL;
    frame_waits(frame, class);
    list->first = frame;
    list->room = RECYCLING_MAGAZINE_FRAMES - 1;
}

static inline __attribute__((always_inline)) void *take(size_t bytes)
{
    if (bytes - 1 >= RECYCLING_LARGEST_BYTES)
        return allocate_fresh(bytes);
    struct free_list *list = &free_lists[recycling_class(bytes)];
    struct free_frame *frame = list->first;
    if (!frame)
        return refill(list);
    frame_waits_no_more(frame, recycling_class(bytes));
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
    struct free_list *list = &free_lists[recycling_class(bytes)];
    struct free_frame *frame = memory;
    if (--list->room < 0) {
        begin_magazine(list, frame);
        return;
    }
    frame->next = list->first;
    frame_waits(frame, recycling_class(bytes));
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
    for (size_t class = 0; class < RECYCLING_CLASSES; class ++) {
        struct free_list *list = &free_lists[class];
        free_frames(list->first, class);
        free_frames(list->full, class);
        *list = (struct free_list){0};
    }
}

/* The depot is emptied under its lock, and what was in it is freed after. */
static void recycling_release(struct frame_allocator *self)
{
    (void)self;
    struct free_frame *magazines[RECYCLING_CLASSES];
    recycling_frame_allocator_release();
    pthread_mutex_lock(&depot.mutex);
    bool any = depot.bytes > 0;
    if (any) {
        memcpy(magazines, depot.magazines, sizeof magazines);
        memset(depot.magazines, 0, sizeof depot.magazines);
        depot.bytes = 0;
    }
    pthread_mutex_unlock(&depot.mutex);
    for (size_t class = 0; any && class < RECYCLING_CLASSES; class ++) {
        for (struct free_frame *magazine = magazines[class], *next; magazine; magazine = next) {
            frame_waits_no_more(magazine, class);
            next = magazine->next_magazine;
            free_frames(magazine, class);
        }
    }
}

static size_t recycling_retained_bytes(struct frame_allocator *self)
{
    (void)self;
    size_t bytes = 0;
    for (size_t class = 0; class < RECYCLING_CLASSES; class ++) {
        const struct free_list *list = &free_lists[class];
        size_t used = list->first ? RECYCLING_MAGAZINE_FRAMES - (size_t)list->room : 0;
        bytes += used * recycling_class_bytes(class) + (list->full ? magazine_bytes(class) : 0);
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
