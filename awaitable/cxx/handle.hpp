/* Coroutine handles across the two languages, and who may see what.
 *
 * A handle is the same address in both: of a frame that starts with the pointers of its resume and destroy functions
 * (common/coro.h). What differs is what an optimiser knows of these functions. clang compiles its own with a calling
 * convention of its own (fastcc, LLVM's CoroSplit), and calls all handles so; on this machine that is the same call,
 * but where link-time optimisation sees a C function called by C++'s convention, or the reverse, it takes the call for
 * undefined, and deletes it. So each handle passes through hidden() on its way from one language to the other: an empty
 * piece of assembler, after which nobody knows any more which frame it is. It costs no instruction.
 *
 * Owns: nothing.
 */
#ifndef ABREAST_AWAITABLE_CXX_HANDLE_HPP
#define ABREAST_AWAITABLE_CXX_HANDLE_HPP

#include "awaitable/cxx/c.hpp"
#include "awaitable/cxx/hidden.hpp"

#include <coroutine>

namespace abreast
{

inline ::coro *to_c(std::coroutine_handle<> handle) noexcept
{
    return hidden(static_cast<::coro *>(handle.address()));
}

inline std::coroutine_handle<> from_c(::coro *handle) noexcept
{
    return std::coroutine_handle<>::from_address(hidden(handle));
}

/* What a C++ await_suspend returns for `next` to be resumed in its place. With the driver loop (common/coro.h) that is
 * left to coro_resume, as in C; so C++ frames too are resumed by it, or by safe_resume, and not by handle.resume(). */
inline std::coroutine_handle<> transfer(std::coroutine_handle<> next) noexcept
{
#if defined ABREAST_PROBE
    probe_transfer(to_c(next));
#endif
#if defined ABREAST_TRANSFER_DRIVER
    coro_transfer_slot = to_c(next);
    return std::noop_coroutine();
#else
    return next;
#endif
}

} // namespace abreast

#endif
