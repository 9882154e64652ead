/* when_all and when_any: tasks that run at the same time, awaited together, in the protocol of P4003's IoAwaitables.
 *
 *     struct when_child children[2];  struct when_all both;        in the frame
 *
 *     self->children[0].task = first(...);
 *     self->children[1].task = second(...);
 *     when_all(&self->both, self->children, 2);
 *     CO_AWAIT(self->got, self, when_all, &self->both);            self->children[i].result: each one's result
 *
 * The tasks are stored in the frame, where C++ would move them, and are not passed in a local array: gcc makes no
 * sibling call, and so no transfer, in a body that has given away the address of a local.
 *
 * await_suspend starts the tasks one after the other. Each is resumed by a nested call, for a handle can be returned
 * for one coroutine only; where all have ended inside those calls it returns the caller, and nothing has nested. Else
 * the task that ends last goes to its awaiter by symmetric transfer, through the awaiter's executor. Counting one more
 * for the call that starts them is cppcoro's way (when_all_counter). Capy's when_all (bbcff6d, 2026) posts each task to
 * the executor instead and makes a coroutine for each; what it does about errors, stop and the end is done here.
 *
 * The tasks have a stop token of their own, behind which are the awaiter's stop requests and the first failure, a
 * negative result, of one of them. The awaiter is resumed when all have ended, and not before. when_all's result is 0,
 * or that of the first that failed. A null task, one that could not be made, ends with -ENOMEM.
 *
 * Owns: the tasks, each until it has ended; the frames of the others go by when_all_destroy. Nothing is allocated,
 * since a task's continuation is a bare struct coro among the children. In C++ that is a synthetic frame, which rests
 * on the compilers' common frame layout; cppcoro and Capy make a coroutine for each task instead, and Capy one for the
 * whole.
 * Lifetime: when_all and children stay where they are until the await is over. The awaiting coroutine's `destroy` calls
 * when_all_destroy, where the task may be suspended in it; zero-initialised, there is nothing to destroy.
 * Threads: the tasks may end on any thread, at the same time.
 */
#ifndef ABREAST_AWAITABLE_WHEN_ALL_H
#define ABREAST_AWAITABLE_WHEN_ALL_H

#include "awaitable/task.h"

struct when_all;

/* One of the tasks. */
struct when_child {
    struct task *task; /* caller, before when_all; null once it has ended */
    ssize_t result;    /* valid after the await */
    struct coro coro;  /* the task's continuation */
    struct when_all *all;
};

/* What is awaited together: of tasks here, of other awaitables in awaitable/when_all_of.h. Its functions are in
 * awaitable/when_children.h. */
struct when_children {
    ssize_t *_Atomic decided; /* the result of the first that failed, or, in a when_any, that ended */
    _Atomic size_t pending;   /* children, and calls of ours, that still need all this; 0: not awaited */
    struct io_env env;        /* the children's */
    struct stop_source stop;
    struct stop_callback on_stop; /* of the awaiter's token */
    struct continuation awaiter;
};

struct when_all {
    struct when_child *children;
    size_t count;
    bool any; /* the first end of any kind stops the others: when_any */
    struct when_children of;
};

void when_all(struct when_all *, struct when_child *children, size_t count);
struct coro *when_all_await_suspend(struct when_all *, struct coro *caller, const struct io_env *);

static inline bool when_all_await_ready(struct when_all *self)
{
    (void)self;
    return false;
}

static inline ssize_t when_all_await_resume(struct when_all *self)
{
    const ssize_t *decided = atomic_load_explicit(&self->of.decided, memory_order_relaxed);
    return decided ? *decided : 0;
}

/* Destroys the tasks, which are suspended, or not yet started, outside any operation in flight. */
void when_all_destroy(struct when_all *);

#endif
