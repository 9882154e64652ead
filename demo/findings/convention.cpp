// clang's resume functions have a calling convention of its own. A frame starts with two function pointers, so that C,
// or another compiler, can resume it; but where the optimiser sees the call and the coroutine together, in one file as
// here or through -flto, it takes the call for undefined, and removes it.
//
//     clang++ -std=c++20 -O2 convention.cpp && ./a.out            ended after 0 of 1000 completions
//     clang++ -std=c++20 -O2 -DHIDDEN convention.cpp && ./a.out   all happen: the optimiser does not know what it calls
//     g++ -std=c++20 -O2 convention.cpp && ./a.out                all happen
//
// Where they happen the stack grows: bridge.cpp has the reason.
//
// A frame made in C, called by C: convention.c.
#include "depth.h"
#include "task.hpp"

struct coro {
    void (*resume)(coro *);
};

static coro *c_handle(std::coroutine_handle<> handle)
{
    auto *frame = static_cast<coro *>(handle.address());
#if defined HIDDEN
    asm("" : "+r"(frame)::"memory");
#endif
    return frame;
}

// An operation that has completed when it is started, and resumes who awaits it as C does.
struct operation {
    bool await_ready() noexcept
    {
        return false;
    }
    void await_suspend(std::coroutine_handle<> caller) noexcept
    {
        coro *frame = c_handle(caller);
        frame->resume(frame);
    }
    void await_resume() noexcept
    {
    }
};

static task body()
{
    for (int number = 0; completed(number); number++)
        co_await operation{};
}

int main()
{
    run(body());
    return report();
}
