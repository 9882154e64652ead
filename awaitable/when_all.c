#include "awaitable/when_all_of.h"
#include "awaitable/when_children.h"

#include <errno.h>

static void ended(struct when_child *child, ssize_t result)
{
    struct when_all *self = child->all;
    child->result = result;
    if (result < 0 || self->any)
        when_children_decide(&self->of, &child->result);
}

/* What a task transfers to at its end. */
static void child_ended(struct coro *coro)
{
    struct when_child *child = CONTAINER_OF(coro, struct when_child, coro);
    ssize_t result = task_await_resume(child->task);
    coro_destroy(&child->task->frame.coro);
    child->task = NULL;
    ended(child, result);
    TRANSFER_TO(probe_transfer(when_children_release_to_awaiter(&child->all->of)));
}

void when_all_of_nothing_to_destroy(struct coro *coro)
{
    (void)coro;
}

/* The awaiter's stop request. A task may end inside it, and all of them: the count keeps the stop source alive until
 * its own request has returned. Where all have ended before, whoever was last is waiting for this callback to return.
 */
void when_children_on_stop(struct stop_callback *callback)
{
    struct when_children *self = CONTAINER_OF(callback, struct when_children, on_stop);
    size_t pending = atomic_load_explicit(&self->pending, memory_order_relaxed);
    do {
        if (pending == 0)
            return;
    } while (!atomic_compare_exchange_weak_explicit(&self->pending, &pending, pending + 1, memory_order_relaxed,
                                                    memory_order_relaxed));
    stop_source_request_stop(&self->stop);
    safe_resume(probe_nested(when_children_release_to_awaiter(self)));
}

void when_all(struct when_all *self, struct when_child *children, size_t count)
{
    *self = (struct when_all){.children = children, .count = count};
    for (size_t i = 0; i < count; i++)
        children[i] = (struct when_child){
            .coro = {.resume = child_ended, .destroy = when_all_of_nothing_to_destroy},
            .all = self,
            .task = children[i].task,
        };
}

struct coro *when_all_await_suspend(struct when_all *self, struct coro *caller, const struct io_env *env)
{
    PROBE(LAUNCH);
    when_children_begin(&self->of, self->count, caller, env);
    for (size_t i = 0; i < self->count; i++) {
        struct when_child *child = &self->children[i];
        if (child->task) {
            safe_resume(probe_nested(task_await_suspend(child->task, &child->coro, &self->of.env)));
        } else {
            ended(child, -ENOMEM);
            atomic_fetch_sub_explicit(&self->of.pending, 1, memory_order_relaxed);
        }
    }
    return when_children_release(&self->of) ? caller : noop_coroutine();
}

void when_all_destroy(struct when_all *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->children[i].task)
            coro_destroy(&self->children[i].task->frame.coro);
    if (atomic_load_explicit(&self->of.pending, memory_order_relaxed) > 0)
        stop_callback_deregister(&self->of.on_stop);
    *self = (struct when_all){0};
}
