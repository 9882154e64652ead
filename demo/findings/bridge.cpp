// Does set_value() { continuation.resume(); } grow the stack? That depends on what nobody mentions.
//
//     c++ -std=c++20 -O2 -fno-exceptions bridge.cpp && ./a.out                                   0
//     c++ -std=c++20 -O2 -fno-exceptions -fno-optimize-sibling-calls bridge.cpp && ./a.out       grows
//     c++ -std=c++20 -O2 bridge.cpp && ./a.out                                                   grows
//     c++ -std=c++20 -O2 -DNOEXCEPT_RESUME bridge.cpp && ./a.out                                 0
//
// In the first the optimiser makes the call a jump, unasked. In the third set_value is noexcept and resume may throw,
// so that set_value's frame has to stand until resume returns; what cannot throw needs no such frame. clang before 17
// is its own case: it makes a jump of what it resumes before a suspension point, with any flags. The same in C:
// bridge.c.
#include "depth.h"
#include "task.hpp"

#if defined NOEXCEPT_RESUME
// As std::coroutine_handle::resume() does it, through a type that does not throw.
struct frame {
    void (*resume)(frame *) noexcept;
};

static void resume(std::coroutine_handle<> handle) noexcept
{
    auto *self = static_cast<frame *>(handle.address());
    asm("" : "+r"(self)::"memory"); // why: convention.cpp
    self->resume(self);
}
#else
static void resume(std::coroutine_handle<> handle)
{
    handle.resume();
}
#endif

struct receiver {
    std::coroutine_handle<> continuation;

    void set_value() noexcept
    {
        resume(continuation);
    }
};

struct operation_state {
    struct receiver receiver;

    void start() noexcept
    {
        receiver.set_value();
    }
};

struct sender_awaitable {
    operation_state operation;

    bool await_ready() noexcept
    {
        return false;
    }
    void await_suspend(std::coroutine_handle<> caller) noexcept
    {
        operation.receiver.continuation = caller;
        operation.start();
    }
    void await_resume() noexcept
    {
    }
};

static task body()
{
    for (int number = 0; completed(number); number++)
        co_await sender_awaitable{};
}

int main()
{
    run(body());
    return report();
}
