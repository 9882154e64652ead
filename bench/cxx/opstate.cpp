#include "bench/cxx/opstate.hpp"

#include "bench/cxx/just.hpp"
#include "bench/cxx/then.hpp"

namespace
{

/* ---- The sender's form ---- */

/* The receiver at the end: keeps the value. */
struct end {
    opstate *state;

    void set_value(uint64_t value) && noexcept
    {
        state->value = value;
    }
    void set_error(std::exception_ptr) && noexcept
    {
    }
    void set_stopped() && noexcept
    {
    }
    env get_env() const noexcept
    {
        return {};
    }
};

/* just(value) | then(f0) | then(f1) ... */
template <unsigned depth, class F> auto pipeline(const uint64_t *keys, uint64_t value)
{
    if constexpr (depth == 0) {
        return just<as_written, uint64_t>{value};
    } else {
        using child = decltype(pipeline<depth - 1, F>(keys, value));
        using fn = function<F, depth - 1>;
        return then<child, fn>{pipeline<depth - 1, F>(keys, value), fn(keys)};
    }
}

template <unsigned depth, class F>
using pipeline_operation = connect_result_t<decltype(pipeline<depth, F>(nullptr, 0)), end>;

template <unsigned depth, class F> int run_pipeline(opstate *state)
{
    using operation = pipeline_operation<depth, F>;
    static_assert(sizeof(operation) <= OPERATION_BYTES, "room for the operation state");
    opstate_keys keys = state->keys;
    for (; state->operations; state->operations--) {
        auto *op =
            new (state->operation) operation(pipeline<depth, F>(keys.of, next_input(state->value)).connect(end{state}));
        op->start();
        op->~operation();
    }
    return 0;
}

/* ---- The awaitable's forms ---- */

/* Runs a root coroutine, which ends before this returns: nothing in these forms waits. */
int launch(opstate *state, io_task (*make)(opstate *))
{
    frame_allocator *saved = get_current_frame_allocator();
    set_current_frame_allocator(state->env.allocator);
    io_launch<io_task> launch(make(state), [](io_launch<io_task> *, ssize_t) {});
    set_current_frame_allocator(saved);
    launch.start(&state->env);
    while (state->operations) /* in unwind */
        std::coroutine_handle<>::from_address(*static_cast<void **>(state->operation)).resume();
    return 0;
}

#if defined ABREAST_TRANSFER_GROWS
/* Where each symmetric transfer leaves something on the stack, it is given back now and then. */
struct unwind {
    opstate *state;

    bool await_ready() const noexcept
    {
        return state->operations % 64 || !state->operations;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller, const io_env *) noexcept
    {
        *static_cast<void **>(state->operation) = caller.address();
        return std::noop_coroutine();
    }
    void await_resume() const noexcept
    {
    }
};
#endif

/* The awaitable of a value that is there already. */
struct ready_value {
    uint64_t value;

    bool await_ready() const noexcept
    {
        return true;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller, const io_env *) noexcept
    {
        return caller;
    }
    uint64_t await_resume() const noexcept
    {
        return value;
    }
};

template <class F, unsigned... indices>
uint64_t steps(opstate_keys keys, uint64_t value, std::integer_sequence<unsigned, indices...>)
{
    (void)keys;
    ((value = function<F, indices>(keys.of)(value)), ...);
    return value;
}

template <unsigned depth, class F> io_task ready(opstate *state)
{
    for (; state->operations; state->operations--) {
        uint64_t value = co_await ready_value{next_input(state->value)};
        state->value = steps<F>(state->keys, value, std::make_integer_sequence<unsigned, depth>());
    }
    co_return 0;
}

template <unsigned depth, class F> int run_ready(opstate *state)
{
    return launch(state, ready<depth, F>);
}

template <unsigned depth, class F> io_task nested(opstate *state)
{
    for (; state->operations; state->operations--) {
        state->value = static_cast<uint64_t>(co_await step<F>(state, depth));
#if defined ABREAST_TRANSFER_GROWS
        co_await unwind{state};
#endif
    }
    co_return 0;
}

template <unsigned depth, class F> int run_nested(opstate *state)
{
    return launch(state, nested<depth, F>);
}

} // namespace

#define FORMS(depth, F)                                                                                                \
    const form cxx_pipeline_##depth##_##F = {run_pipeline<depth, F>, sizeof(pipeline_operation<depth, F>), 0};         \
    const form cxx_ready_##depth##_##F = {run_ready<depth, F>, sizeof(ready_value), 0};
#define NESTED_FORM(depth, F) const form cxx_nested_##depth##_##F = {run_nested<depth, F>, 0, 0};

OPSTATE_GROUPS(FORMS)
OPSTATE_NESTED_GROUPS(NESTED_FORM)
