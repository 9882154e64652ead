/* What a task of beman is, and how one runs to its end: beman::execution::sync_wait, on this thread.
 *
 * The task came from a repository of its own, beside that of beman::execution, which has come to have one itself.
 *
 * Errors: 0 or negative errno, and no exception comes out.
 */
#ifndef ABREAST_BENCH_PEERS_BEMAN_LIBRARY_HPP
#define ABREAST_BENCH_PEERS_BEMAN_LIBRARY_HPP

#include "bench/peers/senders.hpp"

#if __has_include(<beman/execution/execution.hpp>)
#include <beman/execution/execution.hpp>
#else
#include <beman/execution.hpp>
#endif
#if !__has_include(<beman/execution/detail/task.hpp>)
#include <beman/task/task.hpp>
#endif

struct beman_library {
    template <class T> using task = beman::execution::task<T>;

    template <class Make> int run(Make make)
    {
        return senders_wait([&make] { return beman::execution::sync_wait(make()); });
    }
    static auto just(uint64_t value)
    {
        return beman::execution::just(value);
    }
};

#endif
