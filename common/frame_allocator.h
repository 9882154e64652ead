/* Frame allocators, and the channel that brings one to a coroutine's frame.
 *
 * P4003 3.5: the launch function names an allocator once, and every frame below it comes from there, without a
 * parameter in each signature. The channel is a thread-local pointer with a get/set pair. A coroutine that resumes on a
 * thread finds there whatever ran before, so (a) everything that resumes a coroutine from outside saves and restores
 * the channel (safe_resume), and (b) a task sets it again from its io_env after each await (CO_AWAIT). Tasks of
 * the sender model are told their allocator instead, as P3552 does by allocator_arg: the channel is P4003's.
 *
 * Units: bytes. Errors: allocation failure is a null pointer.
 * Threads: the channel is per thread; each allocator states its own rule.
 */
#ifndef ABREAST_COMMON_FRAME_ALLOCATOR_H
#define ABREAST_COMMON_FRAME_ALLOCATOR_H

#include "common/coro.h"

#include <stdbool.h>
#include <stdint.h>

struct frame_allocator {
    const struct frame_allocator_ops *ops;
};

struct frame_allocator_ops {
    const char *name;
    void *(*allocate)(struct frame_allocator *, size_t bytes); /* aligned for max_align_t */
    void (*deallocate)(struct frame_allocator *, void *memory, size_t bytes);
    /* What it holds and has not handed out: the calling thread's part, and what threads share. Null: nothing. */
    size_t (*retained_bytes)(struct frame_allocator *);
    /* Gives that back. Null: there is nothing, or it goes when the allocator is destroyed. */
    void (*release)(struct frame_allocator *);
};

/* malloc and free of whatever library is loaded: the baseline, C++'s default operator new. Any thread. */
struct frame_allocator *malloc_frame_allocator(void);

/* Which one that is: "malloc" for the C library's own; else what its file is called, as of one that LD_PRELOAD names:
 * "mimalloc", "jemalloc", "tcmalloc". Never null, never freed. */
const char *malloc_library_name(void);

/* The file, links resolved, whose name has a library's version in it: libmimalloc.so.2.0. Of the malloc that is loaded
 * where `library` is null; else of one that LD_PRELOAD would name so, which is not loaded. False: there is none. */
bool malloc_library_file(const char *library, char *file, size_t size);

/* Recycling: freed frames go to free lists of the calling thread, one a size class, and are handed out again, last in
 * first out, as asio's recycling allocator and Capy's do. Classes are RECYCLING_CLASS_BYTES apart; what is larger than
 * RECYCLING_LARGEST_BYTES goes to malloc and free.
 *
 * A list is two magazines of RECYCLING_MAGAZINE_FRAMES frames (Bonwick and Adams, Magazines and Vmem, 2001, section 3).
 * A thread that frees more than it allocates hands full magazines to a depot that all threads share, and one that finds
 * its list empty takes a full magazine from there before it asks malloc. So a thread that makes frames which another
 * frees calls malloc no more once the depot has what is under way between them. Beyond RECYCLING_DEPOT_BYTES magazines
 * are freed.
 *
 * Threads: any; a frame may be freed on another thread than the one that made it. What a thread holds is freed when it
 * ends. Lifetime: the program's. */
struct frame_allocator *recycling_frame_allocator(void);

enum {
    RECYCLING_CLASS_BYTES = 64,
    RECYCLING_LARGEST_BYTES = 4096,
    RECYCLING_MAGAZINE_FRAMES = 64,
    RECYCLING_DEPOT_BYTES = 32 << 20,
};

/* Frees what the calling thread holds. The depot's part too: the member `release`. */
void recycling_frame_allocator_release(void);

/* What the calling thread's allocators did since the last reset. `calls` counts allocations asked for, `fresh` those
 * that had to go to malloc: the figures allocs_per_op and allocs_fresh_per_op. */
struct frame_allocator_counts {
    uint64_t calls;
    uint64_t fresh;
    uint64_t frees;
    uint64_t bytes;
};
extern _Thread_local struct frame_allocator_counts frame_allocator_counts;

/* The channel. Null means malloc_frame_allocator(). */
extern _Thread_local struct frame_allocator *frame_allocator_channel;

static inline struct frame_allocator *get_current_frame_allocator(void)
{
    return frame_allocator_channel;
}

static inline void set_current_frame_allocator(struct frame_allocator *allocator)
{
    frame_allocator_channel = allocator;
}

/* What a coroutine's operator new and delete do, with the counting. A null allocator is malloc's. */
void *frame_allocate(struct frame_allocator *, size_t bytes);
void frame_deallocate(struct frame_allocator *, void *frame, size_t bytes);

/* coroutine_handle::resume as an event loop must do it: the channel is the same before and after. */
static inline void safe_resume(struct coro *handle)
{
    struct frame_allocator *saved = get_current_frame_allocator();
    coro_resume(handle);
    set_current_frame_allocator(saved);
}

#endif
