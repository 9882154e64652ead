/* Two forms of `grid` over the synchronous stream, by a C++ compiler: what it makes of an await_ready that is always
 * true is its affair, and bench/grid can only say what it might.
 *
 *   task-ready        a task of bench/cxx/io_task.hpp
 *   pipeline-direct   repeat_until(read | then(count)): the same sender again and again
 */
#include "bench/cxx/io_task.hpp"
#include "bench/cxx/repeat_until.hpp"
#include "bench/cxx/then.hpp"

#include <new>

extern "C" {
#include "bench/grid/job.h"

extern const grid_form grid_cxx_task_ready, grid_cxx_pipeline_direct;
}

namespace grid
{

/* ---- The awaitable ---- */

struct ready_read {
    grid_stream *stream;

    bool await_ready() const noexcept
    {
        return true;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller, const io_env *) noexcept
    {
        return caller;
    }
    ssize_t await_resume() const noexcept
    {
        return grid_stream_deliver(stream);
    }
};

static io_task reads(grid_job *job)
{
    while (job->made < job->end) {
        ssize_t got = co_await ready_read{job->stream};
        if (got < 0)
            co_return got;
        grid_job_completed(job, got);
    }
    co_return 0;
}

static int launch_task(grid_job *job)
{
    struct session : io_launch<io_task> {
        ssize_t result;
    };
    frame_allocator *saved = get_current_frame_allocator();
    set_current_frame_allocator(job->env.allocator);
    session self{{reads(job),
                  [](io_launch<io_task> *launch, ssize_t result) { static_cast<session *>(launch)->result = result; }},
                 0};
    set_current_frame_allocator(saved);
    self.start(&job->env);
    grid_session_ended(job, static_cast<int>(self.result));
    return 0;
}

/* ---- The sender ---- */

struct inline_read {
    using sender_concept = void;
    using wording = as_written;
    using value_types = std::tuple<ssize_t>;
    static constexpr bool may_fail = false, may_stop = false;
    static constexpr bool completes_inline = true;

    template <class Rcvr> struct operation {
        Rcvr rcvr;
        grid_stream *stream;

        void start() & noexcept
        {
            std::move(rcvr).set_value(grid_stream_deliver(stream));
        }
    };

    grid_stream *stream;

    template <class Rcvr> operation<Rcvr> connect(Rcvr rcvr) const
    {
        return {std::move(rcvr), stream};
    }
};

struct count {
    grid_job *job;

    bool operator()(ssize_t got) const noexcept
    {
        grid_job_completed(job, got);
        return job->made >= job->end;
    }
};

struct end {
    grid_job *job;

    void set_value() && noexcept
    {
        grid_session_ended(job, 0);
    }
    template <class Error> void set_error(Error) && noexcept
    {
        grid_session_ended(job, -ENOTRECOVERABLE);
    }
    void set_stopped() && noexcept
    {
        grid_session_ended(job, -ECANCELED);
    }
    const io_env *get_env() const noexcept
    {
        return &job->env;
    }
};

using pipeline = repeat_until<then<inline_read, count>>;
using operation = connect_result_t<pipeline, end>;

static int launch_pipeline(grid_job *job)
{
    auto *op = new (job->storage) operation(pipeline{{{job->stream}, {job}}}.connect(end{job}));
    op->start();
    op->~operation();
    return 0;
}

} // namespace grid

const grid_form grid_cxx_task_ready = {grid::launch_task, 0, sizeof(grid::ready_read), 0};
const grid_form grid_cxx_pipeline_direct = {grid::launch_pipeline, sizeof(grid::operation), sizeof(grid::operation), 0};
