/* then(child, fn) ([exec.then]): set_value is TRY-EVAL(rcvr, set_value(rcvr, invoke(fn, values...))). */
#ifndef ABREAST_BENCH_CXX_THEN_HPP
#define ABREAST_BENCH_CXX_THEN_HPP

#include "bench/cxx/sender.hpp"

template <class Sndr, class Fn> struct then {
    using sender_concept = void;
    using wording = typename Sndr::wording;
    static constexpr bool completes_inline = Sndr::completes_inline;

    template <class Values> struct result_of;
    template <class... Ts> struct result_of<std::tuple<Ts...>> {
        using type = std::invoke_result_t<Fn, Ts...>;
        static constexpr bool is_noexcept = std::is_nothrow_invocable_v<Fn, Ts...>;
    };
    using value_types = std::tuple<typename result_of<typename Sndr::value_types>::type>;
    static constexpr bool may_fail = Sndr::may_fail || !result_of<typename Sndr::value_types>::is_noexcept;
    static constexpr bool may_stop = Sndr::may_stop;

    template <class Rcvr> struct receiver {
        [[no_unique_address]] Rcvr rcvr;
        [[no_unique_address]] Fn fn;

        template <class... Ts> auto set_value(Ts &&...values) && noexcept(wording::is_noexcept)
        {
            if constexpr (noexcept(std::move(rcvr).set_value(fn(std::forward<Ts>(values)...)))) {
                return std::move(rcvr).set_value(fn(std::forward<Ts>(values)...));
            } else {
                TRY
                {
                    return std::move(rcvr).set_value(fn(std::forward<Ts>(values)...));
                }
                CATCH_ALL
                {
                    return std::move(rcvr).set_error(std::current_exception());
                }
            }
        }
        template <class Error> auto set_error(Error error) && noexcept(wording::is_noexcept)
        {
            return std::move(rcvr).set_error(std::move(error));
        }
        auto set_stopped() && noexcept(wording::is_noexcept)
        {
            return std::move(rcvr).set_stopped();
        }
        auto get_env() const noexcept
        {
            return rcvr.get_env();
        }
    };

    [[no_unique_address]] Sndr child;
    [[no_unique_address]] Fn fn;

    template <class Rcvr> auto connect(Rcvr rcvr) &&
    {
        return std::move(child).connect(receiver<Rcvr>{std::move(rcvr), std::move(fn)});
    }
    template <class Rcvr> auto connect(Rcvr rcvr) const &
    {
        return child.connect(receiver<Rcvr>{std::move(rcvr), fn});
    }
};

#endif
