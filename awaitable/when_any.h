/* when_any: tasks that run at the same time; the first that ends decides, and the others are stopped.
 *
 *     self->children[0].task = read(...);
 *     self->children[1].task = timeout(...);
 *     when_any(&self->race, self->children, 2);
 *     CO_AWAIT(self->winner, self, when_any, &self->race);         self->children[winner].result
 *
 * In all else it is when_all, and awaitable/when_all.h says how. The result is the number of the task that ended first,
 * well or badly; the others have results too, for the awaiter is resumed when all have ended. Of no tasks there is no
 * first: -EINVAL.
 */
#ifndef ABREAST_AWAITABLE_WHEN_ANY_H
#define ABREAST_AWAITABLE_WHEN_ANY_H

#include "awaitable/when_all.h"

#include <errno.h>

struct when_any {
    struct when_all all;
};

static inline void when_any(struct when_any *self, struct when_child *children, size_t count)
{
    when_all(&self->all, children, count);
    self->all.any = true;
}

static inline bool when_any_await_ready(struct when_any *self)
{
    return when_all_await_ready(&self->all);
}

static inline struct coro *when_any_await_suspend(struct when_any *self, struct coro *caller, const struct io_env *env)
{
    return when_all_await_suspend(&self->all, caller, env);
}

static inline ssize_t when_any_await_resume(struct when_any *self)
{
    const ssize_t *decided = atomic_load_explicit(&self->all.of.decided, memory_order_relaxed);
    return decided ? CONTAINER_OF(decided, struct when_child, result) - self->all.children : -EINVAL;
}

static inline void when_any_destroy(struct when_any *self)
{
    when_all_destroy(&self->all);
}

#endif
