/* just(value) ([exec.just]). */
#ifndef ABREAST_BENCH_CXX_JUST_HPP
#define ABREAST_BENCH_CXX_JUST_HPP

#include "bench/cxx/sender.hpp"

#include <sys/types.h>

template <class Wording = as_written, class T = ssize_t> struct just {
    using sender_concept = void;
    using wording = Wording;
    using value_types = std::tuple<T>;
    static constexpr bool may_fail = false, may_stop = false;
    static constexpr bool completes_inline = true;

    template <class Rcvr> struct operation {
        Rcvr rcvr;
        [[no_unique_address]] T value;

        auto start() & noexcept(Wording::is_noexcept)
        {
            return std::move(rcvr).set_value(std::move(value));
        }
    };

    [[no_unique_address]] T value;

    template <class Rcvr> operation<Rcvr> connect(Rcvr rcvr) const
    {
        return {std::move(rcvr), value};
    }
};

#endif
