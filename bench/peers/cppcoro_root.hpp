/* What starts a cppcoro::task and is told of its end. cppcoro::sync_wait does that with an event on which a thread may
 * wait, which is in cppcoro's compiled part; here everything has ended when the call returns.
 */
#ifndef ABREAST_BENCH_PEERS_CPPCORO_ROOT_HPP
#define ABREAST_BENCH_PEERS_CPPCORO_ROOT_HPP

#include <cppcoro/task.hpp>

#include <cerrno>
#include <coroutine>
#include <exception>
#include <new>
#include <utility>

class cppcoro_root
{
  public:
    struct promise_type {
        std::exception_ptr exception;

        cppcoro_root get_return_object()
        {
            return cppcoro_root(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_never initial_suspend() noexcept
        {
            return {};
        }
        std::suspend_always final_suspend() noexcept
        {
            return {};
        }
        void return_void() noexcept
        {
        }
        void unhandled_exception() noexcept
        {
            exception = std::current_exception();
        }
    };

    cppcoro_root(cppcoro_root &&other) noexcept : handle(std::exchange(other.handle, nullptr))
    {
    }
    cppcoro_root &operator=(cppcoro_root &&) = delete;
    ~cppcoro_root()
    {
        if (handle)
            handle.destroy();
    }

    /* Awaits the task, which ends at once. 0 or negative errno. */
    static int run(cppcoro::task<> task)
    try {
        cppcoro_root root = await(task);
        if (!root.handle.done())
            std::terminate(); /* the task still refers to it */
        if (root.handle.promise().exception)
            std::rethrow_exception(root.handle.promise().exception);
        return 0;
    } catch (const std::bad_alloc &) {
        return -ENOMEM;
    } catch (...) {
        return -EPROTO;
    }

  private:
    std::coroutine_handle<promise_type> handle;

    explicit cppcoro_root(std::coroutine_handle<promise_type> made) : handle(made)
    {
    }
    static cppcoro_root await(cppcoro::task<> &task)
    {
        co_await task;
    }
};

struct cppcoro_library {
    template <class T> using task = cppcoro::task<T>;

    template <class Make> int run(Make make)
    try {
        return cppcoro_root::run(make());
    } catch (const std::bad_alloc &) {
        return -ENOMEM;
    }
};

#endif
