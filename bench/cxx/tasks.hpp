/* The tasks of which one awaits another: P3552R3's as written, that with the fix of P3796R1, and an awaitable one. Each
 * is lazy and co_returns an integer.
 */
#ifndef ABREAST_BENCH_CXX_TASKS_HPP
#define ABREAST_BENCH_CXX_TASKS_HPP

#include "bench/cxx/continues_on.hpp"
#include "bench/cxx/sender_awaitable.hpp"
#include "bench/cxx/task.hpp"

#include <sys/types.h>

using task_result = awaitable_result<ssize_t>;

/* What the promises share; Derived is the promise. */
template <class Task, class Derived> struct task_promise {
    Task get_return_object()
    {
        return Task{owned_handle(std::coroutine_handle<Derived>::from_promise(static_cast<Derived &>(*this)))};
    }
    struct initial_awaiter : std::suspend_always {
        void await_resume() const noexcept
        {
            PROBE(RESUME);
        }
    };

    initial_awaiter initial_suspend() noexcept
    {
        return {};
    }
};

/* Delivers a task's result to its receiver. */
template <class Rcvr> void set_result(Rcvr &&rcvr, task_result &&result) noexcept
{
    if (result.index() == 1) {
        PROBE(SET_VALUE);
        std::move(rcvr).set_value(std::get<1>(std::move(result)));
    } else {
        PROBE(SET_ERROR);
        std::move(rcvr).set_error(std::get<2>(std::move(result)));
    }
}

/* ---- P3552R3's task as written ---- */

/* The part of [task.state] that the promise knows: it lies in the operation state. */
struct affine_state {
    task_result result;
    env environment = {};

    virtual void completed() noexcept = 0;
    virtual void stopped() noexcept = 0;
};

/* The global operator new's. */
struct frames_from_default {
};

/* Each co_await goes through affine_on(sndr, scheduler), of a type-erased scheduler; final_suspend completes the
 * receiver from a void await_suspend. With affine false the task's scheduler_type is inline_scheduler, and there is no
 * affine_on ([task.promise] 10.1). Frames has the promise's operator new and delete. */
template <bool affine, class Frames = frames_from_default> struct affine_task {
    using sender_concept = void;
    using wording = as_written;
    using value_types = std::tuple<ssize_t>;
    static constexpr bool may_fail = true, may_stop = true;
    static constexpr bool completes_inline = false;

    struct promise_type : task_promise<affine_task, promise_type>, Frames {
        struct final_awaiter {
            bool await_ready() noexcept
            {
                return false;
            }
            void await_suspend(std::coroutine_handle<promise_type> coroutine) noexcept
            {
                PROBE(TABLE_CALL);
                coroutine.promise().state->completed();
            }
            void await_resume() noexcept
            {
            }
        };

        affine_state *state = nullptr;

        final_awaiter final_suspend() noexcept
        {
            return {};
        }
        void return_value(ssize_t value)
        {
            state->result.emplace<1>(value);
        }
        void unhandled_exception()
        {
            state->result.emplace<2>(std::current_exception());
        }
        std::coroutine_handle<> unhandled_stopped() noexcept
        {
            state->stopped();
            return std::noop_coroutine();
        }
        env get_env() const noexcept
        {
            return state->environment;
        }
        template <class Sndr> auto await_transform(Sndr &&sndr)
        {
            PROBE(TRANSFORM);
            if constexpr (affine) {
                using affine_on = continues_on<Sndr, executor_ref>;
                return sender_awaitable<affine_on, promise_type>({std::move(sndr), get_env().scheduler}, *this);
            } else {
                return sender_awaitable<Sndr, promise_type>(std::move(sndr), *this);
            }
        }
    };

    template <class Rcvr> struct operation final : affine_state {
        owned_handle<promise_type> coroutine;
        Rcvr rcvr;

        operation(owned_handle<promise_type> &&coroutine, Rcvr &&rcvr)
            : coroutine(std::move(coroutine)), rcvr(std::move(rcvr))
        {
            this->environment = this->rcvr.get_env();
        }
        operation(operation &&) = delete;

        void start() & noexcept
        {
            PROBE(START);
            PROBE(NESTED_RESUME);
            coroutine.handle.promise().state = this;
            coroutine.handle.resume();
        }
        void completed() noexcept override
        {
            set_result(std::move(rcvr), std::move(this->result));
        }
        void stopped() noexcept override
        {
            PROBE(SET_STOPPED);
            std::move(rcvr).set_stopped();
        }
    };

    owned_handle<promise_type> coroutine;

    template <class Rcvr> operation<Rcvr> connect(Rcvr rcvr) &&
    {
        PROBE(CONNECT);
        PROBE(OP_STATE_BUILT);
        return {std::move(coroutine), std::move(rcvr)};
    }
};

/* ---- The task with the fix of P3796R1 3.2.3, as stdexec (2026-03-19) and beman ship it ---- */

/* What the task was started by: an awaiter or an operation state. Both return the handle to resume next. */
struct transfer_state {
    env environment = {};

    virtual std::coroutine_handle<> completed() noexcept = 0;
    virtual std::coroutine_handle<> stopped() noexcept = 0;
};

