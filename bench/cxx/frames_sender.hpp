/* The chain of `frames` whose coroutines are senders, and where their frames come from (bench/cxx/frames.h). */
#ifndef ABREAST_BENCH_CXX_FRAMES_SENDER_HPP
#define ABREAST_BENCH_CXX_FRAMES_SENDER_HPP

#include "bench/cxx/tasks.hpp"

#include "bench/cxx/frames.h"

#include <cstdlib>
#include <cstring>

/* The frame allocator that is the coroutine's first argument: P3552's allocator_arg for one of ours. */
struct from_argument {
    template <class... Args> static void *operator new(std::size_t bytes, frame_allocator *allocator, const Args &...)
    {
        void *frame = frame_allocate(allocator, bytes + sizeof allocator);
        if (!frame)
            std::abort(); /* where bad_alloc would be thrown */
        std::memcpy(static_cast<char *>(frame) + bytes, &allocator, sizeof allocator);
        return frame;
    }
    static void operator delete(void *frame, std::size_t bytes)
    {
        frame_allocator *allocator;
        std::memcpy(&allocator, static_cast<char *>(frame) + bytes, sizeof allocator);
        frame_deallocate(allocator, frame, bytes + sizeof allocator);
    }
};

/* A link's height is one less than the first byte of what is above it, as in frames.hpp. */
affine_task<false, from_argument> sender_link(frame_allocator *, const unsigned char *above);

#endif
