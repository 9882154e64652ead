/* when_all and when_any of awaitables of one type, composed statically: no frame and no allocation for any of them.
 *
 *     WHEN_ALL_OF(N, T, count)          the awaitable N; T's result is ssize_t, negative: it failed
 *     struct N all;                     in the frame
 *
 *     ...make each self->all.each[i].awaitable...
 *     N(&self->all);
 *     CO_AWAIT(self->got, self, N, &self->all);      self->all.each[i].result: each one's result
 *
 *     WHEN_ANY_OF(N, T, count)          the same; the result is the number of the one that ended first
 *
 * What happens is what awaitable/when_all.h says of tasks. await_ready makes the attempt of each, so that where all are
 * ready nobody suspends, nothing is counted, and no stop source is made; in a when_any those after the first that is
 * ready are not begun, and end with -ECANCELED. Those that are not ready are started by await_suspend, and each has, in
 * place of a coroutine that awaits it, a bare struct coro beside it: a synthetic frame, as awaitable/when_all.h says.
 *
 * Lifetime: N stays where it is until the await is over, and, like a single awaitable, cannot be destroyed before.
 * Threads: the awaitables may complete on any thread, at the same time.
 */
#ifndef ABREAST_AWAITABLE_WHEN_ALL_OF_H
#define ABREAST_AWAITABLE_WHEN_ALL_OF_H

#include "awaitable/when_children.h"

#include <errno.h>

void when_all_of_nothing_to_destroy(struct coro *);

#define WHEN_ALL_OF(N, T, count)                                                                                       \
    WHEN_OF(N, T, count, false)                                                                                        \
    static inline ssize_t N##_await_resume(struct N *self)                                                             \
    {                                                                                                                  \
        const ssize_t *decided = atomic_load_explicit(&self->of.decided, memory_order_relaxed);                        \
        return decided ? *decided : 0;                                                                                 \
    }

#define WHEN_ANY_OF(N, T, count)                                                                                       \
    WHEN_OF(N, T, count, true)                                                                                         \
    static inline ssize_t N##_await_resume(struct N *self)                                                             \
    {                                                                                                                  \
        const ssize_t *decided = atomic_load_explicit(&self->of.decided, memory_order_relaxed);                        \
        return CONTAINER_OF(decided, struct N##_child, result) - self->each;                                           \
    }

/* `any`, a constant expression: the first end of any kind stops the others. A child whose `coro` has no resume function
 * has ended before await_suspend. */
#define WHEN_OF(N, T, count, any)                                                                                      \
    struct N##_child {                                                                                                 \
        struct T awaitable; /* caller, before N */                                                                     \
        ssize_t result;     /* valid after the await */                                                                \
        struct coro coro;                                                                                              \
        struct N *all;                                                                                                 \
    };                                                                                                                 \
    struct N {                                                                                                         \
        struct when_children of;                                                                                       \
        struct N##_child each[count];                                                                                  \
    };                                                                                                                 \
    static inline void N(struct N *self)                                                                               \
    {                                                                                                                  \
        atomic_init(&self->of.decided, NULL);                                                                          \
        atomic_init(&self->of.pending, 0);                                                                             \
    }                                                                                                                  \
    static void N##_child_ended(struct coro *coro)                                                                     \
    {                                                                                                                  \
        struct N##_child *child = CONTAINER_OF(coro, struct N##_child, coro);                                          \
        struct N *self = child->all;                                                                                   \
        child->result = T##_await_resume(&child->awaitable);                                                           \
        if ((any) || child->result < 0)                                                                                \
            when_children_decide(&self->of, &child->result);                                                           \
        TRANSFER_TO(probe_transfer(when_children_release_to_awaiter(&self->of)));                                      \
    }                                                                                                                  \
    static inline bool N##_await_ready(struct N *self)                                                                 \
    {                                                                                                                  \
        size_t waiting = 0;                                                                                            \
        ssize_t *decided = NULL;                                                                                       \
        for (size_t i = 0; i < (count); i++) {                                                                         \
            struct N##_child *child = &self->each[i];                                                                  \
            child->coro.resume = NULL;                                                                                 \
            if ((any) && decided) {                                                                                    \
                child->result = -ECANCELED;                                                                            \
            } else if (T##_await_ready(&child->awaitable)) {                                                           \
                child->result = T##_await_resume(&child->awaitable);                                                   \
                if (!decided && ((any) || child->result < 0))                                                          \
                    decided = &child->result;                                                                          \
            } else {                                                                                                   \
                child->coro = (struct coro){.resume = N##_child_ended, .destroy = when_all_of_nothing_to_destroy};     \
                child->all = self;                                                                                     \
                waiting++;                                                                                             \
            }                                                                                                          \
        }                                                                                                              \
        atomic_store_explicit(&self->of.decided, decided, memory_order_relaxed);                                       \
        atomic_store_explicit(&self->of.pending, waiting, memory_order_relaxed);                                       \
        return waiting == 0;                                                                                           \
    }                                                                                                                  \
    static struct coro *N##_await_suspend(struct N *self, struct coro *caller, const struct io_env *env)               \
    {                                                                                                                  \
        PROBE(LAUNCH);                                                                                                 \
        when_children_begin(&self->of, atomic_load_explicit(&self->of.pending, memory_order_relaxed), caller, env);    \
        if (atomic_load_explicit(&self->of.decided, memory_order_relaxed))                                             \
            stop_source_request_stop(&self->of.stop);                                                                  \
        for (size_t i = 0; i < (count); i++) {                                                                         \
            struct N##_child *child = &self->each[i];                                                                  \
            if (child->coro.resume)                                                                                    \
                safe_resume(probe_nested(T##_await_suspend(&child->awaitable, &child->coro, &self->of.env)));          \
        }                                                                                                              \
        return when_children_release(&self->of) ? caller : noop_coroutine();                                           \
    }

#endif
