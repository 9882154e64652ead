/* What a task of stdexec is, and how one runs to its end: stdexec::sync_wait, on this thread.
 *
 * Errors: 0 or negative errno, and no exception comes out.
 */
#ifndef ABREAST_BENCH_PEERS_STDEXEC_LIBRARY_HPP
#define ABREAST_BENCH_PEERS_STDEXEC_LIBRARY_HPP

#include "bench/peers/senders.hpp"

#include <exec/task.hpp>
#include <stdexec/execution.hpp>

struct stdexec_library {
    template <class T> using task = exec::task<T>;

    template <class Make> int run(Make make)
    {
        return senders_wait([&make] { return stdexec::sync_wait(make()); });
    }
    static auto just(uint64_t value)
    {
        return stdexec::just(value);
    }
    template <class Scheduler> static auto schedule(Scheduler scheduler)
    {
        return stdexec::schedule(scheduler);
    }
};

#endif
