/* The forms of the experiment `phases` with coroutines made by a C++ compiler and senders made of templates: what the C
 * ones in bench/phases are calibrated against. The streams and the main program are the same, and so is the probe.
 */
#include "awaitable/cxx/io.hpp"

#include "bench/cxx/frame_memory.hpp"
#include "bench/cxx/handshake_awaitable.hpp"
#include "bench/cxx/inline_awaitable.hpp"
#include "bench/cxx/task.hpp"
#include "bench/cxx/tasks.hpp"
#include "bench/phases/phase.h"

namespace
{

/* The children are called through pointers of which no compiler knows where they point, as if another translation unit
 * had them: so none makes a child part of its parent. */
template <class Task> using child_function = Task (*)(phase_job *);

/* ---- Awaitables ---- */

ssize_t result_of(std::size_t got, const std::error_code &error)
{
    return error ? -error.value() : static_cast<ssize_t>(got);
}

auto read(phase_job *job, std::error_code &error)
{
    return abreast::read_some(*job->stream, std::span(&job->value, 1), error);
}

/* The attempt made by await_suspend, which returns the caller's handle where that has completed. */
struct attempt {
    io_awaitable io;

    bool await_ready() noexcept
    {
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller, const io_env *env)
    {
        if (!io_awaitable_ready(&io, IO_READ))
            return abreast::from_c(io_awaitable_suspend(&io, IO_READ, abreast::to_c(caller), env));
        PROBE(LAUNCH);
        PROBE(SIGNAL);
        return caller;
    }
    ssize_t await_resume() noexcept
    {
        return io.request.op.result;
    }
};

attempt attempt_read(phase_job *job)
{
    attempt awaitable;
    io_op_prepare(&awaitable.io.request.op, job->stream, &job->value, sizeof job->value);
    return awaitable;
}

abreast::task<ssize_t> read_some_task(phase_job *job)
{
    std::error_code error;
    while (phase_job_goes_on(job)) {
        std::size_t got = co_await read(job, error);
        phase_job_read(job, result_of(got, error));
    }
    co_return 0;
}

abreast::task<ssize_t> transfer_task_of_attempts(phase_job *job)
{
    while (phase_job_goes_on(job))
        phase_job_read(job, co_await attempt_read(job));
    co_return 0;
}

abreast::task<ssize_t> read_once(phase_job *job)
{
    std::error_code error;
    std::size_t got = co_await read(job, error);
    co_return result_of(got, error);
}
child_function<abreast::task<ssize_t>> volatile awaitable_child = read_once;

abreast::task<ssize_t> task_in_task(phase_job *job)
{
    while (phase_job_goes_on(job))
        phase_job_read(job, co_await awaitable_child(job));
    co_return 0;
}

/* Launched as C launches its tasks. */
struct launched {
    struct run_async launch;
    phase_job *job;
};

void ended(struct run_async *launch, ssize_t)
{
    auto *self = CONTAINER_OF(launch, launched, launch);
    phase_job *job = self->job;
    delete self;
    phase_job_end(job);
}

template <child_function<abreast::task<ssize_t>> make> void *begin_awaitable(phase_job *job)
{
    abreast::frame_allocator_scope frames(job->env.allocator);
    auto *self = new launched;
    self->job = job;
    run_async(&self->launch, make(job).release(), &job->env, ended);
    return nullptr;
}

/* ---- A read as a sender ---- */

template <bool known_to_be_inline> struct read_sender {
    using sender_concept = void;
    using wording = as_written;
    using value_types = std::tuple<ssize_t>;
    static constexpr bool may_fail = false, may_stop = false;
    static constexpr bool completes_inline = known_to_be_inline;

    template <class Rcvr> struct operation : io_op {
        Rcvr rcvr;

        operation(phase_job *job, Rcvr &&rcvr) : io_op{}, rcvr(std::move(rcvr))
        {
            io_op_prepare(this, job->stream, &job->value, sizeof job->value);
        }
        operation(operation &&) = delete;

        void start() & noexcept
        {
            PROBE(START);
            if (stream_try(this, IO_READ))
                return completed(this);
            complete = completed;
            stream_submit(this, IO_READ);
        }
        static void completed(io_op *op) noexcept
        {
            PROBE(SET_VALUE);
            std::move(static_cast<operation *>(op)->rcvr).set_value(op->result);
        }
    };

    phase_job *job;

    template <class Rcvr> operation<Rcvr> connect(Rcvr rcvr) &&
    {
        PROBE(CONNECT);
        PROBE(OP_STATE_BUILT);
        return {job, std::move(rcvr)};
    }
};

/* With a member as_awaitable ([exec.as.awaitable] 7.1). */
struct member_read {
    using sender_concept = void;

