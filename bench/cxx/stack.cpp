/* The mechanisms of `stack` in which an awaitable, or a sender that is not a task, is awaited, with coroutines made by
 * a C++ compiler, and senders made of templates: what the C ones in bench/stack are calibrated against. The meter and
 * the main program are the same.
 *
 * boundary=no has the noexcept of the completion functions, of start and of await_suspend left away, which no
 * conforming implementation may do. It is here, for p2300, to tell what they cause.
 */
#include "bench/cxx/continues_on.hpp"
#include "bench/cxx/handshake_awaitable.hpp"
#include "bench/cxx/inline_awaitable.hpp"
#include "bench/cxx/just.hpp"
#include "bench/cxx/let_value.hpp"
#include "bench/cxx/mechanisms.hpp"
#include "bench/cxx/repeat_effect_until.hpp"
#include "bench/cxx/repeat_until.hpp"
#include "bench/cxx/returning_awaitable.hpp"
#include "bench/cxx/task.hpp"
#include "bench/cxx/then.hpp"
#include "bench/cxx/when_all.hpp"

namespace
{

using task = basic_task<sender_awaitable>;

/* ---- Awaitables ---- */

/* await_ready is true ([expr.await] 5.2). */
struct ready {
    ssize_t value;

    bool await_ready() noexcept
    {
        return true;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept
    {
        return caller;
    }
    ssize_t await_resume() noexcept
    {
        return value;
    }
};

/* await_suspend returns the caller's handle: symmetric transfer (P0913R1, [expr.await] 5.1.1). */
struct transfer {
    ssize_t value;

    bool await_ready() noexcept
    {
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept
    {
        return caller;
    }
    ssize_t await_resume() noexcept
    {
        return value;
    }
};

/* await_suspend returns void and leaves the handle behind, for a loop at the bottom of the stack to resume. */
struct driver {
    ssize_t value;
    std::coroutine_handle<> *slot;

    bool await_ready() noexcept
    {
        return false;
    }
    void await_suspend(std::coroutine_handle<> caller) noexcept
    {
        *slot = caller;
    }
    ssize_t await_resume() noexcept
    {
        return value;
    }
};

int run_ready(stack_job *job)
{
    return run<task>(job, [](ssize_t value) { return ready{value}; });
}

int run_transfer(stack_job *job)
{
    return run<task>(job, [](ssize_t value) { return transfer{value}; });
}

int run_driver(stack_job *job)
{
    std::coroutine_handle<> slot;
    task awaiter = awaiting<task>(job, [&slot](ssize_t value) { return driver{value, &slot}; });
    for (slot = awaiter.coroutine.handle; slot;)
        std::exchange(slot, nullptr).resume();
    return awaiter.coroutine.handle.done() ? 0 : -EPROTO;
}

/* ---- Senders, of an integer i ---- */

struct add_one {
    ssize_t operator()(ssize_t value) noexcept
    {
        return value + 1;
    }
};

/* just(i) under so many `then`. */
template <class Wording, unsigned Thens> auto chain(ssize_t value)
{
    if constexpr (Thens == 0)
        return just<Wording>{value};
    else
        return then<decltype(chain<Wording, Thens - 1>(value)), add_one>{chain<Wording, Thens - 1>(value), {}};
}

template <class Wording> struct just_one_more {
    just<Wording> operator()(ssize_t &value) noexcept
    {
        return {value + 1};
    }
};

template <class Wording> auto let(ssize_t value)
{
    return let_value<just<Wording>, just_one_more<Wording>>{{value}, {}};
}

struct add {
    ssize_t operator()(ssize_t first, ssize_t second) noexcept
    {
        return first + second;
    }
};

auto both(ssize_t value)
{
    using all = when_all<just<>, just<>>;
    return then<all, add>{all(just<>{value}, just<>{1}), {}};
}

/* Awaited through the bridge of Task. */
template <class Task, auto make> int run_sender(stack_job *job)
{
    return run<Task>(job, [](ssize_t value) { return make(value); });
}

using exchange_task = basic_task<exchange_awaitable>;
using thread_id_task = basic_task<thread_id_awaitable>;
using look_first_task = basic_task<look_first_awaitable>;
using early_one_thread_task = basic_task<early_one_thread_awaitable>;
using early_exchange_task = basic_task<early_exchange_awaitable>;
using early_thread_id_task = basic_task<early_thread_id_awaitable>;
using inline_task = basic_task<inline_awaitable>;
using returning_task = basic_task<returning_awaitable>;

/* just with a member as_awaitable, which is ready ([exec.as.awaitable] 7.1). */
struct member_just {
    using sender_concept = void;

