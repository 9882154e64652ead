/* The task of P4003 in C++20: what the C coroutines over awaitable/task.h are calibrated against. It speaks the
 * protocol of IoAwaitable, await_suspend with two arguments, and awaits whatever does: tasks, and the C awaitables of a
 * stream.
 *
 * As Capy writes it (transform_awaiter, 2026) await_resume sets the frame allocator channel again, after a suspension
 * and, for it cannot tell, also where await_ready was true. An exception that leaves the body is kept for whoever
 * awaits the task, as in every task of the senders here (bench/cxx/tasks.hpp); one that nobody awaits ends the program.
 *
 * Alloc is where frames come from (bench/cxx/frame_memory.hpp). With a member type leaves_channel its task sets no
 * channel: one that is told its allocator has no use for it.
 *
 * Owns: its coroutine.
 */
#ifndef ABREAST_BENCH_CXX_IO_TASK_HPP
#define ABREAST_BENCH_CXX_IO_TASK_HPP

#include "awaitable/cxx/c.hpp"
#include "awaitable/cxx/hidden.hpp"

#include "bench/cxx/frame_memory.hpp"
#include "bench/cxx/owned_handle.hpp"
#include "bench/cxx/result.hpp"

#include <coroutine>
#include <exception>
#include <utility>

template <class Alloc> class [[nodiscard]] basic_io_task
{
  public:
    struct promise_type;

    explicit basic_io_task(std::coroutine_handle<promise_type> handle) : coroutine(handle)
    {
    }

    explicit operator bool() const noexcept
    {
        return coroutine.handle != nullptr;
    }
    bool await_ready() const noexcept
    {
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller, const io_env *env) noexcept
    {
        coroutine.handle.promise().continuation = caller;
        coroutine.handle.promise().env = env;
        return coroutine.handle;
    }
    ssize_t await_resume() const
    {
        return take_result(coroutine.handle.promise().result);
    }

  private:
    owned_handle<promise_type> coroutine;
};

template <class Alloc> struct basic_io_task<Alloc>::promise_type : Alloc {
    std::coroutine_handle<> continuation;
    const io_env *env;
    awaitable_result<ssize_t> result;

    /* Gives an awaitable's await_suspend its second argument. */
    template <class Awaitable> struct transform_awaiter {
        Awaitable awaitable;
        promise_type &promise;

        bool await_ready() noexcept
        {
            return awaitable.await_ready();
        }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept
        {
            return awaitable.await_suspend(caller, promise.env);
        }
        auto await_resume()
        {
            if constexpr (!requires { typename Alloc::leaves_channel; })
                set_current_frame_allocator(promise.env->allocator);
            return awaitable.await_resume();
        }
    };

    struct final_awaiter {
        bool await_ready() const noexcept
        {
            return false;
        }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept
        {
            return self.promise().continuation;
        }
        void await_resume() const noexcept
        {
        }
    };

    basic_io_task get_return_object() noexcept
    {
        return basic_io_task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept
    {
        return {};
    }
    final_awaiter final_suspend() noexcept
    {
        return {};
    }
    void return_value(ssize_t value) noexcept
    {
        result.template emplace<1>(value);
    }
    void unhandled_exception() noexcept
    {
        result.template emplace<2>(std::current_exception());
    }
    template <class Awaitable> transform_awaiter<Awaitable> await_transform(Awaitable &&awaitable)
    {
        return {std::forward<Awaitable>(awaitable), *this};
    }
};

using io_task = basic_io_task<from_channel>;

/* run_async for a task that is a C++ frame: `ended` is called with its result, before its frame is destroyed. */
template <class Task> class io_launch
{
    coro ended; /* the task's continuation */
    Task task;
    void (*done)(io_launch *, ssize_t result);

    static void end(coro *handle) noexcept
    {
        io_launch *self = CONTAINER_OF(handle, io_launch, ended);
        self->done(self, self->task.await_resume());
    }
    static void nothing(coro *)
    {
    }

  public:
    io_launch(Task &&task, void (*done)(io_launch *, ssize_t)) : ended{end, nothing}, task(std::move(task)), done(done)
    {
    }
    io_launch(io_launch &&) = delete;

    /* The task begins on this stack: its executor is where it already is. */
    void start(const io_env *env)
    {
        frame_allocator *saved = get_current_frame_allocator();
        set_current_frame_allocator(env->allocator);
        task.await_suspend(std::coroutine_handle<>::from_address(abreast::hidden(&ended)), env).resume();
        set_current_frame_allocator(saved);
    }
};

#endif
