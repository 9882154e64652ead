/* The coroutines of the experiment `finals` in C++: bench/finals/shapes.h's three programs, with the task type of each
 * library. A library L has
 *
 *     L::task              the coroutine type, whose promise derives from returning_promise, and
 *     L::outside           what resumes its coroutines from outside (usual_outside, or its own):
 *         void start(task &)      starts a task that nobody awaits
 *         auto yield()            an awaitable that leaves the coroutine to go_on
 *         bool go_on()            resumes it; false: nothing is suspended
 *
 * and ssize_t L::result(task &), of a task that has ended.
 */
#ifndef ABREAST_BENCH_CXX_FINAL_SHAPES_HPP
#define ABREAST_BENCH_CXX_FINAL_SHAPES_HPP

#include "bench/cxx/common.hpp"
#include "bench/cxx/mechanisms.hpp"

#include <coroutine>
#include <cstddef>
#include <exception>
#include <new>
#include <sys/mman.h>
#include <sys/types.h>
#include <utility>

/* The result, and the frame's memory: the first argument of each coroutine says where it comes from, and is kept in
 * front of the frame. */
struct returning_promise {
    struct alignas(std::max_align_t) origin {
        frame_allocator *allocator;
        size_t bytes;
    };

    ssize_t value = 0;
    std::exception_ptr error = {};

    template <class... Args> static void *operator new(size_t bytes, frame_allocator *allocator, const Args &...)
    {
        bytes += sizeof(origin);
        void *memory = frame_allocate(allocator, bytes);
        if (!memory)
            std::terminate();
        return new (memory) origin{allocator, bytes} + 1;
    }
    static void operator delete(void *frame)
    {
        origin *from = static_cast<origin *>(frame) - 1;
        frame_deallocate(from->allocator, from, from->bytes);
    }
    void return_value(ssize_t returned) noexcept
    {
        value = returned;
    }
    void unhandled_exception() noexcept
    {
        error = std::current_exception();
    }
    ssize_t result() const
    {
        if (error)
            std::rethrow_exception(error);
        return value;
    }
};

/* A coroutine is suspended where its handle is, and resumed by coroutine_handle::resume. */
struct suspended_outside {
    std::coroutine_handle<> suspended = nullptr;

    struct yield_awaiter {
        suspended_outside *self;

        bool await_ready() noexcept
        {
            return false;
        }
        void await_suspend(std::coroutine_handle<> coroutine) noexcept
        {
            self->suspended = coroutine;
        }
        void await_resume() noexcept
        {
        }
    };

    yield_awaiter yield() noexcept
    {
        return {this};
    }
    bool go_on()
    {
        std::coroutine_handle<> coroutine = std::exchange(suspended, nullptr);
        if (coroutine)
            coroutine.resume();
        return static_cast<bool>(coroutine);
    }
};

/* ---- The programs ---- */

/* With `outside` it is resumed from there before it returns its value. */
template <class L> typename L::task leaf(frame_allocator *, typename L::outside *outside, ssize_t value)
{
    if (outside)
        co_await outside->yield();
    co_return value;
}

/* As if another translation unit had it. */
template <class L>
typename L::task (*volatile opaque_leaf)(frame_allocator *, typename L::outside *, ssize_t) = leaf<L>;

template <class L> typename L::task looping(frame_allocator *allocator, stack_job *job)
{
    while (job->made < job->completions) {
        ssize_t value = co_await opaque_leaf<L>(allocator, nullptr, static_cast<ssize_t>(job->made));
        stack_job_completed(job, static_cast<uint64_t>(value));
    }
    co_return 0;
}

template <class L> typename L::task below_link(frame_allocator *, stack_job *, typename L::outside *, uint64_t below);

/* Returns one more than it got, so that the completions come in order, from the last link up. */
template <class L>
typename L::task link(frame_allocator *allocator, stack_job *job, typename L::outside *outside, uint64_t below)
{
    if (outside)
        co_await outside->yield();
    ssize_t value = co_await below_link<L>(allocator, job, outside, below);
    stack_job_completed(job, static_cast<uint64_t>(value));
    co_return value + 1;
}

template <class L>
typename L::task below_link(frame_allocator *allocator, stack_job *job, typename L::outside *outside, uint64_t below)
{
    if (below)
        return link<L>(allocator, job, outside, below - 1);
    return opaque_leaf<L>(allocator, outside, 0);
}

template <class L> int run_shape(typename L::outside &outside, typename L::task started)
{
    outside.start(started);
    while (outside.go_on()) {
    }
    ssize_t result = L::result(started);
    return result < 0 ? static_cast<int>(result) : 0;
}

template <class L> int loop_shape(stack_job *job)
{
    typename L::outside outside;
    return run_shape<L>(outside, looping<L>(recycling_frame_allocator(), job));
}

/* A chain's frames, one behind the other: what malloc does on the stack when it asks for more would show at the bottom
 * of a chain. */
struct arena : frame_allocator {
    enum : size_t { FRAME_BYTES = 1024 };

    char *next;

    static void *allocate(frame_allocator *self, size_t bytes)
    {
        return std::exchange(static_cast<arena *>(self)->next,
                             static_cast<arena *>(self)->next + ((bytes + 15) & ~15ul));
    }
    static void deallocate(frame_allocator *, void *, size_t)
    {
    }
};

template <class L, bool yields> int chain_shape(stack_job *job)
{
    static constexpr frame_allocator_ops ops = {"arena", arena::allocate, arena::deallocate, nullptr, nullptr};
    size_t bytes = (job->completions + 1) * arena::FRAME_BYTES;
    void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return -ENOMEM;
    arena frames = {{&ops}, static_cast<char *>(memory)};
    typename L::outside outside;
    int status = run_shape<L>(outside, link<L>(&frames, job, yields ? &outside : nullptr, job->completions - 1));
    munmap(memory, bytes);
    return status;
}

/* The variants of a library; `rests_on` names, in parentheses, what loop and chain rest on where that is something else
 * than the mechanism does. */
struct shapes_rest_on {
    const char *loop = nullptr;
    const char *chain = nullptr;

    constexpr explicit shapes_rest_on(const char *loop = nullptr, const char *chain = nullptr)
        : loop(loop), chain(chain)
    {
    }
};

#define FINAL_VARIANTS(L, before, rests_on)                                                                            \
    variant(before "shape=loop", 0, loop_shape<L>, LONG_RUN, shapes_rest_on rests_on.loop),                            \
        variant(before "shape=chain", 0, chain_shape<L, false>, NO_LONG_RUN, shapes_rest_on rests_on.chain),           \
        variant(before "shape=unwind", 0, chain_shape<L, true>, NO_LONG_RUN)

#endif
