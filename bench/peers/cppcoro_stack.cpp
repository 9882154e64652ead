/* The `stack` cell of cppcoro, as it is: a cppcoro::task awaits a cppcoro::task that returns at once. Where cppcoro
 * takes the compiler for one without symmetric transfer, await_suspend resumes the awaited task and returns a bool. */
#include "bench/peers/cppcoro_root.hpp"
#include "bench/peers/tasks.hpp"

namespace
{

const stack_variant end = {};
const stack_variant tasks[] = {{"await=task", 0, library_tasks<cppcoro_library>::run_stack, LONG_RUN, nullptr, nullptr},
                               end};

} // namespace

const stack_mechanism stack_mechanisms[] = {
    {"stack", "cxx-awaitable", ABREAST_LIBRARY,
     CPPCORO_COMPILER_SUPPORTS_SYMMETRIC_TRANSFER ? TAIL_CALL : RETURNS_FIRST, nullptr, tasks},
    {},
};

const char stack_toolchain[] = ABREAST_TOOLCHAIN;
