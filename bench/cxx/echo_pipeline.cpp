/* The pipeline of sender/loop.c: repeat_until(turn). */
#include "bench/cxx/echo_turn.hpp"

#include <new>

namespace
{

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

using looped = repeat_until<turn_sender, io_error>;

/* It lives in the storage until the job is done, and its destructor would have nothing to do. */
struct pipeline {
    turn now;
    connect_result_t<looped, job_receiver> op;

    explicit pipeline(loop_job *job) : now{job, 0, 0}, op(looped{make_turn(&now)}.connect(job_receiver{&now}))
    {
    }
};

int start_pipeline(void *storage, loop_job *job)
{
    (new (storage) pipeline(job))->op.start();
    return 0;
}

const std::size_t pipeline_bytes = sizeof(pipeline);

} // namespace

const loop_code loop_cxx_pipeline = {&pipeline_bytes, start_pipeline, nullptr, nullptr, false, nullptr};
