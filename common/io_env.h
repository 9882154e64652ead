/* The environment of an asynchronous operation: P4003's io_env. It is what the second argument of await_suspend points
 * to, and what a receiver's get_env answers here.
 *
 * Owns: nothing. Lifetime: whoever launches work keeps the environment until the work has ended.
 */
#ifndef ABREAST_COMMON_IO_ENV_H
#define ABREAST_COMMON_IO_ENV_H

#include "common/executor.h"
#include "common/frame_allocator.h"
#include "common/stop_token.h"

struct io_env {
    struct executor_ref executor;      /* where coroutines are resumed */
    struct stop_token stop;            /* default: a token that never stops */
    struct frame_allocator *allocator; /* where coroutine frames come from; null: malloc */
};

#endif
