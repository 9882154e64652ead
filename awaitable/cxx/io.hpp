/* The byte-I/O awaitables for C++20 coroutines: the one header that a C++ program includes.
 *
 *     abreast::task<std::size_t> echo(struct stream &stream)
 *     {
 *         std::array<std::byte, 4096> buffer;
 *         std::size_t bytes = 0;
 *         while (std::size_t n = co_await abreast::read_some(stream, buffer)) {
 *             for (std::size_t sent = 0; sent < n;)
 *                 sent += co_await abreast::write_some(stream, std::span(buffer).subspan(sent, n - sent));
 *             bytes += n;
 *         }
 *         co_return bytes;
 *     }
 *
 *     std::size_t bytes = abreast::run(loop, echo(stream));
 *
 * read_some and write_some are those of awaitable/io.h, over the same reactor; reactor, run_loop and streams are made
 * by the functions of common/. A buffer is anything contiguous that std::span takes, and outlives the await.
 *
 * Errors: as in std::filesystem and asio there are two forms. The plain one throws std::system_error; the one with a
 * std::error_code & stores it there, cleared on success, and gives 0. 0 without an error, from a read: end of stream.
 * After a stop request the error is std::errc::operation_canceled. Without exceptions (-fno-exceptions) the second form
 * is the one to use; the first ends the program.
 * Threads: the reactor's thread.
 */
#ifndef ABREAST_AWAITABLE_CXX_IO_HPP
#define ABREAST_AWAITABLE_CXX_IO_HPP

#include "awaitable/cxx/task.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <span>

ABREAST_AWAITABLE(read_some);
ABREAST_AWAITABLE(write_some);
ABREAST_AWAITABLE(run);
ABREAST_AWAITABLE(when_all);
ABREAST_AWAITABLE(when_any);

namespace abreast
{

/* read_some or write_some, in the frame of the coroutine that awaits it. */
template <c_awaitable T> class [[nodiscard]] io_operation
{
    T operation;
    std::error_code *error; /* null: throw */

    /* A system_category() is a call into the C++ library, which a success does not need. */
    static void set(std::error_code &error, int failure)
    {
        if (failure)
            error.assign(failure, std::system_category());
        else if (error)
            error.clear();
    }

  public:
    template <class Prepare>
    io_operation(Prepare prepare, struct ::stream &stream, auto bytes, std::error_code *error) noexcept : error(error)
    {
        prepare(&operation, &stream, bytes.data(), bytes.size());
    }
    bool await_ready()
    {
        return protocol<T>::ready(&operation);
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller, const struct ::io_env *env)
    {
        return from_c(protocol<T>::suspend(&operation, to_c(caller), env));
    }
    std::size_t await_resume()
    {
        ssize_t result = protocol<T>::resume(&operation);
        int failure = result < 0 ? static_cast<int>(-result) : 0;
        if (error)
            set(*error, failure);
        else if (failure)
            fail(failure);
        return failure ? 0 : static_cast<std::size_t>(result);
    }
};

template <class Buffer> io_operation<struct ::read_some> read_some(struct ::stream &stream, Buffer &&buffer)
{
    return {::read_some, stream, std::as_writable_bytes(std::span(buffer)), nullptr};
}

template <class Buffer>
io_operation<struct ::read_some> read_some(struct ::stream &stream, Buffer &&buffer, std::error_code &error)
{
    return {::read_some, stream, std::as_writable_bytes(std::span(buffer)), &error};
}

template <class Buffer> io_operation<struct ::write_some> write_some(struct ::stream &stream, const Buffer &buffer)
{
    return {::write_some, stream, std::as_bytes(std::span(buffer)), nullptr};
}

template <class Buffer>
io_operation<struct ::write_some> write_some(struct ::stream &stream, const Buffer &buffer, std::error_code &error)
{
    return {::write_some, stream, std::as_bytes(std::span(buffer)), &error};
}

/* co_await when_all(tasks...): C's when_all of tasks of either language, which it takes over. Gives the result of each
 * as C has it: negative errno after a failure, and else what an integer task co_returned. */
template <std::size_t N> class [[nodiscard]] when_all_of
{
    struct ::when_all all = {};
    std::array<struct ::when_child, N> children = {};

  public:
    explicit when_all_of(std::array<struct ::task *, N> tasks) noexcept
    {
        for (std::size_t i = 0; i < N; i++)
            children[i].task = tasks[i];
        ::when_all(&all, children.data(), N);
    }
    when_all_of(const when_all_of &) = delete;
    ~when_all_of()
    {
        when_all_destroy(&all);
    }
    bool await_ready() const noexcept
    {
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller, const struct ::io_env *env)
    {
        return from_c(when_all_await_suspend(&all, to_c(caller), env));
    }
    std::array<ssize_t, N> await_resume() const noexcept
    {
        std::array<ssize_t, N> results;
        for (std::size_t i = 0; i < N; i++)
            results[i] = children[i].result;
        return results;
    }
};

template <std::derived_from<c_task>... Tasks> when_all_of<sizeof...(Tasks)> when_all(Tasks... tasks)
{
    return when_all_of<sizeof...(Tasks)>({tasks.release()...});
}

/* While it lives, coroutines that are called on this thread get their frames from `allocator`: P4003 3.5. */
class frame_allocator_scope
{
    struct ::frame_allocator *saved = get_current_frame_allocator();

  public:
    explicit frame_allocator_scope(struct ::frame_allocator *allocator) noexcept
    {
        set_current_frame_allocator(allocator);
    }
    frame_allocator_scope(const frame_allocator_scope &) = delete;
    ~frame_allocator_scope()
    {
        set_current_frame_allocator(saved);
    }
};

/* The continuation of the task that run() was given. */
class root : ::coro
{
    struct ::run_loop *loop;
    struct ::task *task;
    struct ::continuation start{};

    static void nothing_to_destroy(::coro *)
    {
    }
    static void begin(::coro *coro)
    {
        root *self = static_cast<root *>(coro);
        set_current_frame_allocator(self->task->env->allocator);
        self->resume = ended;
        TRANSFER_TO(&self->task->frame.coro);
    }
    static void ended(::coro *coro)
    {
        run_loop_finish(static_cast<root *>(coro)->loop);
    }

  public:
    root(struct ::run_loop *loop, struct ::task *task) noexcept
        : ::coro{begin, nothing_to_destroy}, loop(loop), task(task)
    {
    }
    void launch(const struct ::io_env *env)
    {
        task_await_suspend(task, this, env);
        start.coro = this;
        safe_resume(executor_dispatch(env->executor, &start));
    }
};

/* The launch function: runs `task` on `loop` to its end, and gives what it co_returned, or throws what it threw. Frames
 * that it creates come from `allocator`, null being malloc. When the reactor fails that is thrown, and the task, which
 * may have operations in flight, is left as it is. To launch several, or from within the loop, C's run_async takes
 * task.release(). */
template <class T>
T run(struct ::run_loop &loop, task<T> task, struct ::stop_token stop = {},
      struct ::frame_allocator *allocator = get_current_frame_allocator())
{
    const struct ::io_env env = {run_loop_executor(&loop), stop, allocator};
    if (!task)
        fail(ENOMEM);
    root root(&loop, task.get());
    root.launch(&env);
    if (int error = run_loop_run(&loop)) {
        (void)task.release();
        fail(-error);
    }
    return task.await_resume();
}

} // namespace abreast

#endif
