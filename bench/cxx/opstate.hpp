/* The functions of `opstate` as C++ function objects, and the coroutine that calls one. Every stage has a type of its
 * own, as lambda expressions have: two empty objects of one type need two addresses, of different types they do not.
 */
#ifndef ABREAST_BENCH_CXX_OPSTATE_HPP
#define ABREAST_BENCH_CXX_OPSTATE_HPP

#include "bench/cxx/io_task.hpp"

#include "bench/cxx/opstate.h"

template <class F, unsigned index> struct function;

template <unsigned index> struct function<S0, index> {
    explicit function(const uint64_t *)
    {
    }
    uint64_t operator()(uint64_t value) noexcept
    {
        S0 self;
        return S0_call(&self, value);
    }
};

template <unsigned index> struct function<S8, index> {
    S8 self;

    explicit function(const uint64_t *keys) : self{keys[index]}
    {
    }
    uint64_t operator()(uint64_t value) noexcept
    {
        return S8_call(&self, value);
    }
};

/* Calls function number depth - 1 on what the coroutine below it returns; the lowest starts from the value. */
template <class F> io_task step(const opstate *state, unsigned depth);

extern template io_task step<S0>(const opstate *, unsigned);
extern template io_task step<S8>(const opstate *, unsigned);

#endif
