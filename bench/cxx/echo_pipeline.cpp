/* The pipeline of sender/loop.c, of the templates in this folder:
 *
 *     repeat_until(read_some(job) | let_value(process_got) | then(count_turn))
 *
 * where process_got goes on as
 *
 *     repeat_until(just() | let_value(write_rest) | then(advance))
 */
#include "bench/cxx/io_sender.hpp"
#include "bench/cxx/just.hpp"
#include "bench/cxx/let_value.hpp"
#include "bench/cxx/repeat_until.hpp"
#include "bench/cxx/then.hpp"

#include "bench/cxx/echo.h"

#include <new>

namespace
{

/* What the pipeline's functions share: the job, and the turn that it is in. */
struct turn {
    loop_job *job;
    std::size_t got;
    std::size_t sent;
};

struct io_error {
    int code = 0;

    io_error() = default;
    explicit io_error(int code) : code(code)
    {
    }
    explicit io_error(std::exception_ptr) : code(ENOTRECOVERABLE)
    {
    }
};

/* The final receiver: it tells the job. */
struct job_receiver {
    turn *now;

    void set_value() && noexcept
    {
        loop_job_finish(now->job, 0);
    }
    void set_error(io_error error) && noexcept
    {
        loop_job_finish(now->job, -error.code);
    }
    void set_stopped() && noexcept
    {
        loop_job_finish(now->job, -ECANCELED);
    }
    const io_env *get_env() const noexcept
    {
        return now->job->env;
    }
};

struct write_rest {
    turn *now;

    write_some_sender operator()(no_value &) const noexcept
    {
        return {now->job->stream, now->job->buffer + now->sent, now->got - now->sent};
    }
};

struct advance {
    turn *now;

    bool operator()(ssize_t put) const noexcept
    {
        now->sent += static_cast<std::size_t>(put);
        return now->sent == now->got;
    }
};

using nothing = just<as_written, no_value>;
using written = repeat_until<then<let_value<nothing, write_rest>, advance>, io_error>;

/* At the end of the stream there is nothing to process, and the write of nothing completes at once. */
struct process_got {
    turn *now;

    written operator()(ssize_t &got) const noexcept
    {
        now->got = static_cast<std::size_t>(got);
        now->sent = 0;

        process(&now->job->process, now->job->buffer, now->got);

        return {{{{}, {now}}, {now}}};
    }
};

struct count_turn {
    turn *now;

    bool operator()() const noexcept
    {
        now->job->bytes += now->got;
        return now->got == 0;
    }
};

using looped = repeat_until<then<let_value<read_some_sender, process_got>, count_turn>, io_error>;

/* It lives in the storage until the job is done, and its destructor would have nothing to do. */
struct pipeline {
    turn now;
    connect_result_t<looped, job_receiver> op;

    explicit pipeline(loop_job *job)
        : now{job, 0, 0},
          op(looped{{{{job->stream, job->buffer, job->size}, {&now}}, {&now}}}.connect(job_receiver{&now}))
    {
    }
};

int start(void *storage, loop_job *job)
{
    (new (storage) pipeline(job))->op.start();
    return 0;
}

const std::size_t bytes = sizeof(pipeline);

} // namespace

const loop_code loop_cxx_pipeline = {&bytes, start, nullptr, nullptr, false, nullptr};
