/* What an await gives: nothing yet, a value, or the exception that was thrown. P2300R10 has it in sender-awaitable
 * ([exec.as.awaitable] 3), and tasks have the same in their promises (cppcoro, Capy, P3552R3). */
#ifndef ABREAST_BENCH_CXX_RESULT_HPP
#define ABREAST_BENCH_CXX_RESULT_HPP

#include <exception>
#include <utility>
#include <variant>

template <class Value> using awaitable_result = std::variant<std::monostate, Value, std::exception_ptr>;

template <class Value> Value take_result(awaitable_result<Value> &result)
{
    if (result.index() == 2)
        std::rethrow_exception(std::get<2>(result));
    return std::move(std::get<1>(result));
}

#endif
