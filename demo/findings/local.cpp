// A body that has given away the address of a local: in C that stops gcc's sibling calls (local.c). In C++ the local is
// the frame's, and symmetric transfer takes no stack.
//
//     c++ -std=c++20 -O2 local.cpp && ./a.out     0 bytes a completion
#include "depth.h"
#include "task.hpp"

struct operation {
    bool await_ready() noexcept
    {
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept
    {
        return caller;
    }
    void await_resume() noexcept
    {
    }
};

static const int *volatile seen;

static task body()
{
    for (int number = 0; completed(number); number++) {
        int value = 0;
        seen = &value;
        co_await operation{};
    }
}

int main()
{
    run(body());
    return report();
}
