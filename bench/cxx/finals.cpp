/* The libraries of `finals` whose tasks are lazy and resume one coroutine from another, as bench/finals/<library>.c has
 * them: cppcoro, libcoro, Capy, folly, and cppcoro without symmetric transfer. */
#include "bench/cxx/final_shapes.hpp"
#include "bench/cxx/owned_handle.hpp"

#include <atomic>

namespace
{

/* A final awaiter: Await is a function object of the promise, and of what it returns the await_suspend is. */
template <class Promise> struct final_awaiter {
    bool await_ready() noexcept
    {
        return false;
    }
    auto await_suspend(std::coroutine_handle<Promise> coroutine) noexcept
    {
        return coroutine.promise().ended();
    }
    void await_resume() noexcept
    {
    }
};

/* What the promises share: a lazy coroutine, whose final awaiter's await_suspend is Derived::ended(). */
template <class Task, class Derived> struct lazy_promise : returning_promise {
    Task get_return_object()
    {
        return Task{owned_handle(std::coroutine_handle<Derived>::from_promise(static_cast<Derived &>(*this)))};
    }
    std::suspend_always initial_suspend() noexcept
    {
        return {};
    }
    final_awaiter<Derived> final_suspend() noexcept
    {
        return {};
    }
};

/* Resumes the coroutine of a task whose continuation is `continuation`. */
template <class Task> struct resuming_outside : suspended_outside {
    void start(Task &started)
    {
        started.coroutine.handle.promise().continuation = std::noop_coroutine();
        started.coroutine.handle.resume();
    }
};

template <class Task> struct library {
    using task = Task;
    using outside = resuming_outside<Task>;

    static ssize_t result(task &ended)
    {
        return ended.coroutine.handle.promise().result();
    }
};

/* ---- cppcoro (task.hpp:39, :307) ---- */

struct cppcoro_task {
    struct promise_type : lazy_promise<cppcoro_task, promise_type> {
        std::coroutine_handle<> continuation = nullptr;

        std::coroutine_handle<> ended() noexcept
        {
            return continuation;
        }
    };

    owned_handle<promise_type> coroutine;

    bool await_ready() const noexcept
    {
        return !coroutine.handle || coroutine.handle.done();
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept
    {
        coroutine.handle.promise().continuation = awaiting;
        return coroutine.handle;
    }
    ssize_t await_resume()
    {
        return coroutine.handle.promise().result();
    }
};

using cppcoro = library<cppcoro_task>;

/* ---- libcoro (task.hpp:24, :246) ---- */

struct libcoro_task {
    struct promise_type : lazy_promise<libcoro_task, promise_type> {
        std::coroutine_handle<> continuation = nullptr;

        std::coroutine_handle<> ended() noexcept
        {
            if (continuation)
                return continuation;
            return std::noop_coroutine();
        }
    };

    owned_handle<promise_type> coroutine;

    bool await_ready() const noexcept
    {
        return !coroutine.handle || coroutine.handle.done();
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept
    {
        coroutine.handle.promise().continuation = awaiting;
        return coroutine.handle;
    }
    ssize_t await_resume()
    {
        return coroutine.handle.promise().result();
    }
};

struct libcoro : library<libcoro_task> {
    struct outside : suspended_outside {
        void start(libcoro_task &started)
        {
            started.coroutine.handle.resume();
        }
    };
};

/* ---- Capy (task.hpp, transform_awaiter) ---- */

struct io_environment {
    executor_ref executor = {};
};

struct capy_task {
    struct promise_type : lazy_promise<capy_task, promise_type> {
        std::coroutine_handle<> continuation = nullptr;
        const io_environment *env = nullptr;
        frame_allocator *allocator = frame_allocator_channel;

        std::coroutine_handle<> ended() noexcept
        {
            return continuation;
        }

        /* The environment is the second argument, and the channel is set again after each suspension. */
        template <class Awaitable> struct transform_awaiter {
            Awaitable &&awaitable;
            promise_type &promise;

            bool await_ready()
            {
                return awaitable.await_ready();
            }
            auto await_suspend(std::coroutine_handle<> awaiting) noexcept
            {
                if constexpr (requires { awaitable.await_suspend(awaiting, promise.env); })
                    return awaitable.await_suspend(awaiting, promise.env);
                else
                    return awaitable.await_suspend(awaiting);
            }
            decltype(auto) await_resume()
            {
                if (promise.allocator)
                    frame_allocator_channel = promise.allocator;
                return awaitable.await_resume();
            }
        };

        template <class Awaitable> transform_awaiter<Awaitable> await_transform(Awaitable &&awaitable)
        {
            return {std::forward<Awaitable>(awaitable), *this};
        }
    };

    owned_handle<promise_type> coroutine;

    bool await_ready() const noexcept
    {
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting, const io_environment *env) noexcept
    {
        coroutine.handle.promise().continuation = awaiting;
        coroutine.handle.promise().env = env;
        return coroutine.handle;
    }
    ssize_t await_resume()
    {
        return coroutine.handle.promise().result();
    }
};

struct capy : library<capy_task> {
    struct outside : resuming_outside<capy_task> {
        io_environment env;

