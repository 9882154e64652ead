/* The `stack` cells of stdexec, as it is:
 *
 *   await=just         an exec::task awaits, in a loop, just(value)
 *   await=trampoline   the task awaits schedule() of a trampoline_scheduler, which nests 16 deep and then queues
 *   await=task         the task awaits an exec::task that returns at once
 *
 * What the first two rest on is the revision's: the awaitable that as_awaitable makes of a sender has started it in an
 * await_suspend that returns void, and a task has come to go back to its scheduler, sync_wait's run_loop, after each.
 */
#include "bench/peers/stdexec_library.hpp"
#include "bench/peers/tasks.hpp"

#include <exec/trampoline_scheduler.hpp>

namespace
{

using senders = library_senders<stdexec_library>;

constexpr char its_revision[] = "library (what its revision does)";

const stack_variant end = {};
const stack_variant variants[] = {
    {"await=just", 0, senders::await_just, LONG_RUN, nullptr, nullptr},
    {"await=trampoline", 0, senders::await_schedule<exec::trampoline_scheduler>, LONG_RUN, nullptr, BOUND},
    {"await=task", 0, library_tasks<stdexec_library>::run_stack, LONG_RUN, nullptr, TAIL_CALL},
    end,
};

} // namespace

const stack_mechanism stack_mechanisms[] = {
    {"stack", "cxx-sender", ABREAST_LIBRARY, its_revision, nullptr, variants},
    {},
};

const char stack_toolchain[] = ABREAST_TOOLCHAIN;
