/* The `stack` cells of Asio, as it is: one coroutine, or one completion handler after the other, makes an asynchronous
 * operation that has its result at once.
 *
 *   complete=dispatch   the handler is submitted by asio::dispatch, which runs it inside the initiating function when
 *                       that runs on the executor already
 *   complete=post       by asio::post, through the io_context's queue
 *   read=pipe           a read_some that finds its bytes there: Asio makes the system call while it initiates, and
 *                       posts the handler even so
 *   await=task          the coroutine awaits an asio::awaitable that returns at once
 */
#include "bench/peers/asio_status.hpp"
#include "bench/stack/mechanism.h"

#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/dispatch.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <cerrno>
#include <exception>
#include <memory>
#include <unistd.h>

namespace
{

enum class by { post, dispatch };

/* An asynchronous operation as [async.reqmts.async] has it, for any completion token. */
template <by way, class Token>
auto async_get(const asio::io_context::executor_type &executor, uint64_t value, Token &&token)
{
    return asio::async_initiate<Token, void(uint64_t)>(
        [executor](auto handler, uint64_t result) {
            auto complete = [handler = std::move(handler), result]() mutable { std::move(handler)(result); };
            if constexpr (way == by::post)
                asio::post(executor, std::move(complete));
            else
                asio::dispatch(executor, std::move(complete));
        },
        token, value);
}

/* Runs the io_context until it is out of work; what a coroutine threw, or a handler, comes out here. What `start`
 * returns is kept until then. */
template <class Start> int run(stack_job *job, Start start)
{
    return asio_guarded([&] {
        asio::io_context context(1);
        std::exception_ptr thrown;
        [[maybe_unused]] auto kept = start(context, [&thrown](std::exception_ptr exception) { thrown = exception; });
        context.run();
        if (thrown)
            std::rethrow_exception(thrown);
        return job->made == job->completions ? 0 : -EPROTO;
    });
}

template <class Make> asio::awaitable<void> awaiting(stack_job *job, Make make)
{
    while (job->made < job->completions)
        stack_job_completed(job, co_await make(job->made));
}

template <by way> int run_operations(stack_job *job)
{
    return run(job, [job](asio::io_context &context, auto done) {
        auto executor = context.get_executor();
        auto make = [executor](uint64_t value) { return async_get<way>(executor, value, asio::use_awaitable); };
        asio::co_spawn(context, awaiting(job, make), done);
        return 0;
    });
}

asio::awaitable<uint64_t> at_once(uint64_t value)
{
    co_return value;
}

int run_tasks(stack_job *job)
{
    return run(job, [job](asio::io_context &context, auto done) {
        asio::co_spawn(context, awaiting(job, at_once), done);
        return 0;
    });
}

template <by way> struct reader {
    stack_job *job;
    asio::io_context::executor_type executor;

    void operator()(uint64_t value) const
    {
        stack_job_completed(job, value);
        next();
    }
    void next() const
    {
        if (job->made < job->completions)
            async_get<way>(executor, job->made, *this);
    }
};

template <by way> int run_handlers(stack_job *job)
{
    return run(job, [job](asio::io_context &context, auto) {
        asio::post(context, [job, &context] { reader<way>{job, context.get_executor()}.next(); });
        return 0;
    });
}

/* A pipe that holds the next value before it is read. */
struct filled_pipe {
    asio::posix::stream_descriptor reading, writing;

    explicit filled_pipe(asio::io_context &context) : reading(context), writing(context)
    {
        int ends[2];
        if (::pipe(ends) < 0)
            throw std::system_error(errno, std::generic_category());
        reading.assign(ends[0]);
        writing.assign(ends[1]);
    }
    void fill(uint64_t value)
    {
        asio::write(writing, asio::buffer(&value, sizeof value));
    }
};

asio::awaitable<void> reading(stack_job *job, filled_pipe &pipe)
{
    while (job->made < job->completions) {
        uint64_t value;
        pipe.fill(job->made);
        size_t got = co_await pipe.reading.async_read_some(asio::buffer(&value, sizeof value), asio::use_awaitable);
        stack_job_completed(job, got == sizeof value ? value : UINT64_MAX);
    }
}

int run_reads(stack_job *job)
{
    return run(job, [job](asio::io_context &context, auto done) {
        auto pipe = std::make_unique<filled_pipe>(context);
        asio::co_spawn(context, reading(job, *pipe), done);
        return pipe;
    });
}

struct read_loop {
    stack_job *job;
    filled_pipe pipe;
    uint64_t value = 0;

    read_loop(stack_job *made, asio::io_context &context) : job(made), pipe(context)
    {
    }

    void next()
    {
        if (job->made == job->completions)
            return;
        pipe.fill(job->made);
        pipe.reading.async_read_some(asio::buffer(&value, sizeof value),
                                     [this](const asio::error_code &error, size_t got) {
                                         if (error)
                                             throw std::system_error(error);
                                         stack_job_completed(job, got == sizeof value ? value : UINT64_MAX);
                                         next();
                                     });
    }
};

int run_read_handlers(stack_job *job)
{
    return run(job, [job](asio::io_context &context, auto) {
        auto reader = std::make_unique<read_loop>(job, context);
        asio::post(context, [self = reader.get()] { self->next(); });
        return reader;
    });
}

const stack_variant end = {};
const stack_variant awaitables[] = {
    {"complete=dispatch", 0, run_operations<by::dispatch>, LONG_RUN, nullptr, NOTHING},
    {"complete=post", 0, run_operations<by::post>, LONG_RUN, nullptr, QUEUE},
    {"read=pipe", 0, run_reads, NO_LONG_RUN, nullptr, QUEUE},
    {"await=task", 0, run_tasks, LONG_RUN, nullptr, LOOP},
    end,
};
const stack_variant handlers[] = {
    {"complete=dispatch", 0, run_handlers<by::dispatch>, LONG_RUN, nullptr, NOTHING},
    {"complete=post", 0, run_handlers<by::post>, LONG_RUN, nullptr, QUEUE},
    {"read=pipe", 0, run_read_handlers, NO_LONG_RUN, nullptr, QUEUE},
    end,
};

} // namespace

const stack_mechanism stack_mechanisms[] = {
    {"stack", "cxx-awaitable", ABREAST_LIBRARY, NOTHING, nullptr, awaitables},
    {"stack", "callback", ABREAST_LIBRARY, NOTHING, nullptr, handlers},
    {},
};

const char stack_toolchain[] = ABREAST_TOOLCHAIN;
