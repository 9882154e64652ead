// A final_suspend that completes a receiver and then returns noop_coroutine() looks like a symmetric transfer, and is
// none: the continuation runs inside set_value, and what is returned afterwards is nobody.
//
//     c++ -std=c++20 -O2 final.cpp && ./a.out                   grows, at any level, with any compiler
//     c++ -std=c++20 -O2 -DRETURN_IT final.cpp && ./a.out       0: a continuation that is known as a handle is returned
//
// (clang 14 grows then, too: where it sees the task that is awaited it makes a call of the transfer.)
// The same in C: final.c.
#include "depth.h"
#include "task.hpp"

struct receiver {
    std::coroutine_handle<> continuation;

    void set_value() noexcept
    {
        continuation.resume();
    }
};

// A task that is awaited through its receiver.
struct inner_task {
    struct promise_type;

    struct final_awaiter : std::suspend_always {
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept
        {
#if defined RETURN_IT
            return self.promise().receiver.continuation;
#else
            self.promise().receiver.set_value();
            return std::noop_coroutine();
#endif
        }
    };

    struct promise_type {
        struct receiver receiver;

        inner_task get_return_object()
        {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() noexcept
        {
            return {};
        }
        final_awaiter final_suspend() noexcept
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
    };

    bool await_ready() noexcept
    {
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept
    {
        handle.promise().receiver.continuation = caller;
        return handle;
    }
    void await_resume() noexcept
    {
        handle.destroy();
    }

    std::coroutine_handle<promise_type> handle;
};

static inner_task inner()
{
    co_return;
}

static task body()
{
    for (int number = 0; completed(number); number++)
        co_await inner();
}

int main()
{
    run(body());
    return report();
}
