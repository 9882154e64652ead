/* repeat_until(child): runs child again and again until it completes with true (stdexec's exec::repeat_until), by a
 * loop where a turn completes inside its start, as sender/repeat_until.h. child completes on the thread that starts it;
 * where it states that it completes inline nobody looks at the outcome but the loop. An Error is made of what the child
 * completes with, or throws.
 */
#ifndef ABREAST_BENCH_CXX_REPEAT_UNTIL_HPP
#define ABREAST_BENCH_CXX_REPEAT_UNTIL_HPP

#include "bench/cxx/sender.hpp"

#include <optional>

template <class Sndr, class Error = std::exception_ptr> struct repeat_until {
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
            op->completed(end ? turn::end : turn::again);
        }
        template <class E> void set_error(E error) && noexcept
        {
            op->error = Error(std::move(error));
            op->completed(turn::error);
        }
        void set_stopped() && noexcept
        {
            op->completed(turn::stopped);
        }
        auto get_env() const noexcept
        {
            return op->rcvr.get_env();
        }
    };

    enum class turn { starting, suspended, again, end, error, stopped };

    template <class Rcvr> struct operation {
        Rcvr rcvr;
        Sndr again;
        turn now = turn::starting;
        Error error = {};
        std::optional<connect_result_t<Sndr, receiver<Rcvr>>> child = {};

        operation(Sndr &&sndr, Rcvr &&rcvr) : rcvr(std::move(rcvr)), again(std::move(sndr))
        {
        }
        operation(operation &&) = delete;

        void start() & noexcept
        {
            TRY
            {
                do {
                    now = turn::starting;
                    child.emplace(emplace_from{[this] { return std::as_const(again).connect(receiver<Rcvr>{this}); }})
                        .start();
                } while (now == turn::again);
            }
            CATCH_ALL
            {
                std::move(rcvr).set_error(Error(std::current_exception()));
                return;
            }
            if (!completes_inline && now == turn::starting)
                now = turn::suspended;
            else
                finish();
        }
        void completed(turn outcome) noexcept
        {
            bool suspended = !completes_inline && now == turn::suspended;
            now = outcome;
            if (!suspended)
                return;
            if (outcome == turn::again)
                start();
            else
                finish();
        }
        void finish() noexcept
        {
            if (now == turn::end)
                std::move(rcvr).set_value();
            else if (now == turn::error)
                std::move(rcvr).set_error(std::move(error));
            else
                std::move(rcvr).set_stopped();
        }
    };

    Sndr child;

    template <class Rcvr> operation<Rcvr> connect(Rcvr rcvr) &&
    {
        return {std::move(child), std::move(rcvr)};
    }
};

#endif
