/* let_value(child, fn) ([exec.let]): goes on as the sender that fn makes of the child's values, which are kept until
 * that one has completed. */
#ifndef ABREAST_BENCH_CXX_LET_VALUE_HPP
#define ABREAST_BENCH_CXX_LET_VALUE_HPP

#include "bench/cxx/sender.hpp"

#include <variant>

template <class Sndr, class Fn> struct let_value {
    using args_t = typename Sndr::value_types;
    using sndr2_t = decltype(std::apply(std::declval<Fn>(), std::declval<args_t &>()));

    using sender_concept = void;
    using wording = typename Sndr::wording;
    using value_types = typename sndr2_t::value_types;
    static constexpr bool may_fail = true, may_stop = Sndr::may_stop || sndr2_t::may_stop;
    static constexpr bool completes_inline = Sndr::completes_inline && sndr2_t::completes_inline;

    template <class Rcvr> struct receiver2 {
        Rcvr &rcvr;

        template <class... Ts> auto set_value(Ts &&...values) && noexcept(wording::is_noexcept)
        {
            return std::move(rcvr).set_value(std::forward<Ts>(values)...);
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

    template <class Rcvr> struct let_state {
        Rcvr rcvr;
        Fn fn;
        std::variant<std::monostate, args_t> args;
        std::variant<std::monostate, connect_result_t<sndr2_t, receiver2<Rcvr>>> ops2;

        /* Of the variants the index alone is written: an initialiser {} would clear their storage too. */
        let_state(Rcvr &&rcvr, Fn fn) : rcvr(std::move(rcvr)), fn(std::move(fn))
        {
        }
    };

    template <class Rcvr> struct receiver {
        let_state<Rcvr> *state;

        template <class... Ts> auto let_bind(Ts &&...values)
        {
            auto mkop2 = [&] {
                return std::apply(std::move(state->fn), state->args.template emplace<1>(std::forward<Ts>(values)...))
                    .connect(receiver2<Rcvr>{state->rcvr});
            };
            return state->ops2.template emplace<1>(emplace_from{mkop2}).start();
        }
        template <class... Ts> auto set_value(Ts &&...values) && noexcept(wording::is_noexcept)
        {
            TRY
            {
                return let_bind(std::forward<Ts>(values)...);
            }
            CATCH_ALL
            {
                return std::move(state->rcvr).set_error(std::current_exception());
            }
        }
        template <class Error> auto set_error(Error error) && noexcept(wording::is_noexcept)
        {
            return std::move(state->rcvr).set_error(std::move(error));
        }
        auto set_stopped() && noexcept(wording::is_noexcept)
        {
            return std::move(state->rcvr).set_stopped();
        }
        auto get_env() const noexcept
        {
            return state->rcvr.get_env();
        }
    };

    template <class Rcvr> struct operation {
        let_state<Rcvr> state;
        connect_result_t<Sndr, receiver<Rcvr>> child;

        template <class Self>
        operation(Self &&self, Rcvr &&rcvr)
            : state(std::move(rcvr), std::forward<Self>(self).fn),
              child(std::forward<Self>(self).child.connect(receiver<Rcvr>{&state}))
        {
        }
        operation(operation &&) = delete;

        auto start() & noexcept(wording::is_noexcept)
        {
            return child.start();
        }
    };

    [[no_unique_address]] Sndr child;
    [[no_unique_address]] Fn fn;

    template <class Rcvr> operation<Rcvr> connect(Rcvr rcvr) &&
    {
        return {std::move(*this), std::move(rcvr)};
    }
    template <class Rcvr> operation<Rcvr> connect(Rcvr rcvr) const &
    {
        return {*this, std::move(rcvr)};
    }
};

#endif
