#include "awaitable/when_all.h"

#include <errno.h>

/* Gives one count back: true when it was the last, so that the awaiter is to be resumed. */
static bool release(struct when_all *self)
{
    if (atomic_fetch_sub_explicit(&self->pending, 1, memory_order_acq_rel) > 1)
        return false;
    stop_callback_deregister(&self->on_stop);
    return true;
}

/* The same from anywhere: what to resume next. */
static struct coro *release_to_awaiter(struct when_all *self)
{
    return release(self) ? executor_dispatch(self->env.executor, &self->awaiter) : noop_coroutine();
}

static void ended(struct when_child *child, ssize_t result)
{
    struct when_all *self = child->all;
    child->result = result;
    if (result >= 0 && !self->any)
        return;
    struct when_child *none = NULL;
    if (atomic_compare_exchange_strong_explicit(&self->decided, &none, child, memory_order_relaxed,
                                                memory_order_relaxed))
        stop_source_request_stop(&self->stop);
}

/* What a task transfers to at its end. */
static void child_ended(struct coro *coro)
{
    struct when_child *child = CONTAINER_OF(coro, struct when_child, coro);
    ssize_t result = task_await_resume(child->task);
    coro_destroy(&child->task->frame.coro);
    child->task = NULL;
    ended(child, result);
    TRANSFER_TO(release_to_awaiter(child->all));
}

static void nothing_to_destroy(struct coro *coro)
{
    (void)coro;
}

/* The awaiter's stop request. A task may end inside it, and all of them: the count keeps the stop source alive until
 * its own request has returned. Where all have ended before, whoever was last is waiting for this callback to return.
 */
static void stop_children(struct stop_callback *callback)
{
    struct when_all *self = CONTAINER_OF(callback, struct when_all, on_stop);
    size_t pending = atomic_load_explicit(&self->pending, memory_order_relaxed);
    do {
        if (pending == 0)
            return;
    } while (!atomic_compare_exchange_weak_explicit(&self->pending, &pending, pending + 1, memory_order_relaxed,
                                                    memory_order_relaxed));
    stop_source_request_stop(&self->stop);
    safe_resume(release_to_awaiter(self));
}

void when_all(struct when_all *self, struct when_child *children, size_t count)
{
    *self = (struct when_all){.children = children, .count = count};
    for (size_t i = 0; i < count; i++)
        children[i] = (struct when_child){
            .coro = {.resume = child_ended, .destroy = nothing_to_destroy},
            .all = self,
            .task = children[i].task,
        };
}

struct coro *when_all_await_suspend(struct when_all *self, struct coro *caller, const struct io_env *env)
{
    /* One count for each task, and one for this call. */
    atomic_store_explicit(&self->pending, self->count + 1, memory_order_relaxed);
    self->awaiter.coro = caller;
    stop_source_init(&self->stop);
    self->env = *env;
    self->env.stop = stop_source_token(&self->stop);
    self->on_stop.invoke = stop_children;
    stop_callback_register(&self->on_stop, env->stop);
    for (size_t i = 0; i < self->count; i++) {
        struct when_child *child = &self->children[i];
        if (child->task) {
            safe_resume(task_await_suspend(child->task, &child->coro, &self->env));
        } else {
            ended(child, -ENOMEM);
            atomic_fetch_sub_explicit(&self->pending, 1, memory_order_relaxed);
        }
    }
    return release(self) ? caller : noop_coroutine();
}

void when_all_destroy(struct when_all *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->children[i].task)
            coro_destroy(&self->children[i].task->frame.coro);
    if (atomic_load_explicit(&self->pending, memory_order_relaxed) > 0) {
        stop_callback_deregister(&self->on_stop);
    }
    *self = (struct when_all){0};
}
