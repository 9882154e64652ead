/* task<T>: a lazily started C++ coroutine that is a `struct task` of C too.
 *
 *     abreast::task<std::size_t> echo(struct stream &stream);      co_await echo(stream)       C++ awaits it
 *     struct task *task = echo(stream).release();                  CO_AWAIT(n, self, task, task)   C awaits it
 *     std::size_t bytes = abreast::run(loop, echo(stream));        runs it to its end on a run_loop
 *
 * In C a task's frame starts with a struct task: the frame header, and behind it the promise. A C++ compiler puts the
 * promise at the same place, so a promise whose first bytes are the rest of struct task makes the frame of a C++
 * coroutine a struct task as it stands. All of C's task functions take it: run_async, run, when_all, CO_AWAIT. There is
 * no wrapper, and nothing is allocated but the frame.
 *
 * In a task, co_await takes IoAwaitables (P4003: await_suspend has a second argument, the environment, which the
 * promise supplies), tasks of both languages, and C awaitables that ABREAST_AWAITABLE names.
 *
 * Owns: a task owns its frame and destroys it, resumed or not. The frame comes from the current frame allocator by the
 * promise's operator new, and goes back to the same one, whose address stands behind it.
 * Errors: without memory the coroutine's task is empty, as in C it is null; awaiting it throws std::bad_alloc. An
 * exception that leaves the body is thrown again to an awaiter in C++; an awaiter in C has a negative errno: that of a
 * std::system_error, -ENOMEM for std::bad_alloc, else -ENOTRECOVERABLE.
 * Units: T is what the coroutine co_returns; to C the result of an integer T is its value, and of another T 0.
 */
#ifndef ABREAST_AWAITABLE_CXX_TASK_HPP
#define ABREAST_AWAITABLE_CXX_TASK_HPP

#include "awaitable/cxx/handle.hpp"

#include <cstring>
#include <exception>
#include <new>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

namespace abreast
{

/* P4003 4.1: an awaitable that is told the environment. */
template <class A>
concept io_awaitable = requires(A &a, std::coroutine_handle<> caller, const struct io_env *env) {
    { a.await_ready() } -> std::convertible_to<bool>;
    { a.await_suspend(caller, env) } -> std::convertible_to<std::coroutine_handle<>>;
    a.await_resume();
};

/* The functions of a C awaitable T, by its type: CO_AWAIT's token pasting in C++. */
template <class T> struct protocol;

#define ABREAST_AWAITABLE(T)                                                                                           \
    template <> struct abreast::protocol<struct ::T> {                                                                 \
        static bool ready(struct ::T *self)                                                                            \
        {                                                                                                              \
            return T##_await_ready(self);                                                                              \
        }                                                                                                              \
        static ::coro *suspend(struct ::T *self, ::coro *caller, const struct io_env *env)                             \
        {                                                                                                              \
            return T##_await_suspend(self, caller, env);                                                               \
        }                                                                                                              \
        static auto resume(struct ::T *self)                                                                           \
        {                                                                                                              \
            return T##_await_resume(self);                                                                             \
        }                                                                                                              \
    }

template <class T>
concept c_awaitable = requires(T *self) { protocol<T>::ready(self); };

/* A C awaitable that lives elsewhere, as an IoAwaitable. */
template <c_awaitable T> struct c_awaiter {
    T *self;

    bool await_ready()
    {
        return protocol<T>::ready(self);
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller, const struct io_env *env)
    {
        return from_c(protocol<T>::suspend(self, to_c(caller), env));
    }
    auto await_resume()
    {
        return protocol<T>::resume(self);
    }
};

[[noreturn]] inline void fail(int error)
{
#if defined __cpp_exceptions
    if (error == ENOMEM)
        throw std::bad_alloc();
    throw std::system_error(error, std::system_category());
#else
    (void)error;
    std::terminate();
#endif
}

/* A `struct ::task` of either language, and its only owner. Its result is C's: negative errno after a failure. */
class c_task
{
    struct ::task *task_ = nullptr;

