/* The sender protocol of std::execution in C++20, as far as the calibration needs it, written as P2300R10 words it: one
 * header an algorithm beside this one. The names are the standard's, its exposition-only ones without italics.
 *
 *     just.hpp  then.hpp  let_value.hpp  when_all.hpp  repeat_until.hpp     algorithms
 *     schedule.hpp  continues_on.hpp                                        schedulers, and what goes over to them
 *     sender_awaitable.hpp  handshake_awaitable.hpp  inline_awaitable.hpp   bridges: a coroutine awaits a sender
 *
 * A sender has, for its completion signatures, one `value_types`, a std::tuple; `may_fail` and `may_stop`, whether it
 * can complete with an error, which is an exception_ptr, or with stopped; and `completes_inline`, what stdexec calls
 * its completion behaviour. Receivers nest by value; the standard's exposition-only basic-receiver has a pointer to the
 * operation state instead, which costs a word a stage and no instruction. start and the completion functions return
 * void, or what the receiver's own completion functions return: the algorithms say `return` before each call that is
 * their last, and so serve the protocol of returning_awaitable.hpp too. What repeat_until repeats is connected as an
 * lvalue, once a turn, and then its parts are copied to where they stay.
 *
 * A pipeline has a Wording: as_written, or what shows by its absence or presence what follows from the word noexcept.
 * What is not about that word is written once, and as_written.
 */
#ifndef ABREAST_BENCH_CXX_SENDER_HPP
#define ABREAST_BENCH_CXX_SENDER_HPP

#include "awaitable/cxx/hidden.hpp"
#include "bench/cxx/common.hpp"
#include "bench/cxx/stop_token.hpp"

#include <coroutine>
#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>

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
        void *frame = abreast::hidden(this->address());
        (*static_cast<void (**)(void *) noexcept>(frame))(frame);
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
concept sender = requires { typename std::remove_reference_t<T>::sender_concept; };

/* What a receiver's get_env answers: [exec.get.stop.token], [exec.get.scheduler]. */
struct env {
    inplace_stop_token stop_token = {};
    executor_ref scheduler = {};
};

/* [exec.connect] */
template <class Sndr, class Rcvr> using connect_result_t = decltype(std::declval<Sndr>().connect(std::declval<Rcvr>()));

/* The one value of a sender; std::monostate's like, where it completes without. */
struct no_value {
};
template <class Values> struct single_value;
template <> struct single_value<std::tuple<>> {
    using type = no_value;
};
template <class T> struct single_value<std::tuple<T>> {
    using type = T;
};
template <class Sndr> using single_value_t = typename single_value<typename Sndr::value_types>::type;

/* The handle that an await_suspend returns: what the probe counts where it is somebody's. */
inline std::coroutine_handle<> transferring(std::coroutine_handle<> next) noexcept
{
#if defined ABREAST_PROBE
    if (next != std::noop_coroutine())
        PROBE(TRANSFER);
#endif
    return next;
}

/* Lets `emplace` construct what cannot be moved: emplace-from of [exec.snd.expos]. */
template <class Fun> struct emplace_from {
    Fun fun;

    operator decltype(fun())() &&
    {
        return std::move(fun)();
    }
};
template <class Fun> emplace_from(Fun) -> emplace_from<Fun>;

#endif