    ssize_t value;

    template <class Promise> ready as_awaitable(Promise &) && noexcept
    {
        return {value};
    }
};

member_just member(ssize_t value)
{
    return {value};
}

/* ---- Senders, of an integer i and a context ---- */

struct deliver {
    ssize_t value;

    ssize_t operator()() noexcept
    {
        return value;
    }
};

/* Ends the loop when the work has been done. */
task scheduled(stack_job *job, run_loop *loop)
{
    while (job->made < job->completions) {
        ssize_t value = static_cast<ssize_t>(job->made);
        value = co_await then<schedule<run_loop *>, deliver>{{loop}, {value}};
        stack_job_completed(job, static_cast<uint64_t>(value));
    }
    run_loop_finish(loop);
}

int run_scheduled(stack_job *job)
{
    return on_run_loop(
        [](void *context, run_loop *loop) {
            task awaiter = scheduled(static_cast<stack_job *>(context), loop);
            awaiter.coroutine.handle.resume();
            int status = run_loop_run(loop);
            return status || awaiter.coroutine.handle.done() ? status : -EPROTO;
        },
        job);
}

template <unsigned depth, size_t bytes> int run_bounced(stack_job *job)
{
    trampoline scheduler = {depth, bytes};
    return run<task>(job,
                     [&scheduler](ssize_t value) { return continues_on<just<>, trampoline *>{{value}, &scheduler}; });
}

/* ---- Senders that repeat, without a coroutine ---- */

struct record {
    stack_job *job;

    template <class... Ts> bool operator()(Ts &&...) noexcept
    {
        stack_job_completed(job, job->made);
        return job->made >= job->completions;
    }
};

struct end_receiver {
    int *status;

    void set_value() && noexcept
    {
        *status = 0;
    }
    void set_error(std::exception_ptr) && noexcept
    {
        *status = -EPROTO;
    }
    void set_stopped() && noexcept
    {
        *status = -ECANCELED;
    }
    env get_env() const noexcept
    {
        return {};
    }
};

template <class Sndr> int repeat(stack_job *job, Sndr sndr)
{
    int status = -EPROTO;
    if (job->completions == 0)
        return 0;
    auto op = std::move(sndr).connect(end_receiver{&status});
    op.start();
    return status;
}

using recorded = then<just<as_written, no_value>, record>;

/* starts_on is let_value(schedule, a function that returns the child) ([exec.starts.on]). */
struct go_on {
    recorded child;

