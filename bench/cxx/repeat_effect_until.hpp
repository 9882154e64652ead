/* repeat_effect_until(child): runs child again and again until it completes with true, each turn connected and started
 * inside the completion of the one before (libunifex, repeat_effect_until.hpp, _rcvr::set_value; stdexec's, exec/
 * repeat_until.hpp, is the same over a child that starts on a trampoline). The receiver lies in the operation state
 * that it destroys. What connect may throw goes to set_error; start is noexcept, as are the completion functions, so
 * that no call here needs a landing pad once the next turn is connected.
 */
#ifndef ABREAST_BENCH_CXX_REPEAT_EFFECT_UNTIL_HPP
#define ABREAST_BENCH_CXX_REPEAT_EFFECT_UNTIL_HPP

#include "bench/cxx/sender.hpp"

#include <optional>

template <class Sndr> struct repeat_effect_until {
    using sender_concept = void;
    using wording = typename Sndr::wording;
    using value_types = std::tuple<>;
    static constexpr bool may_fail = true, may_stop = Sndr::may_stop;
    static constexpr bool completes_inline = Sndr::completes_inline;

    template <class Rcvr> struct operation;

    template <class Rcvr> struct receiver {
        operation<Rcvr> *op;

        void set_value(bool end) && noexcept
        {
            operation<Rcvr> *self = op;
            self->child.reset();
            if (end) {
                std::move(self->rcvr).set_value();
                return;
            }
            TRY
            {
                self->connect().start();
            }
            CATCH_ALL
            {
                std::move(self->rcvr).set_error(std::current_exception());
            }
        }
        template <class Error> void set_error(Error error) && noexcept
        {
            std::move(op->rcvr).set_error(std::move(error));
        }
        void set_stopped() && noexcept
        {
            std::move(op->rcvr).set_stopped();
        }
        auto get_env() const noexcept
        {
            return op->rcvr.get_env();
        }
    };

    template <class Rcvr> struct operation {
        Rcvr rcvr;
        Sndr again;
        std::optional<connect_result_t<const Sndr &, receiver<Rcvr>>> child = {};

        operation(Sndr &&sndr, Rcvr &&rcvr) : rcvr(std::move(rcvr)), again(std::move(sndr))
        {
            connect();
        }
        operation(operation &&) = delete;

        auto &connect()
        {
            return child.emplace(emplace_from{[this] { return std::as_const(again).connect(receiver<Rcvr>{this}); }});
        }
        void start() & noexcept
        {
            child->start();
        }
    };

    Sndr child;

    template <class Rcvr> operation<Rcvr> connect(Rcvr rcvr) &&
    {
        return {std::move(child), std::move(rcvr)};
    }
};

#endif