  public:
    c_task() = default;
    explicit c_task(struct ::task *task) noexcept : task_(hidden(task))
    {
    }
    c_task(c_task &&other) noexcept : task_(other.release())
    {
    }
    c_task &operator=(c_task other) noexcept
    {
        std::swap(task_, other.task_);
        return *this;
    }
    ~c_task()
    {
        if (task_)
            task_->frame.coro.destroy(&task_->frame.coro);
    }
    explicit operator bool() const noexcept
    {
        return task_ != nullptr;
    }
    struct ::task *get() const noexcept
    {
        return task_;
    }
    [[nodiscard]] struct ::task *release() noexcept
    {
        return std::exchange(task_, nullptr);
    }
    bool await_ready() const noexcept
    {
        return !task_;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller, const struct io_env *env) noexcept
    {
        return from_c(task_await_suspend(task_, to_c(caller), env));
    }
    ssize_t await_resume() const noexcept
    {
        return task_ ? task_await_resume(task_) : -ENOMEM;
    }
};

/* co_await environment: the environment that the task was started in. */
inline constexpr struct environment_t {
} environment;

/* What the probe counts of an await beside await_ready: await_resume is a resumption where there was a suspension. */
#if defined ABREAST_PROBE
struct probed_await {
    bool did_suspend = false;

    void suspends() noexcept
    {
        did_suspend = true;
        PROBE(SUSPEND);
    }
    void resumes() const noexcept
    {
        if (did_suspend)
            PROBE(RESUME);
        PROBE(EXTRACT);
    }
};
#else
struct probed_await {
    void suspends() const noexcept
    {
    }
    void resumes() const noexcept
    {
    }
};
#endif

/* What the promises of all tasks are made of. It comes first in them. */
class promise_base
{
    [[maybe_unused]] alignas(struct ::task) unsigned char rest_of_task[sizeof(struct ::task) - sizeof(struct coro)];

    /* An IoAwaitable in this task. After it the frame allocator channel is the task's own, whoever resumed it. */
    template <class A> struct awaiter {
        A awaitable;
        const struct io_env *env;
        [[no_unique_address]] probed_await probe = {};

        bool await_ready()
        {
            PROBE(READINESS);
            if (!awaitable.await_ready())
                return false;
            PROBE(READY);
            return true;
        }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller)
        {
            probe.suspends();
            return transfer(awaitable.await_suspend(caller, env));
        }
        decltype(auto) await_resume()
        {
            probe.resumes();
            set_current_frame_allocator(env->allocator);
            return awaitable.await_resume();
        }
    };

    struct environment_awaiter : std::suspend_never {
        const struct io_env *env;

        explicit environment_awaiter(const struct io_env *env) noexcept : env(env)
        {
        }
        const struct io_env &await_resume() const noexcept
        {
            return *env;
        }
    };

    struct initial_awaiter : std::suspend_always {
        void await_resume() const noexcept
        {
            PROBE(RESUME);
        }
    };

    struct final_awaiter : std::suspend_always {
        template <class Promise> std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept
        {
            PROBE(SIGNAL);
            return transfer(from_c(self.promise().task()->continuation));
        }
    };

    static std::size_t behind(std::size_t bytes) noexcept
    {
        return (bytes + alignof(void *) - 1) / alignof(void *) * alignof(void *);
    }

  protected:
    promise_base() noexcept
    {
        *task() = {.frame = {.coro = task()->frame.coro, .allocator = {}, .bytes = {}, .resume_point = {}},
                   .continuation = {},
                   .env = {},
                   .result = {}};
    }

  public:
    /* This frame, as C sees it. */
    struct ::task *task() noexcept
    {
        return hidden(reinterpret_cast<struct ::task *>(reinterpret_cast<char *>(this) - sizeof(struct coro)));
    }

