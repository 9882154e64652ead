/* The tables of variants of the mechanisms in C++, one for each awaitable and sender mechanism of mechanisms.def, and
 * the coroutine that most of them run: it awaits make(i), for i from 0 on. */
#ifndef ABREAST_BENCH_CXX_MECHANISMS_HPP
#define ABREAST_BENCH_CXX_MECHANISMS_HPP

#include "bench/stack/mechanism.h"

#include <cerrno>
#include <sys/types.h>

#define MECHANISM(experiment, model, file, ...) extern const stack_variant file##_variants[];
#define BOUNDARY_MECHANISM MECHANISM
#include "bench/stack/mechanisms.def"
#undef MECHANISM
#undef BOUNDARY_MECHANISM

extern const stack_variant p2300_without_noexcept_variants[];

constexpr stack_variant variant(const char *name, unsigned added, int (*run)(stack_job *), long_run longer = LONG_RUN,
                                const char *rests_on = nullptr)
{
    return {name, added, run, longer, nullptr, rests_on};
}
constexpr stack_variant unavailable_variant(const char *name, unsigned added, const char *why)
{
    return {name, added, nullptr, LONG_RUN, why, nullptr};
}
constexpr stack_variant last_variant = {};

template <class Task, class Make> Task awaiting(stack_job *job, Make make)
{
    while (job->made < job->completions)
        stack_job_completed(job, static_cast<uint64_t>(co_await make(static_cast<ssize_t>(job->made))));
}

template <class Task, class Make> int run(stack_job *job, Make make)
{
    Task awaiter = awaiting<Task>(job, make);
    awaiter.coroutine.handle.resume();
    return awaiter.coroutine.handle.done() ? 0 : -EPROTO;
}

#endif
