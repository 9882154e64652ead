/* For the authors of awaitables that await several at the same time: the count of those that have not ended, their stop
 * source, linked to the awaiter's stop token while they run, and the way back to the awaiter.
 *
 * await_suspend calls when_children_begin, starts the children, and releases its own count. A child that has ended
 * leaves its result, calls when_children_decide where it is one that stops the others, and goes where
 * when_children_release_to_awaiter says.
 *
 * Threads: children end on any thread, at the same time.
 */
#ifndef ABREAST_AWAITABLE_WHEN_CHILDREN_H
#define ABREAST_AWAITABLE_WHEN_CHILDREN_H

#include "awaitable/when_all.h"

/* The awaiter's stop request. */
void when_children_on_stop(struct stop_callback *);

/* Counts `count` children and the call that starts them. `decided` is kept: a child may have ended before. */
static inline void when_children_begin(struct when_children *self, size_t count, struct coro *caller,
                                       const struct io_env *env)
{
    atomic_store_explicit(&self->pending, count + 1, memory_order_relaxed);
    self->awaiter.coro = caller;
    stop_source_init(&self->stop);
    self->env = *env;
    self->env.stop = stop_source_token(&self->stop);
    self->on_stop.invoke = when_children_on_stop;
    stop_callback_register(&self->on_stop, env->stop);
}

/* The result of a child that stops the others: the first counts. */
static inline void when_children_decide(struct when_children *self, ssize_t *result)
{
    ssize_t *none = NULL;
    if (atomic_compare_exchange_strong_explicit(&self->decided, &none, result, memory_order_relaxed,
                                                memory_order_relaxed))
        stop_source_request_stop(&self->stop);
}

/* Gives one count back: true when it was the last, so that the awaiter is to be resumed. */
static inline bool when_children_release(struct when_children *self)
{
    if (atomic_fetch_sub_explicit(&self->pending, 1, memory_order_acq_rel) > 1)
        return false;
    stop_callback_deregister(&self->on_stop);
    return true;
}

/* The same from anywhere: what to resume next. */
static inline struct coro *when_children_release_to_awaiter(struct when_children *self)
{
    return when_children_release(self) ? executor_dispatch(self->env.executor, &self->awaiter) : noop_coroutine();
}

#endif
