/* The chains of `frames` made of C++20 coroutines: for its table, in C. All but `sender` are tasks of
 * bench/cxx/io_task.hpp.
 *
 *   channel   the promise's operator new takes the frame from the allocator that the channel names
 *   default   there is no operator new but the global one
 *   pmr       a std::pmr::polymorphic_allocator is the coroutine's argument after std::allocator_arg, as for
 *             std::generator ([coro.generator.promise]) and P3552's task; the allocator of the environment is one that
 *             cxx_pmr_* gives
 *   visible   as default, 1 or 4 coroutines deep, where the compiler sees each together with its awaiter, and may leave
 *             its allocation out (P0981); resumed, one coroutine deep, not by co_await but by resume(), in a function
 *             that is no coroutine
 *   sender    P3552's task without affine_on (bench/cxx/tasks.hpp), which awaits through the bridge as P2300R10 writes
 *             it; the frame allocator is the coroutine's first argument
 *
 * In all but `visible` a chain's coroutines are compiled in another translation unit than the root that awaits the
 * first.
 */
#ifndef ABREAST_BENCH_CXX_FRAMES_H
#define ABREAST_BENCH_CXX_FRAMES_H

#include "bench/frames.h"

#if defined __cplusplus
extern "C" {
#endif

struct frame_allocator;
struct io_env;

void cxx_channel_launch(struct order *, const struct io_env *);
void cxx_default_launch(struct order *, const struct io_env *);
void cxx_sender_launch(struct order *, struct frame_allocator *);
void cxx_pmr_launch(struct order *, const struct io_env *);
void cxx_visible_launch(struct order *, const struct io_env *);
void cxx_resumed_launch(struct order *, const struct io_env *);

/* For cxx_pmr_launch alone. Threads: the calling one's. */
struct frame_allocator *cxx_pmr_pool(void);      /* std::pmr::unsynchronized_pool_resource */
struct frame_allocator *cxx_pmr_monotonic(void); /* std::pmr::monotonic_buffer_resource, emptied after each launch */

/* Returns to malloc what they keep. */
void cxx_pmr_release(void);

#if defined __cplusplus
}
#endif

#endif
