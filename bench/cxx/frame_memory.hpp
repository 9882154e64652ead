/* Where the promises of the cells get their frames from: operators new and delete that a promise inherits.
 *
 *   from_channel    the frame allocator that the channel names (P4003 3.5)
 *   from_argument   the frame allocator that is the coroutine's first argument: P3552's allocator_arg for one of ours
 *   from_storage    storage of the caller's, which is not counted
 *
 * The first two keep the allocator's address behind the frame, for operator delete, as Capy does (frame_alloc_mixin,
 * 2026). An allocator that has nothing left ends the program: where bad_alloc would be thrown.
 */
#ifndef ABREAST_BENCH_CXX_FRAME_MEMORY_HPP
#define ABREAST_BENCH_CXX_FRAME_MEMORY_HPP

#include "bench/cxx/common.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>

struct from_frame_allocator {
    static void *allocate(std::size_t bytes, frame_allocator *allocator)
    {
        void *frame = frame_allocate(allocator, bytes + sizeof allocator);
        if (!frame)
            std::abort();
        std::memcpy(static_cast<char *>(frame) + bytes, &allocator, sizeof allocator);
        return frame;
    }
    static void deallocate(void *frame, std::size_t bytes)
    {
        frame_allocator *allocator;
        std::memcpy(&allocator, static_cast<char *>(frame) + bytes, sizeof allocator);
        frame_deallocate(allocator, frame, bytes + sizeof allocator);
    }
};

/* Operators new and delete are members of one class: gcc warns of a pair of two. */
struct from_channel : from_frame_allocator {
    static void *operator new(std::size_t bytes)
    {
        return allocate(bytes, get_current_frame_allocator());
    }
    static void operator delete(void *frame, std::size_t bytes)
    {
        deallocate(frame, bytes);
    }
};

struct from_argument : from_frame_allocator {
    template <class... Args> static void *operator new(std::size_t bytes, frame_allocator *allocator, const Args &...)
    {
        return allocate(bytes, allocator);
    }
    static void operator delete(void *frame, std::size_t bytes)
    {
        deallocate(frame, bytes);
    }
};

/* The frame of a root, which lies on the stack of its launch. */
struct root_storage {
    alignas(std::max_align_t) unsigned char bytes[1024];
};

struct from_storage {
    template <class... Args> static void *operator new(std::size_t bytes, root_storage &storage, const Args &...)
    {
        if (bytes > sizeof storage.bytes)
            std::abort();
        return storage.bytes;
    }
    static void operator delete(void *, std::size_t)
    {
    }
};

#endif
