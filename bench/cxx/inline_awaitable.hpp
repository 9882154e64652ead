/* The bridge for a sender that is statically known to complete before start returns: connected and started inside an
 * await_suspend that returns the coroutine; the receiver only stores. stdexec since 2026-02-26
 * (__as_awaitable.hpp:379). */
#ifndef ABREAST_BENCH_CXX_INLINE_AWAITABLE_HPP
#define ABREAST_BENCH_CXX_INLINE_AWAITABLE_HPP

#include "bench/cxx/sender_awaitable.hpp"

template <class Sndr, class Promise> class inline_awaitable : stored_outcome<single_value_t<Sndr>, Promise>
{
    static_assert(Sndr::completes_inline);
    using receiver = storing_receiver<inline_awaitable>;
    friend receiver;

    Sndr sndr;

    void completed() noexcept
    {
    }

  public:
    inline_awaitable(Sndr &&sndr, Promise &promise)
        : stored_outcome<single_value_t<Sndr>, Promise>{{}, std::coroutine_handle<Promise>::from_promise(promise)},
          sndr(std::move(sndr))
    {
    }
    static constexpr bool await_ready() noexcept
    {
        PROBE(READINESS);
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise>)
    {
        PROBE(SUSPEND);
        PROBE(RECEIVER_BUILT);
        {
            auto state = std::move(sndr).connect(receiver{this});
            state.start();
        }
        return transferring(this->next());
    }
    single_value_t<Sndr> await_resume()
    {
        PROBE(RESUME);
        PROBE(EXTRACT);
        return take_result(this->result);
    }
};

#endif