/* A task awaits a task by its own awaiter, and any other sender by Bridge (stdexec __task.hpp:537, :798). */
template <template <class, class> class Bridge, class Frames = frames_from_default> struct transfer_task {
    using sender_concept = void;
    using wording = as_written;
    using value_types = std::tuple<ssize_t>;
    static constexpr bool may_fail = true, may_stop = true;
    static constexpr bool completes_inline = false;

    struct promise_type : task_promise<transfer_task, promise_type>, Frames {
        struct final_awaiter {
            bool await_ready() noexcept
            {
                return false;
            }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> coroutine) noexcept
            {
                PROBE(TABLE_CALL);
                return transferring(coroutine.promise().state->completed());
            }
            void await_resume() noexcept
            {
            }
        };

        transfer_state *state = nullptr;
        task_result result;

        final_awaiter final_suspend() noexcept
        {
            return {};
        }
        void return_value(ssize_t value)
        {
            result.template emplace<1>(value);
        }
        void unhandled_exception()
        {
            result.template emplace<2>(std::current_exception());
        }
        std::coroutine_handle<> unhandled_stopped() noexcept
        {
            return state->stopped();
        }
        env get_env() const noexcept
        {
            return state->environment;
        }
        template <class T> decltype(auto) await_transform(T &&value)
        {
            PROBE(TRANSFORM);
            return ::as_awaitable<Bridge>(std::forward<T>(value), *this);
        }
    };

    template <class Promise> struct awaiter final : transfer_state {
        owned_handle<promise_type> coroutine;
        std::coroutine_handle<Promise> continuation;

        awaiter(owned_handle<promise_type> &&coroutine, std::coroutine_handle<Promise> continuation)
            : coroutine(std::move(coroutine)), continuation(continuation)
        {
            environment = continuation.promise().get_env();
        }
        bool await_ready() noexcept
        {
            PROBE(READINESS);
            return false;
        }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise>) noexcept
        {
            PROBE(SUSPEND);
            PROBE(LAUNCH);
            coroutine.handle.promise().state = this;
            return transferring(coroutine.handle);
        }
        ssize_t await_resume()
        {
            PROBE(RESUME);
            PROBE(EXTRACT);
            auto ended = std::move(coroutine);
            return take_result(ended.handle.promise().result);
        }
        std::coroutine_handle<> completed() noexcept override
        {
            PROBE(SIGNAL);
            return continuation;
        }
        std::coroutine_handle<> stopped() noexcept override
        {
            return continuation.promise().unhandled_stopped();
        }
    };

    template <class Rcvr> struct operation final : transfer_state {
        owned_handle<promise_type> coroutine;
        Rcvr rcvr;

        operation(owned_handle<promise_type> &&coroutine, Rcvr &&rcvr)
            : coroutine(std::move(coroutine)), rcvr(std::move(rcvr))
        {
            environment = this->rcvr.get_env();
        }
        operation(operation &&) = delete;

        void start() & noexcept
        {
            PROBE(START);
            PROBE(NESTED_RESUME);
            coroutine.handle.promise().state = this;
            coroutine.handle.resume();
        }
        std::coroutine_handle<> completed() noexcept override
        {
            task_result result = std::move(coroutine.handle.promise().result);
            {
                auto ended = std::move(coroutine);
            }
            set_result(std::move(rcvr), std::move(result));
            return std::noop_coroutine();
        }
        std::coroutine_handle<> stopped() noexcept override
        {
            {
                auto ended = std::move(coroutine);
            }
            PROBE(SET_STOPPED);
            std::move(rcvr).set_stopped();
            return std::noop_coroutine();
        }
    };

    owned_handle<promise_type> coroutine;

    template <class Promise> awaiter<Promise> as_awaitable(Promise &promise) &&
    {
        return {std::move(coroutine), std::coroutine_handle<Promise>::from_promise(promise)};
    }
    template <class Rcvr> operation<Rcvr> connect(Rcvr rcvr) &&
    {
        PROBE(CONNECT);
        PROBE(OP_STATE_BUILT);
        return {std::move(coroutine), std::move(rcvr)};
    }
};

/* ---- An awaitable task, as cppcoro's and Capy's: both await_suspends return a handle ---- */

struct awaitable_task {
    struct promise_type : task_promise<awaitable_task, promise_type> {
        struct final_awaiter {
            bool await_ready() noexcept
            {
                return false;
            }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> coroutine) noexcept
            {
                return coroutine.promise().continuation;
            }
            void await_resume() noexcept
            {
            }
        };

        std::coroutine_handle<> continuation = nullptr;
        task_result result;

        final_awaiter final_suspend() noexcept
        {
            return {};
        }
        void return_value(ssize_t value)
        {
            result.emplace<1>(value);
        }
        void unhandled_exception()
        {
            result.emplace<2>(std::current_exception());
        }
    };

    owned_handle<promise_type> coroutine;

    bool await_ready() noexcept
    {
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept
    {
        coroutine.handle.promise().continuation = caller;
        return coroutine.handle;
    }
    ssize_t await_resume()
    {
        return take_result(coroutine.handle.promise().result);
    }
};

#endif
