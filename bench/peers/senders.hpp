/* The `stack` cells that every library of senders with a task type has: its task awaits, in a loop, a sender that
 * completes at once. An adapter says, beside what bench/peers/tasks.hpp asks for, what its senders are:
 *
 *     struct library {
 *         template <class T> using task = ...;
 *         template <class Make> int run(Make make) { return senders_wait([&] { return sync_wait(make()); }); }
 *         static auto just(uint64_t value);
 *         static auto schedule(Scheduler);
 *     };
 *
 * and names library_senders<library>::await_just, and await_schedule of a scheduler it has, in its table of variants.
 */
#ifndef ABREAST_BENCH_PEERS_SENDERS_HPP
#define ABREAST_BENCH_PEERS_SENDERS_HPP

#include "bench/stack/mechanism.h"

#include <cerrno>
#include <exception>
#include <new>

/* `start` returns what a sync_wait does: a value, or none where the sender was stopped; it may throw. 0 or negative
 * errno. */
template <class Start> int senders_wait(Start start)
try {
    return start() ? 0 : -ECANCELED;
} catch (const std::bad_alloc &) {
    return -ENOMEM;
} catch (...) {
    return -EPROTO;
}

template <class Library> class library_senders
{
    using task = typename Library::template task<void>;

    static task awaiting_just(stack_job *job)
    {
        while (job->made < job->completions)
            stack_job_completed(job, co_await Library::just(job->made));
    }

    template <class Scheduler> static task awaiting_schedule(stack_job *job)
    {
        Scheduler scheduler;
        while (job->made < job->completions) {
            co_await Library::schedule(scheduler);
            stack_job_completed(job, job->made);
        }
    }

  public:
    static int await_just(stack_job *job)
    {
        return Library().run([job] { return awaiting_just(job); });
    }

    template <class Scheduler> static int await_schedule(stack_job *job)
    {
        return Library().run([job] { return awaiting_schedule<Scheduler>(job); });
    }
};

#endif
