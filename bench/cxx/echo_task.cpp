/* The loop of awaitable/loop.c as a C++20 coroutine over the same awaitables. */
#include "awaitable/cxx/io.hpp"
#include "bench/cxx/echo.h"

namespace
{

abreast::task<ssize_t> loop(loop_job *job)
{
    std::error_code error;
    while (!stop_requested(job->env->stop)) {
        std::size_t got = co_await abreast::read_some(*job->stream, std::span(job->buffer, job->size), error);
        if (error || got == 0)
            co_return -error.value();

        process(&job->process, job->buffer, got);

        for (std::size_t sent = 0; sent < got;) {
            sent += co_await abreast::write_some(*job->stream, std::span(job->buffer + sent, got - sent), error);
            if (error)
                co_return -error.value();
        }
        job->bytes += got;
    }
    co_return -ECANCELED;
}

struct launched_loop {
    struct run_async launch;
    loop_job *job;
};

void ended(struct run_async *launch, ssize_t result)
{
    loop_job_finish(CONTAINER_OF(launch, launched_loop, launch)->job, static_cast<int>(result));
}

int start_task(void *storage, loop_job *job)
{
    auto *self = static_cast<launched_loop *>(storage);
    abreast::frame_allocator_scope frames(job->env->allocator);
    abreast::task<ssize_t> task = loop(job);
    if (!task)
        return -ENOMEM;
    self->job = job;
    run_async(&self->launch, task.release(), job->env, ended);
    return 0;
}

void abandon(void *storage)
{
    run_async_abandon(&static_cast<launched_loop *>(storage)->launch);
}

coro *coroutine(void *storage)
{
    return &static_cast<launched_loop *>(storage)->launch.task->frame.coro;
}

const std::size_t task_bytes = sizeof(launched_loop);

} // namespace

const loop_code loop_cxx_task = {&task_bytes, start_task, abandon, coroutine, false, nullptr};
