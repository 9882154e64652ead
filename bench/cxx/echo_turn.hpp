/* One turn of the loop of sender/loop.c, of the templates in this folder:
 *
 *     read_some(job) | let_value(process_got) | then(count_turn)
 *
 * where process_got goes on as
 *
 *     repeat_until(just() | let_value(write_rest) | then(advance))
 *
 * It is a header, for whoever connects it has to see all of it: a change of it is one of everything that uses it. That
 * is what the experiment `compile` measures beside a coroutine in a file of its own (compile/turn_task.hpp).
 */
#ifndef ABREAST_BENCH_CXX_ECHO_TURN_HPP
#define ABREAST_BENCH_CXX_ECHO_TURN_HPP

#include "bench/cxx/io_sender.hpp"
#include "bench/cxx/just.hpp"
#include "bench/cxx/let_value.hpp"
#include "bench/cxx/repeat_until.hpp"
#include "bench/cxx/then.hpp"

#include "bench/cxx/echo.h"

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

using begun = just<as_written, no_value>;
using written = repeat_until<then<let_value<begun, write_rest>, advance>, io_error>;

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

using turn_sender = then<let_value<read_some_sender, process_got>, count_turn>;

/* now->job is set. */
inline turn_sender make_turn(turn *now)
{
    return {{{now->job->stream, now->job->buffer, now->job->size}, {now}}, {now}};
}

#endif
