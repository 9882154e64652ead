// Symmetric transfer is a promise of the language in C++, which g++ 12 keeps only where it makes sibling calls.
//
//     c++ -std=c++20 -O2 transfer.cpp && ./a.out                            0 bytes a completion
//     g++ -std=c++20 -O0 transfer.cpp && ./a.out                            grows
//     g++ -std=c++20 -O0 -foptimize-sibling-calls transfer.cpp && ./a.out   0: the flag decides, not the level
//     clang++ -std=c++20 -O0 transfer.cpp && ./a.out                        0 bytes a completion
//
// The same in C: transfer.c.
#include "depth.h"
#include "task.hpp"

// An operation that has completed when it is started gives back who awaits it.
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