    recorded operator()() noexcept
    {
        return child;
    }
};

int run_nesting(stack_job *job)
{
    return repeat(job, repeat_effect_until<recorded>{{{}, {job}}});
}

int run_bouncing(stack_job *job)
{
    trampoline scheduler = TRAMPOLINE_DEFAULTS;
    using started = let_value<schedule<trampoline *>, go_on>;
    return repeat(job, repeat_effect_until<started>{{{&scheduler}, {{{}, {job}}}}});
}

int run_looping(stack_job *job)
{
    return repeat(job, repeat_until<recorded>{{{}, {job}}});
}

} // namespace

const stack_variant ready_variants[] = {variant("-", 0, run_ready, LONGEST_RUN), last_variant};
const stack_variant transfer_variants[] = {variant("-", 0, run_transfer, LONGEST_RUN), last_variant};
const stack_variant driver_variants[] = {variant("-", 0, run_driver, LONGEST_RUN), last_variant};
const stack_variant p2300_variants[] = {
    variant("-", 0, run_sender<task, chain<as_written, 0>>),
    variant("then=1", 1, run_sender<task, chain<as_written, 1>>),
    variant("then=3", 3, run_sender<task, chain<as_written, 3>>),
    variant("then=8", 8, run_sender<task, chain<as_written, 8>>),
    variant("with=let_value", 1, run_sender<task, let<as_written>>),
    variant("with=when_all", 1, run_sender<task, both>),
    variant("resume=noexcept", 0, run_sender<task, chain<with_noexcept_resume, 0>>),
    last_variant,
};
const stack_variant p2300_without_noexcept_variants[] = {
    variant("-", 0, run_sender<task, chain<without_noexcept, 0>>),
    variant("then=3", 3, run_sender<task, chain<without_noexcept, 3>>),
    variant("with=let_value", 1, run_sender<task, let<without_noexcept>>),
    last_variant,
};
const stack_variant scheduler_variants[] = {variant("-", 0, run_scheduled), last_variant};
const stack_variant handshake_variants[] = {
    variant("by=exchange", 0, run_sender<exchange_task, chain<as_written, 0>>, LONGEST_RUN),
    variant("by=exchange,then=3", 3, run_sender<exchange_task, chain<as_written, 3>>, LONGEST_RUN),
    variant("by=thread-id", 0, run_sender<thread_id_task, chain<as_written, 0>>, LONGEST_RUN),
    variant("by=thread-id,then=3", 3, run_sender<thread_id_task, chain<as_written, 3>>, LONGEST_RUN),
    variant("by=thread-id-look-first", 0, run_sender<look_first_task, chain<as_written, 0>>, LONGEST_RUN),
    variant("by=thread-id-look-first,then=3", 3, run_sender<look_first_task, chain<as_written, 3>>, LONGEST_RUN),
    last_variant,
};
const stack_variant ready_flag_variants[] = {
    variant("by=one-thread", 0, run_sender<early_one_thread_task, chain<as_written, 0>>, LONGEST_RUN),
    variant("by=exchange", 0, run_sender<early_exchange_task, chain<as_written, 0>>, LONGEST_RUN),
    variant("by=thread-id", 0, run_sender<early_thread_id_task, chain<as_written, 0>>, LONGEST_RUN),
    last_variant,
};
const stack_variant inline_known_variants[] = {
    variant("-", 0, run_sender<inline_task, chain<as_written, 0>>, LONGEST_RUN),
    variant("then=3", 3, run_sender<inline_task, chain<as_written, 3>>, LONGEST_RUN),
    last_variant,
};
const stack_variant member_variants[] = {variant("-", 0, run_sender<task, member>, LONGEST_RUN), last_variant};
const stack_variant trampoline_variants[] = {
    variant("depth=16,bytes=4096", 0, run_bounced<16, 4096>),
    variant("depth=64,bytes=65536", 0, run_bounced<64, 65536>),
    last_variant,
};
const stack_variant returning_variants[] = {
    variant("-", 0, run_sender<returning_task, chain<as_written, 0>>),
    variant("then=1", 1, run_sender<returning_task, chain<as_written, 1>>),
    variant("then=3", 3, run_sender<returning_task, chain<as_written, 3>>),
    variant("then=8", 8, run_sender<returning_task, chain<as_written, 8>>),
    variant("with=let_value", 1, run_sender<returning_task, let<as_written>>),
    variant("with=when_all", 1, run_sender<returning_task, both>),
    last_variant,
};
const stack_variant repeat_variants[] = {
    variant("by=nesting", 0, run_nesting),
    variant("by=trampoline", 0, run_bouncing, LONG_RUN, BOUND),
    variant("by=loop", 0, run_looping, LONG_RUN, LOOP),
    last_variant,
};
