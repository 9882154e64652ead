/* Asio's awaitable (awaitable.hpp:111; impl/awaitable.hpp:137, :772, :1039): no coroutine resumes another, and a pump
 * resumes the top frame of a thread of execution. bench/finals/asio.c tells more. */
#ifndef ABREAST_BENCH_CXX_FINAL_ASIO_HPP
#define ABREAST_BENCH_CXX_FINAL_ASIO_HPP

#include "bench/cxx/final_shapes.hpp"
#include "bench/cxx/owned_handle.hpp"

struct asio_promise;

struct asio_entry {
    asio_promise *top = nullptr;
};

struct asio_thread {
    asio_entry *bottom; /* null: handed over to a handler */
};

struct asio_resume_context {
    void (*after_suspend)(void *) = nullptr;
    void *argument = nullptr;
};

struct asio_task;

struct asio_promise : returning_promise {
    asio_thread *attached = nullptr; /* of the top frame only, while it is pumped */
    asio_promise *caller = nullptr;
    asio_resume_context *context = nullptr;

    struct final_awaiter {
        asio_promise *promise;

        bool await_ready() noexcept
        {
            return false;
        }
        void await_suspend(std::coroutine_handle<>) noexcept
        {
            promise->pop();
        }
        void await_resume() noexcept
        {
        }
    };

    asio_task get_return_object();
    std::suspend_always initial_suspend() noexcept
    {
        return {};
    }
    final_awaiter final_suspend() noexcept
    {
        return {this};
    }
    void push(asio_promise *awaiting) noexcept
    {
        caller = awaiting;
        attached = std::exchange(awaiting->attached, nullptr);
        attached->bottom->top = this;
    }
    void pop() noexcept
    {
        if (caller)
            caller->attached = attached;
        attached->bottom->top = caller;
        attached = nullptr;
        caller = nullptr;
    }
    /* What the coroutine asked for is done when it has suspended; its frame may be gone by then. */
    void resume()
    {
        asio_resume_context asked;
        context = &asked;
        std::coroutine_handle<asio_promise>::from_promise(*this).resume();
        if (asked.after_suspend)
            asked.after_suspend(asked.argument);
    }
};

struct asio_task {
    using promise_type = asio_promise;

    owned_handle<asio_promise> coroutine;

    bool await_ready() const noexcept
    {
        return false;
    }
    void await_suspend(std::coroutine_handle<asio_promise> awaiting) noexcept
    {
        coroutine.handle.promise().push(&awaiting.promise());
    }
    ssize_t await_resume()
    {
        auto ended = std::move(coroutine);
        return ended.handle.promise().result();
    }
};

inline asio_task asio_promise::get_return_object()
{
    return {owned_handle(std::coroutine_handle<asio_promise>::from_promise(*this))};
}

inline void pump(asio_thread &thread)
{
    do
        thread.bottom->top->resume();
    while (thread.bottom && thread.bottom->top);
}

struct asio {
    using task = asio_task;

    struct outside {
        asio_entry entry = {};
        asio_thread handler = {}; /* of an operation that the thread waits for */

        struct yield_awaiter {
            outside *self;

            bool await_ready() noexcept
            {
                return false;
            }
            void await_suspend(std::coroutine_handle<asio_promise> coroutine) noexcept
            {
                *coroutine.promise().context = {initiate, self};
            }
            void await_resume() noexcept
            {
            }
        };

        /* Detaches the thread from the frame and moves it into the handler. */
        static void initiate(void *argument)
        {
            outside *self = static_cast<outside *>(argument);
            asio_thread *thread = std::exchange(self->entry.top->attached, nullptr);
            self->handler = *thread;
            thread->bottom = nullptr;
        }
        void start(task &started)
        {
            asio_thread thread = {&entry};
            entry.top = &started.coroutine.handle.promise();
            entry.top->attached = &thread;
            pump(thread);
        }
        yield_awaiter yield() noexcept
        {
            return {this};
        }
        /* The handler. */
        bool go_on()
        {
            asio_thread thread = std::exchange(handler, {});
            if (!thread.bottom)
                return false;
            thread.bottom->top->attached = &thread;
            pump(thread);
            return true;
        }
    };

    static ssize_t result(task &ended)
    {
        return ended.coroutine.handle.promise().result();
    }
};

#endif
