// The smallest coroutine type: its owner resumes it first, and destroys it last.
#ifndef ABREAST_FINDINGS_TASK_HPP
#define ABREAST_FINDINGS_TASK_HPP

#include <coroutine>
#include <exception>

struct task {
    struct promise_type {
        task get_return_object()
        {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() noexcept
        {
            return {};
        }
        std::suspend_always final_suspend() noexcept
        {
            return {};
        }
        void return_void()
        {
        }
        void unhandled_exception()
        {
            std::terminate();
        }
    };
    std::coroutine_handle<promise_type> handle;
};

inline void run(task task)
{
    task.handle.resume();
    task.handle.destroy();
}

#endif
