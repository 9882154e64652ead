/* A coroutine_handle that owns its coroutine: what a task object has for a member. */
#ifndef ABREAST_BENCH_CXX_OWNED_HANDLE_HPP
#define ABREAST_BENCH_CXX_OWNED_HANDLE_HPP

#include <coroutine>
#include <utility>

template <class Promise> struct owned_handle {
    std::coroutine_handle<Promise> handle;

    explicit owned_handle(std::coroutine_handle<Promise> handle) : handle(handle)
    {
    }
    owned_handle(owned_handle &&other) noexcept : handle(std::exchange(other.handle, nullptr))
    {
    }
    ~owned_handle()
    {
        if (handle)
            handle.destroy();
    }
};

#endif
