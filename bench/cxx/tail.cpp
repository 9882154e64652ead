/* The mechanism `tail`: start, set_value and the resumption of the coroutine leave one for the other by guaranteed tail
 * calls, as sender/tail/protocol.h has it; every function has the one signature, void (void *), and values lie in
 * slots. C++ as it is has not all of this. clang has the tail call, [[clang::musttail]], but compiles none out of a
 * noexcept function, not even to a function that is noexcept ("tail call skipping over cleanups", with exceptions): so
 * start and set_value are not noexcept, as the standard's are. And a coroutine can leave a suspension point only by a
 * handle, so the awaitable begins like a coroutine frame (common/coro.h), whose resume goes on with start.
 *
 * No sender here fails or stops: set_error and set_stopped, and when_all's stop source, are left out.
 */
#include "bench/cxx/mechanisms.hpp"

#if defined __has_cpp_attribute
#if __has_cpp_attribute(clang::musttail)
#define TAIL_AVAILABLE 1
#endif
#endif

#if defined TAIL_AVAILABLE
#include "bench/cxx/sender.hpp"
#include "bench/cxx/task.hpp"

#include <atomic>
#include <optional>

namespace
{

using abreast::hidden;

using tail_function = void (*)(void *);

/* How the operation state of a sender of T begins that completes into Rcvr. */
template <class Rcvr, class T> struct slot {
    Rcvr rcvr;
    T value;
};

template <class Sndr, class Rcvr> using operation_of = typename Sndr::template operation<Rcvr>;

struct tail_just {
    using sender_concept = void;
    using type = ssize_t;

    template <class Rcvr> struct operation : slot<Rcvr, ssize_t> {
        operation(tail_just sndr, Rcvr rcvr) : slot<Rcvr, ssize_t>{rcvr, sndr.value}
        {
        }
        static void start(void *self)
        {
            [[clang::musttail]] return Rcvr::set_value(self);
        }
    };

