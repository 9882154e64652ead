/* The task of P4003 in C++20: what the C coroutines over awaitable/task.h are calibrated against. It speaks the
 * protocol of IoAwaitable, await_suspend with two arguments, and awaits whatever does: tasks, and the C awaitables of a
 * stream.
 *
 * As Capy writes it (frame_alloc_mixin, transform_awaiter, 2026): the promise's operator new takes the frame allocator
 * from the channel and keeps it behind the frame, for operator delete; await_resume sets the channel again, after a
 * suspension and, for it cannot tell, also where await_ready was true. The C task does so after a suspension only.
 *
 * Alloc is where frames come from: an operator new and delete that the promise inherits.
 *
 * Owns: its coroutine.
 */
#ifndef ABREAST_BENCH_CXX_IO_TASK_HPP
#define ABREAST_BENCH_CXX_IO_TASK_HPP

#include "awaitable/cxx/c.hpp"

#include <coroutine>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <utility>

/* Frames from the allocator that the channel names. */
struct from_channel {
    static void *operator new(std::size_t bytes)
    {
        frame_allocator *allocator = get_current_frame_allocator();
        void *frame = frame_allocate(allocator, bytes + sizeof allocator);
        if (!frame)
            std::abort(); /* where bad_alloc would be thrown */
        std::memcpy(static_cast<char *>(frame) + bytes, &allocator, sizeof allocator);
        return frame;
    }
    static void operator delete(void *frame, std::size_t bytes)
    {
        frame_allocator *allocator;
        std::memcpy(&allocator, static_cast<char *>(frame) + bytes, sizeof allocator);
        frame_deallocate(allocator, frame, bytes + sizeof allocator);
    }
};

inline coro *c_handle(std::coroutine_handle<> handle)
{
    return static_cast<coro *>(handle.address());
}

template <class Alloc> class [[nodiscard]] basic_io_task
{
  public:
    struct promise_type;

    explicit basic_io_task(std::coroutine_handle<promise_type> handle) : handle(handle)
    {
    }
    basic_io_task(basic_io_task &&other) noexcept : handle(std::exchange(other.handle, nullptr))
    {
    }
    ~basic_io_task()
    {
        if (handle)
            handle.destroy();
    }

    bool await_ready() const noexcept
    {
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller, const io_env *env) noexcept
    {
        handle.promise().continuation = caller;
        handle.promise().env = env;
        return handle;
    }
    ssize_t await_resume() const noexcept
    {
        return handle.promise().result;
    }

  private:
    std::coroutine_handle<promise_type> handle;
};

template <class Alloc> struct basic_io_task<Alloc>::promise_type : Alloc {
    std::coroutine_handle<> continuation;
    const io_env *env;
    ssize_t result;

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
        auto await_resume() noexcept
        {
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
        result = value;
    }
    void unhandled_exception() noexcept
    {
        std::terminate();
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

    static void end(coro *handle)
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
        task.await_suspend(std::coroutine_handle<>::from_address(&ended), env).resume();
        set_current_frame_allocator(saved);
    }
};

#endif
