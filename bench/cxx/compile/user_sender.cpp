#include "bench/cxx/compile/turn_sender.hpp"

#include "bench/cxx/repeat_until.hpp"

#include <new>

namespace
{

struct turn_error {
    int code = 0;

    turn_error() = default;
    explicit turn_error(int code) : code(code)
    {
    }
    explicit turn_error(std::exception_ptr) : code(ENOTRECOVERABLE)
    {
    }
};

struct job_receiver {
    loop_job *job;

    void set_value() && noexcept
    {
        loop_job_finish(job, 0);
    }
    void set_error(turn_error error) && noexcept
    {
        loop_job_finish(job, -error.code);
    }
    void set_stopped() && noexcept
    {
        loop_job_finish(job, -ECANCELED);
    }
    const io_env *get_env() const noexcept
    {
        return job->env;
    }
};

using looped = repeat_until<erased_turn_sender, turn_error>;

struct pipeline {
    connect_result_t<looped, job_receiver> op;

    explicit pipeline(loop_job *job) : op(looped{{job}}.connect(job_receiver{job}))
    {
    }
};

} // namespace

int user_sender(void *storage, loop_job *job)
{
    (new (storage) pipeline(job))->op.start();
    return 0;
}
