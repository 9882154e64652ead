/* The `stack` cells of beman, as it is:
 *
 *   await=just    a beman::execution::task awaits, in a loop, just(value)
 *   await=task    the task awaits a task that returns at once
 *
 * It has no trampoline. What the first rests on is the revision's: the awaitable that as_awaitable makes of a sender
 * has left it to whichever of start() and the completion comes second to resume the task.
 */
#include "bench/peers/beman_library.hpp"
#include "bench/peers/tasks.hpp"

namespace
{

constexpr char its_revision[] = "library (what its revision does)";

const stack_variant end = {};
const stack_variant variants[] = {
    {"await=just", 0, library_senders<beman_library>::await_just, LONG_RUN, nullptr, nullptr},
    {"await=task", 0, library_tasks<beman_library>::run_stack, LONG_RUN, nullptr, TAIL_CALL},
    end,
};

} // namespace

const stack_mechanism stack_mechanisms[] = {
    {"stack", "cxx-sender", ABREAST_LIBRARY, its_revision, nullptr, variants},
    {},
};

const char stack_toolchain[] = ABREAST_TOOLCHAIN;
