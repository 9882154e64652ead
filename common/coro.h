/* The coroutine frame header, and symmetric transfer between frames.
 *
 * gcc, clang and MSVC all start a coroutine frame with the pointers of its resume and destroy functions. `struct coro`
 * is that header, so the address of any C coroutine here is a valid argument of
 * `std::coroutine_handle<>::from_address`, and the address of a C++ frame is a valid `struct coro *`: what C++ calls a
 * coroutine handle is a `struct coro *` in this project. A null `resume` means that the coroutine stands at its final
 * suspension point (Itanium-style frame ABI; [coroutine.handle.resumption]).
 *
 * Owns: nothing; a handle does not own its frame.
 * Threads: a frame is resumed by one thread at a time; handing it over is the executor's business.
 */
#ifndef ABREAST_COMMON_CORO_H
#define ABREAST_COMMON_CORO_H

#include <stdbool.h>
#include <stddef.h>

struct coro {
    void (*resume)(struct coro *);
    void (*destroy)(struct coro *);
};

/* The frame that contains a header, given the frame's type and the path to the header inside it. */
#define CONTAINER_OF(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

/* Frees a suspended frame and all that it owns, without resuming it. */
static inline void coro_destroy(struct coro *handle)
{
    handle->destroy(handle);
}

/* std::noop_coroutine: resuming it returns to the resumer, destroying it does nothing. Shared and immortal. */
extern struct coro noop_coroutine_frame;
static inline struct coro *noop_coroutine(void)
{
    return &noop_coroutine_frame;
}

/* How TRANSFER_TO leaves a coroutine: what `return next->resume(next)` becomes.
 *
 *   musttail   the compiler guarantees a tail call: constant stack at every optimisation level
 *   sibcall    the optimiser makes a sibling call; CMake checked at configure time that it does with these very flags
 *   driver     the portable loop: the body returns, and coro_resume() resumes the handle that it left behind
 */
#if defined ABREAST_TRANSFER_DRIVER
#define TRANSFER_KIND "driver"
/* The handle that a body wants resumed next, or null. One slot a thread; coro_resume() nests. */
extern _Thread_local struct coro *coro_transfer_slot;
#define TRANSFER_TO(next)                                                                                              \
    do {                                                                                                               \
        coro_transfer_slot = (next);                                                                                   \
        return;                                                                                                        \
    } while (0)
#else
#if defined __has_attribute
#if __has_attribute(musttail)
#define TRANSFER_KIND "musttail"
#define TRANSFER_RETURN __attribute__((musttail)) return
#endif
#endif
#ifndef TRANSFER_KIND
#define TRANSFER_KIND "sibcall"
#define TRANSFER_RETURN return
#endif
/* Last statement of a coroutine body at a suspension point: resume `next` in place of this body. */
#define TRANSFER_TO(next)                                                                                              \
    do {                                                                                                               \
        struct coro *transfer_next_ = (next);                                                                          \
        TRANSFER_RETURN transfer_next_->resume(transfer_next_);                                                        \
    } while (0)
#endif

/* coroutine_handle::resume: a nested call, which returns when the chain of transfers that it starts comes to a stop.
 * Everything that resumes from outside a coroutine body (executors, completions, receivers) goes through here. */
static inline void coro_resume(struct coro *handle)
{
#if defined ABREAST_TRANSFER_DRIVER
    struct coro *outer = coro_transfer_slot;
    while (handle) {
        coro_transfer_slot = NULL;
        handle->resume(handle);
        handle = coro_transfer_slot;
    }
    coro_transfer_slot = outer;
#else
    handle->resume(handle);
#endif
}

#endif
