/* The part of std::execution that the calibration needs, written as P2300R10 words it: just, then, and the bridge by
 * which a coroutine awaits a sender. The names are the standard's, its exposition-only ones without italics.
 *
 * A pipeline has a Wording: as_written, or what shows by its absence or presence what follows from the word noexcept.
 */
#ifndef ABREAST_BENCH_CXX_SENDER_HPP
#define ABREAST_BENCH_CXX_SENDER_HPP

#include <coroutine>
#include <exception>
#include <memory>
#include <sys/types.h>
#include <utility>
#include <variant>

/* try and catch, in code that is compiled without exceptions too. */
#if defined __cpp_exceptions
#define TRY try
#define CATCH_ALL catch (...)
#else
#define TRY if constexpr (true)
#define CATCH_ALL else
#endif

/* A handle whose resume is noexcept: the same call, without the possibility to throw in its type. */
template <class Promise> struct noexcept_handle : std::coroutine_handle<Promise> {
    void resume() const noexcept
    {
        (*static_cast<void (**)(void *) noexcept>(this->address()))(this->address());
    }
};

struct as_written {
    static constexpr bool is_noexcept = true; /* start, await_suspend and the completion functions */
    template <class Promise> using handle = std::coroutine_handle<Promise>;
};
struct without_noexcept {
    static constexpr bool is_noexcept = false;
    template <class Promise> using handle = std::coroutine_handle<Promise>;
};
struct with_noexcept_resume {
    static constexpr bool is_noexcept = true;
    template <class Promise> using handle = noexcept_handle<Promise>;
};

/* [exec.snd.concepts], as far as two kinds of operand of co_await have to be told apart. */
template <class T>
concept sender = requires { typename T::sender_concept; };

/* [exec.just] */
template <class Wording> struct just {
    using sender_concept = void;
    using wording = Wording;

    template <class Rcvr> struct operation {
        Rcvr rcvr;
        ssize_t value;

        void start() & noexcept(Wording::is_noexcept)
        {
            std::move(rcvr).set_value(std::move(value));
        }
    };

    ssize_t value;

    template <class Rcvr> operation<Rcvr> connect(Rcvr rcvr) &&
    {
        return {std::move(rcvr), value};
    }
};

/* [exec.then]: set_value is TRY-EVAL(rcvr, set_value(rcvr, invoke(fn, value))). */
template <class Sndr, class Fn> struct then {
    using sender_concept = void;
    using wording = typename Sndr::wording;

    template <class Rcvr> struct receiver {
        Rcvr rcvr;
        Fn fn;

        void set_value(ssize_t value) && noexcept(wording::is_noexcept)
        {
            if constexpr (noexcept(std::move(rcvr).set_value(fn(value)))) {
                std::move(rcvr).set_value(fn(value));
            } else {
                TRY
                {
                    std::move(rcvr).set_value(fn(value));
                }
                CATCH_ALL
                {
                    std::move(rcvr).set_error(std::current_exception());
                }
            }
        }
        void set_error(std::exception_ptr error) && noexcept(wording::is_noexcept)
        {
            std::move(rcvr).set_error(std::move(error));
        }
        void set_stopped() && noexcept(wording::is_noexcept)
        {
            std::move(rcvr).set_stopped();
        }
    };

    Sndr child;
    Fn fn;

    template <class Rcvr> auto connect(Rcvr rcvr) &&
    {
        return std::move(child).connect(receiver<Rcvr>{std::move(rcvr), std::move(fn)});
    }
};

/* [exec.as.awaitable] 3 */
using awaitable_result = std::variant<std::monostate, ssize_t, std::exception_ptr>;

template <class Wording, class Promise> struct awaitable_receiver {
    awaitable_result *result_ptr;
    typename Wording::template handle<Promise> continuation;

    void set_value(ssize_t value) && noexcept(Wording::is_noexcept)
    {
        TRY
        {
            result_ptr->template emplace<1>(value);
        }
        CATCH_ALL
        {
            result_ptr->template emplace<2>(std::current_exception());
        }
        continuation.resume();
    }
    void set_error(std::exception_ptr error) && noexcept(Wording::is_noexcept)
    {
        result_ptr->template emplace<2>(std::move(error));
        continuation.resume();
    }
    void set_stopped() && noexcept(Wording::is_noexcept)
    {
        static_cast<std::coroutine_handle<>>(continuation.promise().unhandled_stopped()).resume();
    }
};

template <class Sndr, class Promise> class sender_awaitable
{
    using receiver = awaitable_receiver<typename Sndr::wording, Promise>;

    awaitable_result result{};
    decltype(std::declval<Sndr>().connect(std::declval<receiver>())) state;

  public:
    sender_awaitable(Sndr &&sndr, Promise &promise)
        : state(std::move(sndr).connect(
              receiver{std::addressof(result), {std::coroutine_handle<Promise>::from_promise(promise)}}))
    {
    }
    static constexpr bool await_ready() noexcept
    {
        return false;
    }
    void await_suspend(std::coroutine_handle<Promise>) noexcept(Sndr::wording::is_noexcept)
    {
        state.start();
    }
    ssize_t await_resume()
    {
        if (result.index() == 2)
            std::rethrow_exception(std::get<2>(result));
        return std::get<1>(result);
    }
};

#endif
