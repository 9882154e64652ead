/* The `stack` cells of libunifex, as it is:
 *
 *   await=just          a unifex::task awaits, in a loop, just(value): the awaitable that unifex::await_transform makes
 *                       of a sender starts it in an await_suspend that returns void, and its receiver resumes the task
 *   await=trampoline    the task awaits schedule() of a trampoline_scheduler, which nests 16 deep and then queues
 *   await=task          the task awaits a unifex::task that returns at once
 *   repeat=just         no coroutine: repeat_effect_until over just(), whose receiver makes and starts the next one
 *   repeat=trampoline   the same over schedule() of a trampoline_scheduler
 */
#include "bench/peers/libunifex_library.hpp"
#include "bench/peers/tasks.hpp"

#include <unifex/repeat_effect_until.hpp>

namespace
{

using senders = library_senders<libunifex_library>;

template <class Sender> int repeat(stack_job *job, const Sender &sender)
{
    auto ended = [job]() noexcept {
        stack_job_completed(job, job->made);
        return job->made == job->completions;
    };
    return senders_wait([&] { return unifex::sync_wait(unifex::repeat_effect_until(sender, ended)); });
}

int repeat_just(stack_job *job)
{
    return repeat(job, unifex::just());
}

int repeat_trampoline(stack_job *job)
{
    return repeat(job, unifex::schedule(unifex::trampoline_scheduler()));
}

const stack_variant end = {};
const stack_variant variants[] = {
    {"await=just", 0, senders::await_just, LONG_RUN, nullptr, nullptr},
    {"await=trampoline", 0, senders::await_schedule<unifex::trampoline_scheduler>, LONG_RUN, nullptr, BOUND},
    {"await=task", 0, library_tasks<libunifex_library>::run_stack, LONG_RUN, nullptr, TAIL_CALL},
    {"repeat=just", 0, repeat_just, LONG_RUN, nullptr, SIBLING_CALL},
    {"repeat=trampoline", 0, repeat_trampoline, LONG_RUN, nullptr, BOUND},
    end,
};

} // namespace

const stack_mechanism stack_mechanisms[] = {
    {"stack", "cxx-sender", ABREAST_LIBRARY, NOTHING, nullptr, variants},
    {},
};

const char stack_toolchain[] = ABREAST_TOOLCHAIN;