        void start(capy_task &started)
        {
            started.coroutine.handle.promise().env = &env;
            resuming_outside<capy_task>::start(started);
        }
    };
};

/* ---- folly::coro (Task.h: Task::Awaiter, TaskPromiseBase::FinalAwaiter; FOLLY_NOINLINE both) ---- */

struct async_stack_frame;

struct async_stack_root {
    async_stack_frame *top;
};

struct async_stack_frame {
    async_stack_frame *parent = nullptr;
    void *return_address = nullptr;
    async_stack_root *root = nullptr;
};

void push_async_stack_frame(async_stack_frame &caller, async_stack_frame &callee) noexcept
{
    callee.parent = &caller;
    callee.root = std::exchange(caller.root, nullptr);
    callee.root->top = &callee;
}

void pop_async_stack_frame(async_stack_frame &callee) noexcept
{
    if (callee.parent)
        callee.parent->root = callee.root;
    callee.root->top = callee.parent;
    callee.root = nullptr;
}

struct folly_task {
    struct promise_type;

    struct folly_final_awaiter {
        bool await_ready() noexcept
        {
            return false;
        }
        [[gnu::noinline]] std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> coroutine) noexcept
        {
            pop_async_stack_frame(coroutine.promise().async);
            return coroutine.promise().continuation;
        }
        void await_resume() noexcept
        {
        }
    };

    struct promise_type : lazy_promise<folly_task, promise_type> {
        std::coroutine_handle<> continuation = nullptr;
        async_stack_frame async = {};

        folly_final_awaiter final_suspend() noexcept
        {
            return {};
        }
    };

    owned_handle<promise_type> coroutine;

    bool await_ready() const noexcept
    {
        return false;
    }
    [[gnu::noinline]] std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> awaiting) noexcept
    {
        promise_type &promise = coroutine.handle.promise();
        promise.continuation = awaiting;
        promise.async.return_address = __builtin_return_address(0);
        push_async_stack_frame(awaiting.promise().async, promise.async);
        return coroutine.handle;
    }
    ssize_t await_resume()
    {
        auto ended = std::move(coroutine);
        return ended.handle.promise().result();
    }
};

struct folly : library<folly_task> {
    /* Gives the coroutine an async stack of its own while it runs. */
    struct outside {
        std::coroutine_handle<folly_task::promise_type> suspended = nullptr;
        async_stack_root root = {};

        struct yield_awaiter {
            outside *self;

            bool await_ready() noexcept
            {
                return false;
            }
            void await_suspend(std::coroutine_handle<folly_task::promise_type> coroutine) noexcept
            {
                std::exchange(coroutine.promise().async.root, nullptr)->top = nullptr;
                self->suspended = coroutine;
            }
            void await_resume() noexcept
            {
            }
        };

        void resume(std::coroutine_handle<folly_task::promise_type> coroutine)
        {
            root.top = &coroutine.promise().async;
            coroutine.promise().async.root = &root;
            coroutine.resume();
        }
        void start(folly_task &started)
        {
            started.coroutine.handle.promise().continuation = std::noop_coroutine();
            resume(started.coroutine.handle);
        }
        yield_awaiter yield() noexcept
        {
            return {this};
        }
        bool go_on()
        {
            auto coroutine = std::exchange(suspended, nullptr);
            if (coroutine)
                resume(coroutine);
            return static_cast<bool>(coroutine);
        }
    };
};

/* ---- Without symmetric transfer: cppcoro's fallback (task.hpp:52, :314), and the simplest ---- */

struct fallback_bool_task {
    struct promise_type : lazy_promise<fallback_bool_task, promise_type> {
        std::coroutine_handle<> continuation = nullptr;
        std::atomic<bool> state = false;

        void ended() noexcept
        {
            if (state.exchange(true, std::memory_order_acq_rel))
                continuation.resume();
        }
    };

    owned_handle<promise_type> coroutine;

    bool await_ready() const noexcept
    {
        return !coroutine.handle || coroutine.handle.done();
    }
    bool await_suspend(std::coroutine_handle<> awaiting) noexcept
    {
        coroutine.handle.resume();
        promise_type &promise = coroutine.handle.promise();
        promise.continuation = awaiting;
        return !promise.state.exchange(true, std::memory_order_acq_rel);
    }
    ssize_t await_resume()
    {
        return coroutine.handle.promise().result();
    }
};

struct fallback_bool : library<fallback_bool_task> {
    struct outside : suspended_outside {
        void start(fallback_bool_task &started)
        {
            started.coroutine.handle.resume();
        }
    };
};

struct fallback_void_task {
    struct promise_type : lazy_promise<fallback_void_task, promise_type> {
        std::coroutine_handle<> continuation = nullptr;

        void ended() noexcept
        {
            continuation.resume();
        }
    };

    owned_handle<promise_type> coroutine;

    bool await_ready() const noexcept
    {
        return false;
    }
    void await_suspend(std::coroutine_handle<> awaiting) noexcept
    {
        coroutine.handle.promise().continuation = awaiting;
        coroutine.handle.resume();
    }
    ssize_t await_resume()
    {
        return coroutine.handle.promise().result();
    }
};

using fallback_void = library<fallback_void_task>;

} // namespace

const stack_variant cppcoro_variants[] = {FINAL_VARIANTS(cppcoro, "", ()), last_variant};
const stack_variant libcoro_variants[] = {FINAL_VARIANTS(libcoro, "", ()), last_variant};
const stack_variant capy_variants[] = {FINAL_VARIANTS(capy, "", ()), last_variant};
const stack_variant folly_variants[] = {FINAL_VARIANTS(folly, "", ()), last_variant};
const stack_variant cppcoro_fallback_variants[] = {
    FINAL_VARIANTS(fallback_bool, "fallback=bool,", (RETURNS_FIRST, NOTHING)),
    FINAL_VARIANTS(fallback_void, "fallback=void,", ()),
    last_variant,
};
