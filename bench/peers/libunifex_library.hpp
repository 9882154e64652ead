/* What a task of libunifex is, and how one runs to its end: unifex::sync_wait, on this thread.
 *
 * libunifex is a library with a compiled part. What of it the tasks rest on is compiled here, from the checkout, so
 * this header goes into one translation unit of an executable. Its sources came one by one; a checkout has those that
 * its headers want. Its config.hpp is made when the build is configured (cmake/libraries.cmake).
 *
 * Errors: 0 or negative errno, and no exception comes out.
 */
#ifndef ABREAST_BENCH_PEERS_LIBUNIFEX_LIBRARY_HPP
#define ABREAST_BENCH_PEERS_LIBUNIFEX_LIBRARY_HPP

#include "bench/peers/senders.hpp"

#include <unifex/just.hpp>
#include <unifex/sync_wait.hpp>
#include <unifex/task.hpp>
#include <unifex/trampoline_scheduler.hpp>

#include <../source/inplace_stop_token.cpp>
#include <../source/manual_event_loop.cpp>
#include <../source/trampoline_scheduler.cpp>
#if __has_include(<../source/exception.cpp>)
#include <../source/exception.cpp>
#endif
#if __has_include(<../source/async_stack.cpp>)
#include <../source/async_stack.cpp>
#endif
#if __has_include(<../source/task.cpp>)
#include <../source/task.cpp>
#endif

struct libunifex_library {
    template <class T> using task = unifex::task<T>;

    template <class Make> int run(Make make)
    {
        return senders_wait([&make] { return unifex::sync_wait(make()); });
    }
    static auto just(uint64_t value)
    {
        return unifex::just(value);
    }
    template <class Scheduler> static auto schedule(Scheduler scheduler)
    {
        return unifex::schedule(scheduler);
    }
};

#endif
