#include "bench/cxx/compile/turn_task.hpp"

abreast::task<ssize_t> turn_task(loop_job *job)
{
    std::error_code error;
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
    co_return static_cast<ssize_t>(got);
}
