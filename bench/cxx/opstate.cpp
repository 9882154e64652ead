#include "bench/cxx/opstate.hpp"

#include "bench/cxx/io_sender.hpp"
#include "bench/cxx/just.hpp"
#include "bench/cxx/let_value.hpp"
#include "bench/cxx/schedule.hpp"
#include "bench/cxx/then.hpp"
/* C has a function of that name. */
#define when_all when_all_senders
#include "bench/cxx/when_all.hpp"

namespace
{

/* ---- The sender's forms ---- */

/* What is asked of an environment is read from memory, as in C. */
void answer(const opstate *state, env *answer)
{
    *answer = {{reinterpret_cast<inplace_stop_source *>(state->env.stop.source)}, state->env.executor};
}
void answer(const opstate *state, const io_env **answer)
{
    *answer = &state->env;
}

/* The receiver at the end: gives the values to `keep`. Errors and stopped do not come. */
template <auto keep, class Env = env> struct end {
    opstate *state;

    template <class... Ts> void set_value(Ts... values) && noexcept
    {
        keep(state, values...);
    }
    template <class Error> void set_error(Error) && noexcept
    {
    }
    void set_stopped() && noexcept
    {
    }
    Env get_env() const noexcept
    {
        Env env;
        answer(state, &env);
        return env;
    }
};

void keep_value(opstate *state, uint64_t value)
{
    state->value = value;
}

/* Runs the operations of a cell one after the other: each is connected and started at the same place, and completes
 * before start returns. */
template <auto make, class Rcvr> using operation_of = connect_result_t<decltype(make(nullptr, nullptr)), Rcvr>;

template <auto make, class Rcvr> int run_pipeline(opstate *state)
{
    using operation = operation_of<make, Rcvr>;
    static_assert(sizeof(operation) <= OPERATION_BYTES, "room for the operation state");
    opstate_keys keys = state->keys;
    for (; state->operations; state->operations--) {
        auto *op = new (state->operation) operation(make(state, keys.of).connect(Rcvr{state}));
        op->start();
        op->~operation();
    }
    return 0;
}

template <class Operation> constexpr opstate_sizes sizes_of()
{
    return {sizeof(Operation), 0, 0, 0, alignof(Operation), 0};
}

template <auto make, class Rcvr = end<keep_value>>
constexpr form pipeline_form = {run_pipeline<make, Rcvr>, sizes_of<operation_of<make, Rcvr>>()};

/* just(value) | then(f0) | then(f1) ... */
template <unsigned depth, class F> auto thens(const opstate *state, const uint64_t *keys)
{
    if constexpr (depth == 0) {
        return just<as_written, uint64_t>{next_input(state->value)};
    } else {
        using fn = function<F, depth - 1>;
        return then<decltype(thens<depth - 1, F>(state, keys)), fn>{thens<depth - 1, F>(state, keys), fn(keys)};
    }
}

/* What a function makes for let_value. */
template <class Fn> struct making {
    [[no_unique_address]] Fn fn;

    just<as_written, uint64_t> operator()(uint64_t &value) noexcept
    {
        return {fn(value)};
    }
};

/* just(value) | let_value(f0) | let_value(f1) ... */
template <unsigned depth, class F> auto lets(const opstate *state, const uint64_t *keys)
{
    if constexpr (depth == 0) {
        return just<as_written, uint64_t>{next_input(state->value)};
    } else {
        using fn = making<function<F, depth - 1>>;
        using child = decltype(lets<depth - 1, F>(state, keys));
        return let_value<child, fn>{lets<depth - 1, F>(state, keys), fn{function<F, depth - 1>(keys)}};
    }
}

/* A child of when_all: just(value) | then(half). */
struct half {
    uint64_t key;

