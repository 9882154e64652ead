/* An awaitable that is ready: await_ready answers true, and the coroutine goes on without suspending
 * ([expr.await] 5.2). What read_some does when the stream's speculative attempt succeeds (Corosio, P4003R1 2). */
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
    return true;
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

#include "bench/stack/awaiting.h"

const struct stack_variant ready_variants[] = {{"-", 0, awaiting_run}, {NULL, 0, NULL}};
