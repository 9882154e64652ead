#include "bench/cxx/opstate.hpp"

template <class F> io_task step(const opstate *state, unsigned depth)
{
    uint64_t value;
    if (depth > 1)
        value = static_cast<uint64_t>(co_await step<F>(state, depth - 1));
    else
        value = next_input(state->value);
    co_return static_cast<ssize_t>(function<F, 0>(state->keys.of + depth - 1)(value));
}

template io_task step<S0>(const opstate *, unsigned);
template io_task step<S8>(const opstate *, unsigned);
