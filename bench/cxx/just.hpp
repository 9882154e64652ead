/* just(value) ([exec.just]). */
#ifndef ABREAST_BENCH_CXX_JUST_HPP
#define ABREAST_BENCH_CXX_JUST_HPP

#include "bench/cxx/sender.hpp"

#include <sys/types.h>

template <class Wording = as_written, class T = ssize_t> struct just {
    using sender_concept = void;
    using wording = Wording;
    using value_types = std::tuple<T>;
    static constexpr bool completes_inline = true;

    template <class Rcvr> struct operation {
        Rcvr rcvr;
        T value;

        auto start() & noexcept(Wording::is_noexcept)
        {
            return std::move(rcvr).set_value(std::move(value));
        }
    };

    T value;

    template <class Rcvr> operation<Rcvr> connect(Rcvr rcvr) &&
    {
        return {std::move(rcvr), std::move(value)};
    }
};

#endif
