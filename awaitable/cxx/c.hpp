/* The C headers of the awaitable protocol, as C++ reads them.
 *
 * They are C17, and stay so. What C++20 has no word for is given one here while they are read, and taken back after:
 * `_Thread_local` is `__thread`, which is the same storage without C++'s initialisation wrapper; `_Atomic` is left out,
 * which keeps size and alignment of the members that have it, and those few that inline functions here read are read by
 * the builtins that C's own atomics are made of.
 *
 * A translation unit that includes this is compiled with the ABREAST_ definitions that the C part was compiled with:
 * they decide how a transfer is made, and whether events are counted.
 */
#ifndef ABREAST_AWAITABLE_CXX_C_HPP
#define ABREAST_AWAITABLE_CXX_C_HPP

/* What the C headers include, first: not within extern "C". */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* g++ has builtins of these names. */
#define coro_resume abreast_coro_resume
#define coro_destroy abreast_coro_destroy

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* of {0}, which C does not warn of */
#pragma push_macro("_Thread_local")
#pragma push_macro("_Atomic")
#undef _Thread_local
#undef _Atomic
#define _Thread_local __thread
#define _Atomic
#define atomic_load_explicit(object, order) __atomic_load_n(object, order)
#define memory_order_relaxed __ATOMIC_RELAXED
#define memory_order_acquire __ATOMIC_ACQUIRE

extern "C" {
#include "awaitable/io.h"
#include "awaitable/run.h"
#include "awaitable/when_any.h"
#include "common/run_loop.h"
}

#undef atomic_load_explicit
#undef memory_order_relaxed
#undef memory_order_acquire
#undef coro_resume
#undef coro_destroy
#pragma pop_macro("_Atomic")
#pragma pop_macro("_Thread_local")
#pragma GCC diagnostic pop

#endif
