/* The `stack` cells of Capy, as it is: a boost::capy::task awaits, in a loop, what has its result at once.
 *
 *   complete=ready      an IoAwaitable whose await_ready says so
 *   complete=transfer   one that suspends, and returns the task that awaits it from await_suspend
 *   complete=dispatch   one that returns what its executor's dispatch returns, as Capy's manual has it
 *   complete=post       by the executor's post, through its queue
 *   await=task          a boost::capy::task that returns at once
 */
#include "bench/peers/capy_context.hpp"
#include "bench/peers/tasks.hpp"

namespace
{

using boost::capy::io_env;
using boost::capy::task;

enum class by { ready, transfer, dispatch, post };

template <by way> struct get {
    uint64_t value;
    boost::capy::continuation awaiting{};

    bool await_ready() const noexcept
    {
        return way == by::ready;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> handle, const io_env *env)
    {
        if (way == by::transfer)
            return handle;
        awaiting.h = handle;
        if (way == by::dispatch)
            return env->executor.dispatch(awaiting);
        env->executor.post(awaiting);
        return std::noop_coroutine();
    }
    uint64_t await_resume() const noexcept
    {
        return value;
    }
};

template <by way> task<> getting(stack_job *job)
{
    while (job->made < job->completions)
        stack_job_completed(job, co_await get<way>{job->made});
}

template <by way> int run(stack_job *job)
{
    capy_context context;
    return context.run([job] { return getting<way>(job); });
}

const stack_variant end = {};
const stack_variant variants[] = {
    {"complete=ready", 0, run<by::ready>, LONG_RUN, nullptr, NOTHING_RESUMED},
    {"complete=transfer", 0, run<by::transfer>, LONG_RUN, nullptr, nullptr},
    {"complete=dispatch", 0, run<by::dispatch>, LONG_RUN, nullptr, nullptr},
    {"complete=post", 0, run<by::post>, LONG_RUN, nullptr, QUEUE},
    {"await=task", 0, library_tasks<capy_context>::run_stack, LONG_RUN, nullptr, nullptr},
    end,
};

} // namespace

const stack_mechanism stack_mechanisms[] = {
    {"stack", "cxx-awaitable", ABREAST_LIBRARY, TAIL_CALL, nullptr, variants},
    {},
};

const char stack_toolchain[] = ABREAST_TOOLCHAIN;
