/* The `stack` mechanisms with coroutines made by a C++ compiler, and senders made of templates: what the C ones in
 * bench/stack are calibrated against. The meter and the main program are the same.
 *
 * boundary=no has the noexcept of the completion functions, of start and of await_suspend left away, which no
 * conforming implementation may do. It is here to tell what they cause.
 */
#include "bench/cxx/just.hpp"
#include "bench/cxx/task.hpp"
#include "bench/cxx/then.hpp"
#include "bench/stack/mechanism.h"

#include <cerrno>
#include <coroutine>

namespace
{

/* Awaits make(i), for i from 0 on. */
template <class Make> task awaiting(stack_job *job, Make make)
{
    while (job->made < job->completions)
        stack_job_completed(job, static_cast<uint64_t>(co_await make(job->made)));
}

template <class Make> int run(stack_job *job, Make make)
{
    task awaiter = awaiting(job, make);
    awaiter.coroutine.handle.resume();
    return awaiter.coroutine.handle.done() ? 0 : -EPROTO;
}

/* await_ready is true ([expr.await] 5.2). */
struct ready {
    uint64_t value;

    bool await_ready() noexcept
    {
        return true;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept
    {
        return caller;
    }
    uint64_t await_resume() noexcept
    {
        return value;
    }
};

/* await_suspend returns the caller's handle: symmetric transfer (P0913R1, [expr.await] 5.1.1). */
struct transfer {
    uint64_t value;

    bool await_ready() noexcept
    {
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept
    {
        return caller;
    }
    uint64_t await_resume() noexcept
    {
        return value;
    }
};

/* await_suspend returns void and leaves the handle behind, for a loop at the bottom of the stack to resume. */
struct driver {
    uint64_t value;
    std::coroutine_handle<> *slot;

    bool await_ready() noexcept
    {
        return false;
    }
    void await_suspend(std::coroutine_handle<> caller) noexcept
    {
        *slot = caller;
    }
    uint64_t await_resume() noexcept
    {
        return value;
    }
};

int run_ready(stack_job *job)
{
    return run(job, [](uint64_t value) { return ready{value}; });
}

int run_transfer(stack_job *job)
{
    return run(job, [](uint64_t value) { return transfer{value}; });
}

int run_driver(stack_job *job)
{
    std::coroutine_handle<> slot;
    task awaiter = awaiting(job, [&slot](uint64_t value) { return driver{value, &slot}; });
    for (slot = awaiter.coroutine.handle; slot;)
        std::exchange(slot, nullptr).resume();
    return awaiter.coroutine.handle.done() ? 0 : -EPROTO;
}

struct add_one {
    ssize_t operator()(ssize_t value) noexcept
    {
        return value + 1;
    }
};

template <class Wording> int run_p2300(stack_job *job)
{
    return run(job, [](uint64_t value) { return just<Wording>{static_cast<ssize_t>(value)}; });
}

template <class Wording> int run_p2300_then3(stack_job *job)
{
    using one = then<just<Wording>, add_one>;
    using two = then<one, add_one>;
    using three = then<two, add_one>;
    return run(job,
               [](uint64_t value) { return three{two{one{just<Wording>{static_cast<ssize_t>(value)}, {}}, {}}, {}}; });
}

const stack_variant end = {};
const stack_variant ready_variants[] = {{"-", 0, run_ready, LONG_RUN, nullptr}, end};
const stack_variant transfer_variants[] = {{"-", 0, run_transfer, LONG_RUN, nullptr}, end};
const stack_variant driver_variants[] = {{"-", 0, run_driver, LONG_RUN, nullptr}, end};
const stack_variant p2300_variants[] = {
    {"-", 0, run_p2300<as_written>, LONG_RUN, nullptr},
    {"then=3", 3, run_p2300_then3<as_written>, LONG_RUN, nullptr},
    {"resume=noexcept", 0, run_p2300<with_noexcept_resume>, LONG_RUN, nullptr},
    end,
};
const stack_variant p2300_without_variants[] = {
    {"-", 0, run_p2300<without_noexcept>, LONG_RUN, nullptr},
    {"then=3", 3, run_p2300_then3<without_noexcept>, LONG_RUN, nullptr},
    end,
};

/* What each rests on: the list of the C mechanisms says it for both languages. */
#define MECHANISM(experiment, model, file, name, rests_on, ...) constexpr const char *file##_rests_on = rests_on;
#define BOUNDARY_MECHANISM MECHANISM
#include "bench/stack/mechanisms.def"
#undef MECHANISM
#undef BOUNDARY_MECHANISM

} // namespace

const stack_mechanism stack_mechanisms[] = {
    {"stack", "cxx-awaitable", "ready", ready_rests_on, nullptr, ready_variants},
    {"stack", "cxx-awaitable", "transfer", transfer_rests_on, nullptr, transfer_variants},
    {"stack", "cxx-awaitable", "driver", driver_rests_on, nullptr, driver_variants},
    {"stack", "cxx-sender", "p2300", p2300_rests_on, "boundary=yes", p2300_variants},
    {"stack", "cxx-sender", "p2300", p2300_rests_on, "boundary=no", p2300_without_variants},
    {},
};

const char stack_toolchain[] = ABREAST_TOOLCHAIN;
