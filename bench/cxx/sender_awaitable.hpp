/* sender-awaitable: co_await on a sender, as P2300R10 writes it ([exec.as.awaitable] 3). */
#ifndef ABREAST_BENCH_CXX_SENDER_AWAITABLE_HPP
#define ABREAST_BENCH_CXX_SENDER_AWAITABLE_HPP

#include "bench/cxx/result.hpp"
#include "bench/cxx/sender.hpp"

template <class Value, class Wording, class Promise> struct awaitable_receiver {
    awaitable_result<Value> *result_ptr;
    typename Wording::template handle<Promise> continuation;

    template <class... Ts> void set_value(Ts &&...values) && noexcept(Wording::is_noexcept)
    {
        PROBE(VARIANT_EMPLACED);
        TRY
        {
            result_ptr->template emplace<1>(std::forward<Ts>(values)...);
        }
        CATCH_ALL
        {
            result_ptr->template emplace<2>(std::current_exception());
        }
        PROBE(NESTED_RESUME);
        continuation.resume();
    }
    void set_error(std::exception_ptr error) && noexcept(Wording::is_noexcept)
    {
        PROBE(VARIANT_EMPLACED);
        result_ptr->template emplace<2>(std::move(error));
        PROBE(NESTED_RESUME);
        continuation.resume();
    }
    void set_stopped() && noexcept(Wording::is_noexcept)
    {
        PROBE(NESTED_RESUME);
        static_cast<std::coroutine_handle<>>(continuation.promise().unhandled_stopped()).resume();
    }
    env get_env() const noexcept
    {
        return continuation.promise().get_env();
    }
};

template <class Sndr, class Promise> class sender_awaitable
{
    using value = single_value_t<Sndr>;
    using receiver = awaitable_receiver<value, typename Sndr::wording, Promise>;

    awaitable_result<value> result{};
    connect_result_t<Sndr, receiver> state;

  public:
    sender_awaitable(Sndr &&sndr, Promise &promise)
        : state(std::move(sndr).connect(receiver{&result, {std::coroutine_handle<Promise>::from_promise(promise)}}))
    {
        PROBE(RECEIVER_BUILT);
    }
    static constexpr bool await_ready() noexcept
    {
        PROBE(READINESS);
        return false;
    }
    void await_suspend(std::coroutine_handle<Promise>) noexcept(Sndr::wording::is_noexcept)
    {
        PROBE(SUSPEND);
        state.start();
    }
    value await_resume()
    {
        PROBE(RESUME);
        PROBE(EXTRACT);
        return take_result(result);
    }
};

/* For the bridges whose await_suspend returns the handle to resume next: the receiver that leaves the outcome in the
 * awaitable and calls its completed(), which knows who resumes. */
template <class Awaitable> struct storing_receiver {
    Awaitable *self;

    template <class... Ts> void set_value(Ts &&...values) && noexcept
    {
        PROBE(VARIANT_EMPLACED);
        TRY
        {
            self->result.template emplace<1>(std::forward<Ts>(values)...);
        }
        CATCH_ALL
        {
            self->result.template emplace<2>(std::current_exception());
        }
        self->completed();
    }
    void set_error(std::exception_ptr error) && noexcept
    {
        PROBE(VARIANT_EMPLACED);
        self->result.template emplace<2>(std::move(error));
        self->completed();
    }
    void set_stopped() && noexcept
    {
        self->completed();
    }
    env get_env() const noexcept
    {
        return self->continuation.promise().get_env();
    }
};

/* What such an awaitable has for that receiver, and the handle to resume: the coroutine, or unhandled_stopped's. */
template <class Value, class Promise> struct stored_outcome {
    awaitable_result<Value> result{};
    std::coroutine_handle<Promise> continuation;

    std::coroutine_handle<> next() noexcept
    {
        if (result.index() == 0)
            return continuation.promise().unhandled_stopped();
        return continuation;
    }
};

#endif
