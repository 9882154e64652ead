/* Where the frames of bench/cxx/frames.h come from, and the coroutines of a chain. */
#ifndef ABREAST_BENCH_CXX_FRAMES_HPP
#define ABREAST_BENCH_CXX_FRAMES_HPP

#include "bench/cxx/io_task.hpp"

#include "bench/cxx/frames.h"

#include <memory>
#include <memory_resource>

/* The global operator new and delete, counted. */
struct from_default {
    static void *operator new(std::size_t bytes)
    {
        frame_allocator_counts.calls++;
        frame_allocator_counts.fresh++;
        frame_allocator_counts.bytes += bytes;
        return ::operator new(bytes);
    }
    static void operator delete(void *frame)
    {
        frame_allocator_counts.frees++;
        ::operator delete(frame);
    }
};

using frame_resource = std::pmr::polymorphic_allocator<>;

/* The allocator that is the coroutine's second argument; it is kept behind the frame. */
struct from_allocator_arg {
    template <class... Args>
    static void *operator new(std::size_t bytes, std::allocator_arg_t, const frame_resource &allocator, const Args &...)
    {
        std::pmr::memory_resource *resource = allocator.resource();
        frame_allocator_counts.calls++;
        frame_allocator_counts.bytes += bytes + sizeof resource;
        void *frame = resource->allocate(bytes + sizeof resource);
        std::memcpy(static_cast<char *>(frame) + bytes, &resource, sizeof resource);
        return frame;
    }
    static void operator delete(void *frame, std::size_t bytes)
    {
        std::pmr::memory_resource *resource;
        std::memcpy(&resource, static_cast<char *>(frame) + bytes, sizeof resource);
        frame_allocator_counts.frees++;
        resource->deallocate(frame, bytes + sizeof resource);
    }
};

using channel_task = basic_io_task<from_channel>;
using default_task = basic_io_task<from_default>;
using pmr_task = basic_io_task<from_allocator_arg>;

/* The links of a chain. A link's height is one less than the first byte of what is above it: that somebody else reads
 * its local variable keeps all of it in the frame, as in C, where else an optimiser leaves one byte. */
channel_task channel_link(const unsigned char *above);
default_task default_link(const unsigned char *above);
pmr_task pmr_link(std::allocator_arg_t, frame_resource, const unsigned char *above);

/* The body of a link; `next` makes the coroutine below. */
#define FRAMES_LINK(next)                                                                                              \
    unsigned char local[LOCAL_BYTES];                                                                                  \
    local[0] = static_cast<unsigned char>(above[0] - 1);                                                               \
    if (local[0] == 1)                                                                                                 \
        co_return 1;                                                                                                   \
    ssize_t got = co_await next(local);                                                                                \
    co_return got < 0 ? got : got + local[0]

#endif
