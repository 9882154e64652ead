/* The awaitable of the awaitable mechanisms: an operation that completes at once. The including file says by
 * COMPLETION_READY whether await_ready says so; if not, the coroutine suspends, and await_suspend, which has completed
 * when it returns, returns the caller's own handle (P0913R1; P2583R0 2).
 */
#include "awaitable/awaitable.h"

#include <stdint.h>

struct completion {
    uint64_t value;
};

static inline void completion(struct completion *self, uint64_t value)
{
    self->value = value;
}

static inline bool completion_await_ready(struct completion *self)
{
    (void)self;
    return COMPLETION_READY;
}

static inline struct coro *completion_await_suspend(struct completion *self, struct coro *caller,
                                                    const struct io_env *env)
{
    (void)self;
    (void)env;
    return caller;
}

static inline uint64_t completion_await_resume(struct completion *self)
{
    return self->value;
}