    ssize_t value;
};

template <class Sndr, class Fn> struct tail_then {
    using sender_concept = void;
    using type = ssize_t;

    template <class Rcvr> struct operation : slot<Rcvr, ssize_t> {
        struct receiver {
            operation *parent;

            static void set_value(void *child)
            {
                auto *completed = static_cast<slot<receiver, typename Sndr::type> *>(child);
                operation *self = completed->rcvr.parent;
                self->value = self->fn(completed->value);
                [[clang::musttail]] return Rcvr::set_value(self);
            }
        };

        Fn fn;
        operation_of<Sndr, receiver> child;

        operation(tail_then sndr, Rcvr rcvr)
            : slot<Rcvr, ssize_t>{rcvr, 0}, fn(sndr.fn), child(sndr.child, receiver{this})
        {
        }
        operation(operation &&) = delete;

        static void start(void *self)
        {
            [[clang::musttail]] return operation_of<Sndr, receiver>::start(&static_cast<operation *>(self)->child);
        }
    };

    Sndr child;
    Fn fn;
};

template <class Sndr, class Fn> struct tail_let_value {
    using sender_concept = void;
    using inner = std::invoke_result_t<Fn, typename Sndr::type &>;
    using type = typename inner::type;

    template <class Rcvr> struct operation : slot<Rcvr, type> {
        struct inner_receiver {
            operation *parent;

            static void set_value(void *child)
            {
                auto *completed = static_cast<slot<inner_receiver, type> *>(child);
                operation *self = completed->rcvr.parent;
                self->value = completed->value;
                [[clang::musttail]] return Rcvr::set_value(self);
            }
        };
        struct receiver {
            operation *parent;

            static void set_value(void *child)
            {
                auto *completed = static_cast<slot<receiver, typename Sndr::type> *>(child);
                operation *self = completed->rcvr.parent;
                self->kept = completed->value;
                void *next = &self->next.emplace(self->fn(self->kept), inner_receiver{self});
                [[clang::musttail]] return operation_of<inner, inner_receiver>::start(next);
            }
        };

        Fn fn;
        typename Sndr::type kept = {};
        operation_of<Sndr, receiver> child;
        std::optional<operation_of<inner, inner_receiver>> next = {};

        operation(tail_let_value sndr, Rcvr rcvr)
            : slot<Rcvr, type>{rcvr, {}}, fn(sndr.fn), child(sndr.child, receiver{this})
        {
        }
        operation(operation &&) = delete;

        static void start(void *self)
        {
            [[clang::musttail]] return operation_of<Sndr, receiver>::start(&static_cast<operation *>(self)->child);
        }
    };

    Sndr child;
    Fn fn;
};

/* Of two. The first is started by an ordinary call, the last by a tail call. */
template <class First, class Second> struct tail_when_all {
    using sender_concept = void;
    using type = std::pair<typename First::type, typename Second::type>;

    template <class Rcvr> struct operation : slot<Rcvr, type> {
        template <auto member> struct receiver {
            operation *parent;

            static void set_value(void *child)
            {
                auto *completed = static_cast<slot<receiver, ssize_t> *>(child);
                operation *self = completed->rcvr.parent;
                self->value.*member = completed->value;
                if (--self->count)
                    return;
                [[clang::musttail]] return Rcvr::set_value(self);
            }
        };
        using first_receiver = receiver<&type::first>;
        using second_receiver = receiver<&type::second>;

        std::atomic<unsigned> count = 2;
        operation_of<First, first_receiver> first;
        operation_of<Second, second_receiver> second;

        operation(tail_when_all sndr, Rcvr rcvr)
            : slot<Rcvr, type>{rcvr, {}}, first(sndr.first, first_receiver{this}),
              second(sndr.second, second_receiver{this})
        {
        }
        operation(operation &&) = delete;

        static void start(void *handle)
        {
            operation *self = static_cast<operation *>(handle);
            operation_of<First, first_receiver>::start(&self->first);
            [[clang::musttail]] return operation_of<Second, second_receiver>::start(&self->second);
        }
    };

    First first;
    Second second;
};

template <class Sndr, class Promise> class tail_awaitable
{
    struct receiver {
        awaitable_result<ssize_t> *result_ptr;
        void *continuation;

        static void set_value(void *child)
        {
            auto *completed = static_cast<slot<receiver, ssize_t> *>(child);
            void *coroutine = hidden(completed->rcvr.continuation);
            completed->rcvr.result_ptr->template emplace<1>(completed->value);
            [[clang::musttail]] return (*static_cast<tail_function *>(coroutine))(coroutine);
        }
    };

    struct frame {
        tail_function resume = start;
        tail_function destroy = nullptr;
        tail_awaitable *self;
    };

    frame head;
    awaitable_result<ssize_t> result{};
    operation_of<Sndr, receiver> state;

    static void start(void *handle)
    {
        [[clang::musttail]] return operation_of<Sndr, receiver>::start(&static_cast<frame *>(handle)->self->state);
    }

  public:
    tail_awaitable(Sndr &&sndr, Promise &promise)
        : head{.self = this},
          state(sndr, receiver{&result, std::coroutine_handle<Promise>::from_promise(promise).address()})
    {
    }
    static constexpr bool await_ready() noexcept
    {
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise>) noexcept
    {
        return std::coroutine_handle<>::from_address(hidden(&head));
    }
    ssize_t await_resume()
    {
        return take_result(result);
    }
};

struct add_one {
    ssize_t operator()(ssize_t value) noexcept
    {
        return value + 1;
    }
};

template <unsigned Thens> auto chain(ssize_t value)
{
    if constexpr (Thens == 0)
        return tail_just{value};
    else
        return tail_then<decltype(chain<Thens - 1>(value)), add_one>{chain<Thens - 1>(value), {}};
}

struct just_one_more {
    tail_just operator()(ssize_t &value) noexcept
    {
        return {value + 1};
    }
};

auto let(ssize_t value)
{
    return tail_let_value<tail_just, just_one_more>{{value}, {}};
}

struct add {
    ssize_t operator()(std::pair<ssize_t, ssize_t> values) noexcept
    {
        return values.first + values.second;
    }
};

auto both(ssize_t value)
{
    return tail_then<tail_when_all<tail_just, tail_just>, add>{{{value}, {1}}, {}};
}

template <auto make> int run_tail(stack_job *job)
{
    return run<basic_task<tail_awaitable>>(job, [](ssize_t value) { return make(value); });
}

} // namespace

#define TAIL_VARIANT(name, added, make) variant(name, added, run_tail<make>)
#else
#define TAIL_VARIANT(name, added, make) unavailable_variant(name, added, "this compiler has no musttail for C++")
#endif

const stack_variant tail_variants[] = {
    TAIL_VARIANT("-", 0, chain<0>),
    TAIL_VARIANT("then=1", 1, chain<1>),
    TAIL_VARIANT("then=3", 3, chain<3>),
    TAIL_VARIANT("then=8", 8, chain<8>),
    TAIL_VARIANT("with=let_value", 1, let),
    TAIL_VARIANT("with=when_all", 1, both),
    last_variant,
};