    ssize_t operator()(uint64_t value) noexcept
    {
        return static_cast<ssize_t>(mix(value, key) >> 1);
    }
};
using child = then<just<as_written, uint64_t>, half>;

template <class Indices> struct all;
template <unsigned... indices> struct all<std::integer_sequence<unsigned, indices...>> {
    static auto make(const opstate *state, const uint64_t *keys)
    {
        return when_all(child{{next_input(state->value)}, {keys[indices]}}...);
    }
};

constexpr auto keep_folded = [](opstate *state, auto... values) {
    uint64_t folded = 0;
    ((folded = fold(folded, static_cast<uint64_t>(values))), ...);
    state->value = folded;
};

/* One round trip more is done; false: it was the last, and the loop is told. */
bool another(opstate *state)
{
    state->value = next_input(state->value);
    if (--state->operations)
        return true;
    run_loop_finish(state->loop);
    return false;
}

/* The operation completes into this, which connects and starts the next one in the same place. */
void next_round_trip(opstate *state)
{
    using operation = connect_result_t<schedule<run_loop *>, end<next_round_trip>>;
    if (another(state))
        (new (state->operation) operation(schedule<run_loop *>{state->loop}.connect(end<next_round_trip>{state})))
            ->start();
}

int run_schedule(opstate *state)
{
    using operation = connect_result_t<schedule<run_loop *>, end<next_round_trip>>;
    (new (state->operation) operation(schedule<run_loop *>{state->loop}.connect(end<next_round_trip>{state})))->start();
    return run_loop_run(state->loop);
}

read_some_sender reading(const opstate *state, const uint64_t *)
{
    return {state->stream, const_cast<uint64_t *>(&state->got), sizeof state->got};
}

void keep_read(opstate *state, ssize_t got)
{
    state->value = next_input(state->value ^ state->got ^ static_cast<uint64_t>(got));
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

template <class F, unsigned... indices> io_task ready_each(opstate *state, std::integer_sequence<unsigned, indices...>)
{
    for (; state->operations; state->operations--) {
        uint64_t value = co_await ready_value{next_input(state->value)};
        ((value = co_await ready_value{function<F, indices>(state->keys.of)(value)}), ...);
        state->value = value;
    }
    co_return 0;
}

template <unsigned depth, class F> io_task each(opstate *state)
{
    return ready_each<F>(state, std::make_integer_sequence<unsigned, depth>());
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

/* The awaitable that posts its caller. */
struct posted {
    continuation node;

    bool await_ready() const noexcept
    {
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller, const io_env *env) noexcept
    {
        node.coro = static_cast<coro *>(abreast::hidden(caller.address()));
        executor_post(env->executor, &node);
        return std::noop_coroutine();
    }
    void await_resume() const noexcept
    {
    }
};

io_task round_trips(opstate *state)
{
    do
        co_await posted{};
    while (another(state));
    co_return 0;
}

int run_round_trips(opstate *state)
{
    frame_allocator *saved = get_current_frame_allocator();
    state->env.executor = run_loop_executor(state->loop);
    set_current_frame_allocator(state->env.allocator);
    io_launch<io_task> launch(round_trips(state), [](io_launch<io_task> *, ssize_t) {});
    set_current_frame_allocator(saved);
    launch.start(&state->env);
    return run_loop_run(state->loop);
}

/* The awaitable of awaitable/io.h. */
struct reading_some {
    struct read_some operation;

    explicit reading_some(opstate *state)
    {
        ::read_some(&operation, state->stream, &state->got, sizeof state->got);
    }
    bool await_ready() noexcept
    {
        return read_some_await_ready(&operation);
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller, const io_env *env) noexcept
    {
        coro *handle = static_cast<coro *>(abreast::hidden(caller.address()));
        return std::coroutine_handle<>::from_address(abreast::hidden(read_some_await_suspend(&operation, handle, env)));
    }
    ssize_t await_resume() noexcept
    {
        return read_some_await_resume(&operation);
    }
};

io_task reads(opstate *state)
{
    for (; state->operations; state->operations--) {
        ssize_t got = co_await reading_some(state);
        if (got < 0)
            co_return got;
        keep_read(state, got);
    }
    co_return 0;
}

template <io_task (*make)(opstate *)> int run_root(opstate *state)
{
    return launch(state, make);
}

template <class Awaitable>
constexpr opstate_sizes awaitable_sizes = {0, 0, 0, sizeof(Awaitable), alignof(Awaitable), 0};

} // namespace

#define FORMS(depth, F, modes)                                                                                         \
    const form cxx_then_pipeline_##depth##_##F = pipeline_form<thens<depth, F>>;                                       \
    const form cxx_then_ready_##depth##_##F = {run_root<ready<depth, F>>, awaitable_sizes<ready_value>};
#define NESTED_FORMS(depth, F, modes) const form cxx_then_nested_##depth##_##F = {run_root<nested<depth, F>>, {}};
#define LET_FORMS(depth, F, modes)                                                                                     \
    const form cxx_let_pipeline_##depth##_##F = pipeline_form<lets<depth, F>>;                                         \
    const form cxx_let_ready_##depth##_##F = {run_root<each<depth, F>>, awaitable_sizes<ready_value>};
#define WHEN_ALL_FORMS(count, modes)                                                                                   \
    const form cxx_when_all_##count =                                                                                  \
        pipeline_form<all<std::make_integer_sequence<unsigned, count>>::make, end<keep_folded>>;

OPSTATE_CXX_GROUPS(FORMS)
OPSTATE_CXX_NESTED_GROUPS(NESTED_FORMS)
OPSTATE_CXX_LET_GROUPS(LET_FORMS)
OPSTATE_CXX_WHEN_ALL_GROUPS(WHEN_ALL_FORMS)
const form cxx_schedule_pipeline = {run_schedule,
                                    sizes_of<connect_result_t<schedule<run_loop *>, end<next_round_trip>>>()};
const form cxx_schedule_transfer = {run_round_trips, awaitable_sizes<posted>};
const form cxx_read_some_pipeline = pipeline_form<reading, end<keep_read, const io_env *>>;
const form cxx_read_some_ready = {run_root<reads>, awaitable_sizes<struct read_some>};

#undef when_all
