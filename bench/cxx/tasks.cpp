/* The mechanisms of `stack` in which a task awaits a task, in a loop (P3801R0 3.1: `for (auto i = 0; i < total; ++i)
 * co_await f(i);`): task-in-task, task-affine, task-transfer and its three remaining cases. bench/stack/task_*.c tell
 * of each. */
#include "bench/cxx/tasks.hpp"
#include "bench/cxx/handshake_awaitable.hpp"
#include "bench/cxx/inline_awaitable.hpp"
#include "bench/cxx/just.hpp"
#include "bench/cxx/let_value.hpp"
#include "bench/cxx/mechanisms.hpp"
#include "bench/cxx/then.hpp"
#include "bench/cxx/when_all.hpp"

namespace
{

/* The inner task f, and one that awaits just(i). Both are called through a pointer of which no compiler knows where it
 * points, as if another translation unit had them: so none makes the inner task part of the outer one. */
template <class Task> Task return_at_once(ssize_t value)
{
    co_return value;
}
template <class Task> Task (*volatile f)(ssize_t) = return_at_once<Task>;

template <class Task> Task await_just(ssize_t value)
{
    co_return co_await just<>{value};
}
template <class Task> Task (*volatile passing)(ssize_t) = await_just<Task>;

/* The outer task. */
template <class Task, class Make> Task outer(stack_job *job, Make make)
{
    while (job->made < job->completions)
        stack_job_completed(job, static_cast<uint64_t>(co_await make(static_cast<ssize_t>(job->made))));
    co_return 0;
}

/* Of the task that nobody awaits. */
struct ended_receiver {
    ssize_t *result;
    executor_ref scheduler;
    run_loop *loop;

    void set_value(ssize_t value) && noexcept
    {
        *result = value;
        if (loop)
            run_loop_finish(loop);
    }
    void set_error(std::exception_ptr) && noexcept
    {
        *result = -EPROTO;
    }
    void set_stopped() && noexcept
    {
        *result = -ECANCELED;
    }
    env get_env() const noexcept
    {
        return {{}, scheduler};
    }
};

template <class Task> int run_task(Task started)
{
    ssize_t result = -EPROTO;
    auto state = std::move(started).connect(ended_receiver{&result, inline_executor(), nullptr});
    state.start();
    return static_cast<int>(result);
}

/* ---- task-in-task ---- */

int run_in_task(stack_job *job)
{
    awaitable_task started = outer<awaitable_task>(job, f<awaitable_task>);
    started.await_suspend(std::noop_coroutine()).resume();
    return static_cast<int>(started.await_resume());
}

/* ---- task-affine ---- */

template <bool affine> int run_affine(stack_job *job)
{
    return run_task(outer<affine_task<affine>>(job, f<affine_task<affine>>));
}

int run_affine_on_loop(stack_job *job)
{
    return on_run_loop(
        [](void *context, run_loop *loop) {
            using Task = affine_task<true>;
            ssize_t result = -EPROTO;
            auto state = outer<Task>(static_cast<stack_job *>(context), f<Task>)
                             .connect(ended_receiver{&result, run_loop_executor(loop), loop});
            state.start();
            int status = run_loop_run(loop);
            return status ? status : static_cast<int>(result);
        },
        job);
}

/* ---- task-transfer, and what such a task awaits by a bridge ---- */

using resumed_task = transfer_task<sender_awaitable>;
using agreed_task = transfer_task<thread_id_awaitable>;
using known_task = transfer_task<inline_awaitable>;

int run_transfer(stack_job *job)
{
    return run_task(outer<resumed_task>(job, f<resumed_task>));
}

/* just(i) */
template <class Task> Task outer_of_just(stack_job *job)
{
    return outer<Task>(job, [](ssize_t value) { return just<>{value}; });
}

template <class Task> int run_sender(stack_job *job)
{
    return run_task(outer_of_just<Task>(job));
}

/* One task, which awaits the one that has the loop. */
template <class Task> Task once(stack_job *job)
{
    co_return co_await outer_of_just<Task>(job);
}

template <class Task> int run_inside(stack_job *job)
{
    return run_task(once<Task>(job));
}

/* A fresh task for each just(i). */
template <class Task> int run_outside(stack_job *job)
{
    return run_task(outer<Task>(job, passing<Task>));
}

/* f(i) | then, f(i) | let_value, when_all(just(1), f(i)) | then */
struct add_one {
    ssize_t operator()(ssize_t value) noexcept
    {
        return value + 1;
    }
};

struct again {
    just<> operator()(ssize_t &value) noexcept
    {
        return {value};
    }
};

struct add {
    ssize_t operator()(ssize_t first, ssize_t second) noexcept
    {
        return first + second;
    }
};

template <class Task> int run_then(stack_job *job)
{
    return run_task(outer<Task>(job, [](ssize_t value) { return then<Task, add_one>{f<Task>(value), {}}; }));
}

template <class Task> int run_let(stack_job *job)
{
    return run_task(outer<Task>(job, [](ssize_t value) { return let_value<Task, again>{f<Task>(value), {}}; }));
}

template <class Task> int run_all(stack_job *job)
{
    using all = when_all<just<>, Task>;
    return run_task(outer<Task>(job, [](ssize_t value) { return then<all, add>{all(just<>{1}, f<Task>(value)), {}}; }));
}

} // namespace

const stack_variant task_in_task_variants[] = {variant("-", 0, run_in_task), last_variant};
const stack_variant task_affine_variants[] = {
    variant("scheduler=inline", 0, run_affine<true>),
    variant("scheduler=inline,erased=no", 0, run_affine<false>),
    variant("scheduler=run_loop", 0, run_affine_on_loop, LONG_RUN, QUEUE),
    last_variant,
};
const stack_variant task_transfer_variants[] = {variant("-", 0, run_transfer), last_variant};
const stack_variant task_transfer_sender_variants[] = {
    variant("bridge=p2300", 0, run_sender<resumed_task>),
    variant("bridge=handshake", 0, run_sender<agreed_task>, LONG_RUN, TAIL_CALL),
    variant("bridge=inline-known", 0, run_sender<known_task>, LONG_RUN, TAIL_CALL),
    last_variant,
};
const stack_variant task_transfer_inner_variants[] = {
    variant("loop=inner,bridge=p2300", 0, run_inside<resumed_task>),
    variant("loop=inner,bridge=handshake", 0, run_inside<agreed_task>, LONG_RUN, TAIL_CALL),
    variant("loop=inner,bridge=inline-known", 0, run_inside<known_task>, LONG_RUN, TAIL_CALL),
    variant("loop=outer,bridge=p2300", 0, run_outside<resumed_task>),
    variant("loop=outer,bridge=handshake", 0, run_outside<agreed_task>, LONG_RUN, TAIL_CALL),
    variant("loop=outer,bridge=inline-known", 0, run_outside<known_task>, LONG_RUN, TAIL_CALL),
    last_variant,
};
const stack_variant task_transfer_chain_variants[] = {
    variant("then=1,bridge=p2300", 1, run_then<resumed_task>),
    variant("then=1,bridge=handshake", 1, run_then<agreed_task>, LONG_RUN, TAIL_CALL),
    variant("with=let_value,bridge=p2300", 0, run_let<resumed_task>),
    variant("with=let_value,bridge=handshake", 0, run_let<agreed_task>, LONG_RUN, TAIL_CALL),
    variant("with=when_all,bridge=p2300", 1, run_all<resumed_task>),
    variant("with=when_all,bridge=handshake", 1, run_all<agreed_task>, LONG_RUN, TAIL_CALL),
    last_variant,
};
