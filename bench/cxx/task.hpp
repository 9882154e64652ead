/* A coroutine type in the plainest form that awaits awaitables and senders: what the C coroutines of bench/stack are
 * calibrated against. Started by its handle, it suspends at its end, with nobody waiting for it.
 *
 * Bridge makes a sender awaitable: sender_awaitable, or what libraries have put in its place.
 */
#ifndef ABREAST_BENCH_CXX_TASK_HPP
#define ABREAST_BENCH_CXX_TASK_HPP

#include "bench/cxx/owned_handle.hpp"
#include "bench/cxx/sender_awaitable.hpp"

#include <coroutine>
#include <exception>
#include <utility>

/* as_awaitable(expr, promise) ([exec.as.awaitable]): an own member, the bridge, or expr itself. */
template <template <class, class> class Bridge, class T, class Promise>
decltype(auto) as_awaitable(T &&expr, Promise &promise)
{
    if constexpr (requires { std::forward<T>(expr).as_awaitable(promise); })
        return std::forward<T>(expr).as_awaitable(promise);
    else if constexpr (sender<T>)
        return Bridge<std::remove_cvref_t<T>, Promise>(std::move(expr), promise);
    else
        return std::forward<T>(expr);
}

template <template <class, class> class Bridge> struct basic_task {
    /* Senders become awaitable as with_awaitable_senders makes them ([exec.with.awaitable.senders]). */
    struct promise_type {
        env environment = {};

        basic_task get_return_object()
        {
            return {owned_handle(std::coroutine_handle<promise_type>::from_promise(*this))};
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
        env get_env() const noexcept
        {
            return environment;
        }
        template <class T> decltype(auto) await_transform(T &&value)
        {
            PROBE(TRANSFORM);
            return as_awaitable<Bridge>(std::forward<T>(value), *this);
        }
    };

    owned_handle<promise_type> coroutine;
};

#endif
