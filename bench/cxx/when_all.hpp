/* when_all(senders...) ([exec.when.all]): runs its children at the same time and completes with all their values, of
 * which each has one here. The first error, or the first stopped, asks the others to stop. Where no child can fail
 * there is no error, and nothing that handles one: errors-variant has no alternative but none-such.
 *
 * Where completion functions return a handle (returning_awaitable.hpp), all but the last one that start got are resumed
 * by nested calls; in the standard's protocol they return nothing.
 */
#ifndef ABREAST_BENCH_CXX_WHEN_ALL_HPP
#define ABREAST_BENCH_CXX_WHEN_ALL_HPP

#include "bench/cxx/sender.hpp"

#include <atomic>
#include <cstddef>
#include <optional>

/* Nothing to resume. */
template <class Result> Result nothing() noexcept
{
    if constexpr (!std::is_void_v<Result>)
        return std::noop_coroutine();
}

template <class... Sndrs> struct when_all {
    using sender_concept = void;
    using wording = as_written;
    using value_types = decltype(std::tuple_cat(std::declval<typename Sndrs::value_types>()...));
    static constexpr bool may_fail = (Sndrs::may_fail || ...), may_stop = true;
    static constexpr bool completes_inline = (Sndrs::completes_inline && ...);

    struct none_such {
    };
    using errors = std::conditional_t<may_fail, std::exception_ptr, none_such>;

    enum class disposition { started, error, stopped };

    struct on_stop_request {
        inplace_stop_source &stop_src;

        void operator()() noexcept
        {
            stop_src.request_stop();
        }
    };

    template <class Rcvr> struct state {
        using result = decltype(std::declval<Rcvr>().set_stopped());

        Rcvr rcvr;
        std::atomic<std::size_t> count{sizeof...(Sndrs)};
        inplace_stop_source stop_src;
        std::atomic<disposition> disp{disposition::started};
        [[no_unique_address]] errors error;
        std::tuple<std::optional<single_value_t<Sndrs>>...> values;
        std::optional<inplace_stop_callback<on_stop_request>> on_stop;

        /* Where there is nothing yet, nothing but that is written: initialisers {} would clear all storage first. */
        explicit state(Rcvr &&rcvr) : rcvr(std::move(rcvr))
        {
        }

        result arrive() noexcept
        {
            if (0 == --count)
                return complete();
            return nothing<result>();
        }
        result complete() noexcept
        {
            if (disp == disposition::started) {
                on_stop.reset();
                return std::apply([this](auto &...ts) { return std::move(rcvr).set_value(std::move(*ts)...); }, values);
            }
            on_stop.reset();
            if constexpr (may_fail) {
                if (disp == disposition::error)
                    return std::move(rcvr).set_error(std::move(error));
            }
            return std::move(rcvr).set_stopped();
        }
    };

    template <class Rcvr, std::size_t Index> struct receiver {
        state<Rcvr> *self;

        template <class T> auto set_value(T &&value) && noexcept
        {
            if (self->disp == disposition::started)
                std::get<Index>(self->values).emplace(std::forward<T>(value));
            return self->arrive();
        }
        auto set_error(std::exception_ptr error) && noexcept
        {
            if (disposition::error != self->disp.exchange(disposition::error)) {
                self->stop_src.request_stop();
                self->error = std::move(error);
            }
            return self->arrive();
        }
        auto set_stopped() && noexcept
        {
            auto expected = disposition::started;
            if (self->disp.compare_exchange_strong(expected, disposition::stopped))
                self->stop_src.request_stop();
            return self->arrive();
        }
        env get_env() const noexcept
        {
            return {{&self->stop_src}, self->rcvr.get_env().scheduler};
        }
    };

    template <class Rcvr, class Indices> struct operation;
    template <class Rcvr, std::size_t... Indices> struct operation<Rcvr, std::index_sequence<Indices...>> {
        state<Rcvr> self;
        std::tuple<connect_result_t<Sndrs, receiver<Rcvr, Indices>>...> ops;

        operation(std::tuple<Sndrs...> &&children, Rcvr &&rcvr)
            : self(std::move(rcvr)), ops(emplace_from{[&] {
                  return std::move(std::get<Indices>(children)).connect(receiver<Rcvr, Indices>{&self});
              }}...)
        {
        }
        operation(operation &&) = delete;

        typename state<Rcvr>::result start() & noexcept
        {
            self.on_stop.emplace(self.rcvr.get_env().stop_token, on_stop_request{self.stop_src});
            if (self.stop_src.stop_requested()) {
                self.on_stop.reset();
                return std::move(self.rcvr).set_stopped();
            }
            if constexpr (std::is_void_v<typename state<Rcvr>::result>) {
                (std::get<Indices>(ops).start(), ...);
            } else {
                std::coroutine_handle<> next = std::noop_coroutine();
                ((next.resume(), next = std::get<Indices>(ops).start()), ...);
                return next;
            }
        }
    };

    std::tuple<Sndrs...> children;

    explicit when_all(Sndrs... sndrs) : children(std::move(sndrs)...)
    {
    }
    template <class Rcvr> operation<Rcvr, std::index_sequence_for<Sndrs...>> connect(Rcvr rcvr) &&
    {
        return {std::move(children), std::move(rcvr)};
    }
};

#endif
