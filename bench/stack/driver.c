/* The portable driver loop: the body returns, and a loop in coro_resume resumes the handle that await_suspend left
 * behind (common/coro.h; what a library does where symmetric transfer is not to be had, as Asio's awaitable does with
 * its pump: asio/impl/awaitable.hpp). */
#define ABREAST_TRANSFER_DRIVER

#define COMPLETION_READY false

#include "bench/stack/completion.h"

#include "bench/stack/awaiting.h"

_Thread_local struct coro *coro_transfer_slot;

const struct stack_variant driver_variants[] = {{.name = "-", .run = awaiting_run, .long_run = LONGEST_RUN},
                                                {.name = NULL}};
