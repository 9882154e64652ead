/* continues_on(child, scheduler), which P2300R10 lowers to schedule_from(scheduler, child) ([exec.continues.on],
 * [exec.schedule.from]): keeps the child's completion while a schedule operation runs, and then delivers it. What it
 * keeps is a variant of the completions that the child can have. It is also P3552R3's affine_on(child, scheduler) where
 * nothing is known of the child ([exec.affine.on]).
 */
#ifndef ABREAST_BENCH_CXX_CONTINUES_ON_HPP
#define ABREAST_BENCH_CXX_CONTINUES_ON_HPP

#include "bench/cxx/schedule.hpp"

#include <variant>

struct set_value_t {
    template <class Rcvr, class... Ts> void operator()(Rcvr &&rcvr, Ts &&...values) const noexcept
    {
        PROBE(SET_VALUE);
        std::forward<Rcvr>(rcvr).set_value(std::forward<Ts>(values)...);
    }
};
struct set_error_t {
    template <class Rcvr> void operator()(Rcvr &&rcvr, std::exception_ptr error) const noexcept
    {
        PROBE(SET_ERROR);
        std::forward<Rcvr>(rcvr).set_error(std::move(error));
    }
};
struct set_stopped_t {
    template <class Rcvr> void operator()(Rcvr &&rcvr) const noexcept
    {
        PROBE(SET_STOPPED);
        std::forward<Rcvr>(rcvr).set_stopped();
    }
};

template <class Sndr, class Scheduler> struct continues_on {
    using sender_concept = void;
    using wording = as_written;
    using value_types = typename Sndr::value_types;
    static constexpr bool completes_inline = false;

    template <class Values> struct async_result_of;
    template <class... Ts> struct async_result_of<std::tuple<Ts...>> {
        static constexpr bool may_throw = !(std::is_nothrow_constructible_v<Ts, Ts> && ...);
        static constexpr bool may_fail = Sndr::may_fail || may_throw;

        template <class... Results>
        using variant = std::variant<std::monostate, std::tuple<set_value_t, Ts...>, Results...>;
        using error = std::tuple<set_error_t, std::exception_ptr>;
        using stopped = std::tuple<set_stopped_t>;
        using type =
            std::conditional_t<may_fail, std::conditional_t<Sndr::may_stop, variant<error, stopped>, variant<error>>,
                               std::conditional_t<Sndr::may_stop, variant<stopped>, variant<>>>;
    };
    static constexpr bool may_fail = async_result_of<value_types>::may_fail || schedule<Scheduler>::may_fail;
    static constexpr bool may_stop = Sndr::may_stop || schedule<Scheduler>::may_stop;

    template <class Rcvr> struct state;

    /* Of the schedule operation. */
    template <class Rcvr> struct scheduled_receiver {
        state<Rcvr> *self;

        void set_value() && noexcept
        {
            std::visit(
                [this]<class Tuple>(Tuple &result) noexcept {
                    if constexpr (!std::is_same_v<std::monostate, Tuple>)
                        std::apply([this](auto tag, auto &...args) { tag(std::move(self->rcvr), std::move(args)...); },
                                   result);
                },
                self->async_result);
        }
        void set_error(std::exception_ptr error) && noexcept
        {
            std::move(self->rcvr).set_error(std::move(error));
        }
        void set_stopped() && noexcept
        {
            std::move(self->rcvr).set_stopped();
        }
        env get_env() const noexcept
        {
            return self->rcvr.get_env();
        }
    };

    template <class Rcvr> struct state {
        Rcvr rcvr;
        typename async_result_of<value_types>::type async_result;
        connect_result_t<schedule<Scheduler>, scheduled_receiver<Rcvr>> op_state;

        state(Rcvr &&rcvr, Scheduler scheduler)
            : rcvr(std::move(rcvr)), op_state(schedule<Scheduler>{scheduler}.connect(scheduled_receiver<Rcvr>{this}))
        {
            PROBE(RECEIVER_BUILT);
        }
    };

    /* Of the child. */
    template <class Rcvr> struct receiver {
        state<Rcvr> *self;

        template <class Tag, class... Ts> void complete(Tag tag, Ts &&...values) noexcept
        {
            PROBE(VARIANT_EMPLACED);
            using result = std::tuple<Tag, std::decay_t<Ts>...>;
            if constexpr (std::is_nothrow_constructible_v<result, Tag, Ts...>) {
                self->async_result.template emplace<result>(tag, std::forward<Ts>(values)...);
            } else {
                TRY
                {
                    self->async_result.template emplace<result>(tag, std::forward<Ts>(values)...);
                }
                CATCH_ALL
                {
                    std::move(self->rcvr).set_error(std::current_exception());
                    return;
                }
            }
            self->op_state.start();
        }
        template <class... Ts> void set_value(Ts &&...values) && noexcept
        {
            complete(set_value_t(), std::forward<Ts>(values)...);
        }
        void set_error(std::exception_ptr error) && noexcept
        {
            complete(set_error_t(), std::move(error));
        }
        void set_stopped() && noexcept
        {
            complete(set_stopped_t());
        }
        env get_env() const noexcept
        {
            return self->rcvr.get_env();
        }
    };

    template <class Rcvr> struct operation {
        state<Rcvr> self;
        connect_result_t<Sndr, receiver<Rcvr>> child;

        operation(Sndr &&sndr, Scheduler scheduler, Rcvr &&rcvr)
            : self(std::move(rcvr), scheduler), child(std::move(sndr).connect(receiver<Rcvr>{&self}))
        {
            PROBE(RECEIVER_BUILT);
        }
        operation(operation &&) = delete;

        void start() & noexcept
        {
            PROBE(START);
            child.start();
        }
    };

    Sndr child;
    Scheduler scheduler;

    template <class Rcvr> operation<Rcvr> connect(Rcvr rcvr) &&
    {
        PROBE(CONNECT);
        PROBE(OP_STATE_BUILT);
        return {std::move(child), scheduler, std::move(rcvr)};
    }
};

#endif
