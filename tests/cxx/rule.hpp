/* What the rules have in common. */
#ifndef ABREAST_TESTS_CXX_RULE_HPP
#define ABREAST_TESTS_CXX_RULE_HPP

#include "awaitable/cxx/io.hpp"

extern "C" {
#include "tests/cxx/c_side.h"
}
#include "tests/scenario/check.h"

#if defined __cpp_exceptions
#define THROW(what) throw what
#else
#define THROW(what) std::terminate()
#endif

ABREAST_AWAITABLE(parking);

template <class T> using cxx_task = abreast::task<T>;

/* Where a rule runs: what its coroutines do I/O with, and where their frames come from. */
struct place {
    enum reactor_backend backend;
    unsigned mode; /* 0: nothing completes at once; 1: everything that can; 2, sim only: some */
};

#define RULE(name, backends, needs) void rule_##name(place);
#include "tests/cxx/rules.def"
#undef RULE

/* An environment with a counting allocator and the inline executor; at its end every frame must be back. */
struct frames {
    test_allocator allocator;
    io_env env;

    frames();
    ~frames();
    frames(const frames &) = delete;
};

/* A C++ coroutine of another kind than task: bare, for others to hold. What leaves its body leaves resume() too. */
struct bare {
    struct promise_type {
        bare get_return_object()
        {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
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
#if defined __cpp_exceptions
            throw;
#endif
        }
    };
    std::coroutine_handle<promise_type> handle;
};

/* f() throws an E that is as expected. Without exceptions these rules are not tried, and only compile. */
template <class E> void check_throws(auto f, auto is_expected)
{
#if defined __cpp_exceptions
    try {
        f();
    } catch (const E &error) {
        CHECK(is_expected(error));
        return;
    }
    CHECK(!"an exception came");
#else
    f();
    (void)is_expected;
#endif
}

/* Adds to a count at the end of its life. */
struct ends_with {
    unsigned *count;

    ~ends_with()
    {
        ++*count;
    }
};

#endif