    struct awaiter : io_op {
        std::coroutine_handle<> caller;
        abreast::probed_await probe;

        explicit awaiter(phase_job *job) : io_op{}
        {
            io_op_prepare(this, job->stream, &job->value, sizeof job->value);
        }
        bool await_ready() noexcept
        {
            PROBE(READINESS);
            return stream_try(this, IO_READ);
        }
        void await_suspend(std::coroutine_handle<> coroutine) noexcept
        {
            probe.suspends();
            PROBE(LAUNCH);
            caller = coroutine;
            complete = completed;
            stream_submit(this, IO_READ);
        }
        static void completed(io_op *op)
        {
            PROBE(SIGNAL);
            PROBE(NESTED_RESUME);
            static_cast<awaiter *>(op)->caller.resume();
        }
        ssize_t await_resume() noexcept
        {
            probe.resumes();
            return result;
        }
    };

    phase_job *job;

    template <class Promise> awaiter as_awaitable(Promise &) && noexcept
    {
        return awaiter(job);
    }
};

/* ---- Coroutines that await it ---- */

template <class Task, class Read> Task reading(phase_job *job)
{
    while (phase_job_goes_on(job))
        phase_job_read(job, co_await Read{job});
    phase_job_end(job);
}

template <template <class, class> class Bridge, class Read> void *begin_reading(phase_job *job)
{
    auto started = reading<basic_task<Bridge>, Read>(job);
    auto handle = std::exchange(started.coroutine.handle, nullptr);
    handle.resume();
    return handle.address();
}

void end_reading(void *address)
{
    std::coroutine_handle<>::from_address(address).destroy();
}

/* ---- Tasks that are senders ---- */

struct ended_receiver {
    phase_job *job;

    void set_value(ssize_t) && noexcept
    {
        phase_job_end(job);
    }
    void set_error(std::exception_ptr) && noexcept
    {
        job->status = -EPROTO;
        phase_job_end(job);
    }
    void set_stopped() && noexcept
    {
        job->status = -ECANCELED;
        phase_job_end(job);
    }
    env get_env() const noexcept
    {
        return {{}, job->env.executor};
    }
};

template <class Task> Task read_once_as(phase_job *job)
{
    co_return co_await read_sender<false>{job};
}
template <class Task> child_function<Task> volatile sender_child = read_once_as<Task>;

template <class Task> Task reads(phase_job *job)
{
    while (phase_job_goes_on(job))
        phase_job_read(job, co_await read_sender<false>{job});
    co_return 0;
}

template <class Task> Task reads_by_child(phase_job *job)
{
    while (phase_job_goes_on(job))
        phase_job_read(job, co_await sender_child<Task>(job));
    co_return 0;
}

template <class Task> using task_operation = connect_result_t<Task, ended_receiver>;

template <class Task, child_function<Task> make> void *begin_task(phase_job *job)
{
    set_current_frame_allocator(job->env.allocator);
    auto *op = new auto(make(job).connect(ended_receiver{job}));
    op->start();
    return op;
}

template <class Task> void end_task(void *op)
{
    delete static_cast<task_operation<Task> *>(op);
}

using affine = affine_task<true, from_channel>;
using transferring_task = transfer_task<thread_id_awaitable, from_channel>;

} // namespace

#define AWAITABLE(name, make) {"cxx-awaitable", name, STREAM_BOTH, begin_awaitable<make>, nullptr}
#define SENDER(name, streams, Bridge, Read) {"cxx-sender", name, streams, begin_reading<Bridge, Read>, end_reading}
#define TASK(name, Task, make) {"cxx-sender", name, STREAM_BOTH, begin_task<Task, make<Task>>, end_task<Task>}

const phase_form phase_forms[] = {
    AWAITABLE("read-some", read_some_task),
    AWAITABLE("transfer", transfer_task_of_attempts),
    AWAITABLE("task-in-task", task_in_task),
    SENDER("p2300", STREAM_BOTH, sender_awaitable, read_sender<false>),
    SENDER("handshake-exchange", STREAM_BOTH, exchange_awaitable, read_sender<false>),
    SENDER("handshake-thread-id", STREAM_BOTH, thread_id_awaitable, read_sender<false>),
    SENDER("inline-known", STREAM_READY, inline_awaitable, read_sender<true>),
    SENDER("member", STREAM_BOTH, sender_awaitable, member_read),
    TASK("affine-read", affine, reads),
    TASK("task-affine", affine, reads_by_child),
    TASK("task-transfer", transferring_task, reads_by_child),
    {},
};

const char phase_toolchain[] = ABREAST_TOOLCHAIN;
