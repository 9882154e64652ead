/* A coroutine type in the plainest form that awaits awaitables and senders: what the C coroutines of bench/stack are
 * calibrated against. Started by its handle, it suspends at its end, with nobody waiting for it.
 */
#ifndef ABREAST_BENCH_CXX_TASK_HPP
#define ABREAST_BENCH_CXX_TASK_HPP

#include "bench/cxx/sender.hpp"

#include <coroutine>
#include <exception>
#include <utility>

struct task {
    /* Senders become awaitable as with_awaitable_senders makes them ([exec.with.awaitable.senders]). */
    struct promise_type {
        task get_return_object()
        {
            return task{std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() noexcept
        {
            return {};
        }
        std::suspend_always final_suspend() noexcept
        {
            return {};
        }
        void return_void()
        {
        }
        void unhandled_exception()
        {
            std::terminate();
        }
        std::coroutine_handle<> unhandled_stopped() noexcept
        {
            std::terminate();
        }
        template <class T> decltype(auto) await_transform(T &&value)
        {
            if constexpr (sender<T>)
                return sender_awaitable<T, promise_type>(std::forward<T>(value), *this);
            else
                return std::forward<T>(value);
        }
    };

    explicit task(std::coroutine_handle<promise_type> handle) : handle(handle)
    {
    }
    task(task &&other) noexcept : handle(std::exchange(other.handle, nullptr))
    {
    }
    ~task()
    {
        if (handle)
            handle.destroy();
    }

    std::coroutine_handle<promise_type> handle;
};

#endif
