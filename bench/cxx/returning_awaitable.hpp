/* The protocol change that P2583R0 5.2 and 8 say a transfer would need: start and the completion functions return the
 * handle to resume next. It takes no feature that C++20 does not have. The algorithms are those of the standard's
 * protocol; what differs is the receiver that stands for a coroutine. */
#ifndef ABREAST_BENCH_CXX_RETURNING_AWAITABLE_HPP
#define ABREAST_BENCH_CXX_RETURNING_AWAITABLE_HPP

#include "bench/cxx/sender_awaitable.hpp"

template <class Sndr, class Promise> class returning_awaitable
{
    using value = single_value_t<Sndr>;

    struct receiver {
        awaitable_result<value> *result_ptr;
        std::coroutine_handle<Promise> continuation;

        template <class... Ts> std::coroutine_handle<> set_value(Ts &&...values) && noexcept
        {
            TRY
            {
                result_ptr->template emplace<1>(std::forward<Ts>(values)...);
            }
            CATCH_ALL
            {
                result_ptr->template emplace<2>(std::current_exception());
            }
            return continuation;
        }
        std::coroutine_handle<> set_error(std::exception_ptr error) && noexcept
        {
            result_ptr->template emplace<2>(std::move(error));
            return continuation;
        }
        std::coroutine_handle<> set_stopped() && noexcept
        {
            return continuation.promise().unhandled_stopped();
        }
        env get_env() const noexcept
        {
            return continuation.promise().get_env();
        }
    };

    awaitable_result<value> result{};
    connect_result_t<Sndr, receiver> state;

  public:
    returning_awaitable(Sndr &&sndr, Promise &promise)
        : state(std::move(sndr).connect(receiver{&result, std::coroutine_handle<Promise>::from_promise(promise)}))
    {
    }
    static constexpr bool await_ready() noexcept
    {
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise>) noexcept
    {
        return state.start();
    }
    value await_resume()
    {
        return take_result(result);
    }
};

#endif
