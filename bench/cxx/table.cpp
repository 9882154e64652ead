/* The table of the mechanisms in C++: those of mechanisms.def that have a coroutine or a sender in them. What each
 * rests on is said there for both languages. */
#include "bench/cxx/mechanisms.hpp"

#define MECHANISM(experiment, model, file, name, rests_on, ...)                                                        \
    MECHANISM_##model(#experiment, name, rests_on, nullptr, file##_variants)
#define BOUNDARY_MECHANISM(experiment, model, file, name, rests_on, ...)                                               \
    MECHANISM_##model(#experiment, name, rests_on, "boundary=yes", file##_variants)
#define MECHANISM_awaitable(experiment, ...) {experiment, "cxx-awaitable", __VA_ARGS__},
#define MECHANISM_sender(experiment, ...) {experiment, "cxx-sender", __VA_ARGS__},
#define MECHANISM_callback(...)
#define MECHANISM_event(...)
#define MECHANISM_poll(...)

const stack_mechanism stack_mechanisms[] = {
#include "bench/stack/mechanisms.def"
    {"stack", "cxx-sender", "p2300", SIBLING_CALL, "boundary=no", p2300_without_noexcept_variants},
    {},
};

const char stack_toolchain[] = ABREAST_TOOLCHAIN;
