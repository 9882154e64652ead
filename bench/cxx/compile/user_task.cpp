#include "bench/cxx/compile/turn_task.hpp"

abreast::task<ssize_t> user_task(loop_job *job)
{
    while (!stop_requested(job->env->stop)) {
        ssize_t moved = co_await turn_task(job);
        if (moved <= 0)
            co_return moved;
    }
    co_return -ECANCELED;
}