    static void *operator new(std::size_t bytes) noexcept
    {
        struct frame_allocator *allocator = get_current_frame_allocator();
        auto *frame = static_cast<char *>(frame_allocate(allocator, behind(bytes) + sizeof allocator));
        if (frame)
            std::memcpy(frame + behind(bytes), &allocator, sizeof allocator);
        return frame;
    }
    static void operator delete(void *frame, std::size_t bytes) noexcept
    {
        struct frame_allocator *allocator;
        std::memcpy(&allocator, static_cast<char *>(frame) + behind(bytes), sizeof allocator);
        frame_deallocate(allocator, frame, behind(bytes) + sizeof allocator);
    }

    initial_awaiter initial_suspend() noexcept
    {
        return {};
    }
    final_awaiter final_suspend() noexcept
    {
        return {};
    }
    template <io_awaitable A> awaiter<A &> await_transform(A &&awaitable) noexcept
    {
        PROBE(TRANSFORM);
        return {awaitable, task()->env};
    }
    template <c_awaitable T> awaiter<c_awaiter<T>> await_transform(T &awaitable) noexcept
    {
        PROBE(TRANSFORM);
        return {{&awaitable}, task()->env};
    }
    environment_awaiter await_transform(environment_t) noexcept
    {
        return environment_awaiter(task()->env);
    }
};

/* The errno by which C knows the exception that is being handled. */
inline int handled_errno() noexcept
{
#if defined __cpp_exceptions
    try {
        throw;
    } catch (const std::system_error &error) {
        const std::error_category &category = error.code().category();
        if ((category == std::system_category() || category == std::generic_category()) && error.code().value() > 0)
            return error.code().value();
    } catch (const std::bad_alloc &) {
        return ENOMEM;
    } catch (...) {
        return ENOTRECOVERABLE;
    }
#endif
    return ENOTRECOVERABLE;
}

template <class T> class task;

template <class T> class promise_of_result : public promise_base
{
  protected:
    using value_type = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
    std::variant<std::monostate, value_type, std::exception_ptr> outcome;

  public:
    void unhandled_exception() noexcept
    {
        outcome.template emplace<2>(std::current_exception());
        this->task()->result = -handled_errno();
    }
    T take()
    {
        if (outcome.index() == 2)
            std::rethrow_exception(std::get<2>(std::move(outcome)));
        if constexpr (!std::is_void_v<T>)
            return std::get<1>(std::move(outcome));
    }
};

template <class T> struct promise : promise_of_result<T> {
    abreast::task<T> get_return_object() noexcept;
    static abreast::task<T> get_return_object_on_allocation_failure() noexcept;

    template <class U> void return_value(U &&value)
    {
        this->outcome.template emplace<1>(std::forward<U>(value));
        if constexpr (std::is_integral_v<T>)
            this->task()->result = static_cast<ssize_t>(std::get<1>(this->outcome));
    }
};

template <> struct promise<void> : promise_of_result<void> {
    inline abreast::task<void> get_return_object() noexcept;
    inline static abreast::task<void> get_return_object_on_allocation_failure() noexcept;

    void return_void() noexcept
    {
        outcome.emplace<1>();
    }
};

template <class T> class [[nodiscard]] task : public c_task
{
  public:
    using promise_type = promise<T>;

    using c_task::c_task;

    T await_resume()
    {
        if (!*this)
            fail(ENOMEM);
        return std::coroutine_handle<promise_type>::from_address(get()).promise().take();
    }
};

template <class T> task<T> promise<T>::get_return_object() noexcept
{
    static_assert(alignof(promise) <= sizeof(struct coro), "T is aligned to more than a frame header: C finds no task");
    return task<T>(this->task());
}

template <class T> task<T> promise<T>::get_return_object_on_allocation_failure() noexcept
{
    return {};
}

task<void> promise<void>::get_return_object() noexcept
{
    return abreast::task<void>(promise_base::task());
}

task<void> promise<void>::get_return_object_on_allocation_failure() noexcept
{
    return {};
}

} // namespace abreast

#endif
