/* What the C++ cells take from the standard library, to be precompiled once for each setting (cmake/cells.cmake). Every
 * file still includes what it uses: this only saves time. */
#ifndef ABREAST_BENCH_CXX_STANDARD_HPP
#define ABREAST_BENCH_CXX_STANDARD_HPP

#include <array>
#include <atomic>
#include <cerrno>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <memory_resource>
#include <new>
#include <optional>
#include <pthread.h>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#endif
