/* The `stack` cell of cppcoro, as it is: a cppcoro::task awaits a cppcoro::task that returns at once. Where cppcoro
 * takes the compiler for one without symmetric transfer, await_suspend resumes the awaited task and returns a bool. */
#include "bench/peers/cppcoro_root.hpp"
#include "bench/stack/mechanism.h"

namespace
{

cppcoro::task<uint64_t> at_once(uint64_t value)
{
    co_return value;
}

cppcoro::task<> awaiting(stack_job *job)
{
    while (job->made < job->completions)
        stack_job_completed(job, co_await at_once(job->made));
}

int run_tasks(stack_job *job)
try {
    return cppcoro_root::run(awaiting(job));
} catch (const std::bad_alloc &) {
    return -ENOMEM;
}

const stack_variant end = {};
const stack_variant tasks[] = {{"await=task", 0, run_tasks, LONG_RUN, nullptr, nullptr}, end};

} // namespace

const stack_mechanism stack_mechanisms[] = {
    {"stack", "cxx-awaitable", ABREAST_LIBRARY,
     CPPCORO_COMPILER_SUPPORTS_SYMMETRIC_TRANSFER ? TAIL_CALL : RETURNS_FIRST, nullptr, tasks},
    {},
};

const char stack_toolchain[] = ABREAST_TOOLCHAIN;
