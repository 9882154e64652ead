/* when_all as two libraries ship it: a coroutine, the runner, awaits each of the awaitables.
 *
 *     CPPCORO_WHEN_ALL(N, T)    cppcoro (when_all_task.hpp, when_all_ready_awaitable.hpp, when_all_counter.hpp). The
 *                               runners are started one after the other by nested calls; whoever ends last resumes the
 *                               awaiter by a nested call. No executor, no stop token, and nobody is asked to stop.
 *     CAPY_WHEN_ALL(N, T)       Capy at bbcff6d, 2026 (when_all.hpp). when_all is a task of its own, and posts the
 *                               runners to the executor; a runner destroys itself, and whoever ends last goes to the
 *                               task by its executor. The first failure, here a negative result, asks the others to
 *                               stop. Its std::stop_source allocates in C++; here it is in the task's frame.
 *     CAPY_WHEN_ANY(N, T)       the same where the first end of any kind asks the others to stop
 *
 * T's result is ssize_t. The copies of an awaitable in the frames are those that the libraries' code makes: parameter,
 * tuple, awaiter.
 */
#ifndef ABREAST_BENCH_FANOUT_RUNNERS_H
#define ABREAST_BENCH_FANOUT_RUNNERS_H

#include "awaitable/task.h"

#include <errno.h>
#include <stdatomic.h>

struct cppcoro_counter {
    _Atomic size_t pending; /* runners, and the call that starts them */
    struct coro *awaiter;
};

/* What a runner's promise begins with, for CO_AWAIT. */
struct runner_promise {
    struct frame frame;
    const struct io_env *env;
};

/* struct N, in the awaiter: the counter, and a handle a runner. N_create(T, i) first, for each; then CO_AWAIT on N, and
 * N_result; N_destroy at last. */
#define CPPCORO_WHEN_ALL(N, T)                                                                                         \
    struct N##_runner {                                                                                                \
        struct runner_promise task;                                                                                    \
        struct cppcoro_counter *counter;                                                                               \
        void *exception;                                                                                               \
        ssize_t *result;                                                                                               \
        struct T awaitable;                                                                                            \
        ssize_t got;                                                                                                   \
    };                                                                                                                 \
    struct N {                                                                                                         \
        struct cppcoro_counter counter;                                                                                \
        size_t count;                                                                                                  \
        struct N##_runner *runners[];                                                                                  \
    };                                                                                                                 \
    static void N##_runner_body(struct coro *handle)                                                                   \
    {                                                                                                                  \
        struct N##_runner *self = (struct N##_runner *)handle;                                                         \
        CO_BEGIN(self);                                                                                                \
        CO_AWAIT(self->got, self, T, &self->awaitable);                                                                \
        self->result = &self->got;                                                                                     \
        handle->resume = NULL;                                                                                         \
        if (atomic_fetch_sub_explicit(&self->counter->pending, 1, memory_order_acq_rel) == 1)                          \
            coro_resume(self->counter->awaiter);                                                                       \
        return;                                                                                                        \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static bool N##_create(struct N *self, size_t i, struct T awaitable)                                               \
    {                                                                                                                  \
        struct N##_runner *runner =                                                                                    \
            frame_create(get_current_frame_allocator(), sizeof *runner, N##_runner_body, NULL);                        \
        self->runners[i] = runner;                                                                                     \
        if (!runner)                                                                                                   \
            return false;                                                                                              \
        runner->counter = &self->counter;                                                                              \
        runner->exception = NULL;                                                                                      \
        runner->awaitable = awaitable;                                                                                 \
        return true;                                                                                                   \
    }                                                                                                                  \
    static inline bool N##_await_ready(struct N *self)                                                                 \
    {                                                                                                                  \
        return self->counter.awaiter != NULL;                                                                          \
    }                                                                                                                  \
    static inline struct coro *N##_await_suspend(struct N *self, struct coro *caller, const struct io_env *env)        \
    {                                                                                                                  \
        atomic_store_explicit(&self->counter.pending, self->count + 1, memory_order_relaxed);                          \
        for (size_t i = 0; i < self->count; i++) {                                                                     \
            self->runners[i]->task.env = env;                                                                          \
            coro_resume(&self->runners[i]->task.frame.coro);                                                           \
        }                                                                                                              \
        self->counter.awaiter = caller;                                                                                \
        bool suspended = atomic_fetch_sub_explicit(&self->counter.pending, 1, memory_order_acq_rel) > 1;               \
        return suspended ? noop_coroutine() : caller;                                                                  \
    }                                                                                                                  \
    static inline ssize_t N##_await_resume(struct N *self)                                                             \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        return 0;                                                                                                      \
    }                                                                                                                  \
    static inline ssize_t N##_result(const struct N *self, size_t i)                                                   \
    {                                                                                                                  \
        return *self->runners[i]->result;                                                                              \
    }                                                                                                                  \
    static inline void N##_destroy(struct N *self)                                                                     \
    {                                                                                                                  \
        for (size_t i = 0; i < self->count; i++)                                                                       \
            coro_destroy(&self->runners[i]->task.frame.coro);                                                          \
    }

/* ---- Capy ---- */

struct capy_state {
    _Atomic size_t remaining;
    ssize_t *_Atomic decided; /* the result that asked the others to stop */
    struct stop_source stop;
    struct stop_callback on_stop;
    struct continuation awaiter;
    const struct io_env *env; /* the task's */
};

static inline void capy_stop(struct stop_callback *callback)
{
    stop_source_request_stop(&CONTAINER_OF(callback, struct capy_state, on_stop)->stop);
}

static inline void capy_decide(struct capy_state *state, ssize_t *result)
{
    ssize_t *none = NULL;
    if (atomic_compare_exchange_strong_explicit(&state->decided, &none, result, memory_order_relaxed,
                                                memory_order_relaxed))
        stop_source_request_stop(&state->stop);
}

static inline struct coro *capy_ended(struct capy_state *state)
{
    const struct io_env *env = state->env;
    bool last = atomic_fetch_sub_explicit(&state->remaining, 1, memory_order_acq_rel) == 1;
    return last ? executor_dispatch(env->executor, &state->awaiter) : noop_coroutine();
}

#define CAPY_WHEN_ALL(N, T) CAPY_WHEN(N, T, false)
#define CAPY_WHEN_ANY(N, T) CAPY_WHEN(N, T, true)

/* struct N is the task; N_create, and then each slot's `parameter`; its result is 0, or that of the first that failed,
 * or, where `any`, the number of the first that ended. The results are in its slots until it is destroyed. */
#define CAPY_WHEN(N, T, any)                                                                                           \
    struct N##_slot {                                                                                                  \
        struct T parameter, awaitable;                                                                                 \
        ssize_t result;                                                                                                \
        struct coro *runner;                                                                                           \
    };                                                                                                                 \
    struct N {                                                                                                         \
        struct task task;                                                                                              \
        struct capy_state state;                                                                                       \
        size_t count;                                                                                                  \
        struct N##_slot slots[];                                                                                       \
    };                                                                                                                 \
    struct N##_runner {                                                                                                \
        struct runner_promise task;                                                                                    \
        struct capy_state *state;                                                                                      \
        struct io_env env;                                                                                             \
        struct continuation start;                                                                                     \
        struct N##_slot *slot;                                                                                         \
        struct T parameter, awaiter;                                                                                   \
    };                                                                                                                 \
    static void N##_runner_body(struct coro *handle)                                                                   \
    {                                                                                                                  \
        struct N##_runner *self = (struct N##_runner *)handle;                                                         \
        struct capy_state *state = self->state;                                                                        \
        CO_BEGIN(self);                                                                                                \
        self->awaiter = self->parameter;                                                                               \
        CO_AWAIT(self->slot->result, self, T, &self->awaiter);                                                         \
        if ((any) || self->slot->result < 0)                                                                           \
            capy_decide(state, &self->slot->result);                                                                   \
        frame_destroy(handle);                                                                                         \
        TRANSFER_TO(probe_transfer(capy_ended(state)));                                                                \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct N##_runner *N##_runner(struct N *self, size_t i)                                                     \
    {                                                                                                                  \
        struct N##_runner *runner =                                                                                    \
            frame_create(get_current_frame_allocator(), sizeof *runner, N##_runner_body, NULL);                        \
        if (!runner)                                                                                                   \
            return NULL;                                                                                               \
        runner->state = &self->state;                                                                                  \
        runner->env = *self->state.env;                                                                                \
        runner->env.stop = stop_source_token(&self->state.stop);                                                       \
        runner->task.env = &runner->env;                                                                               \
        runner->slot = &self->slots[i];                                                                                \
        runner->parameter = self->slots[i].awaitable;                                                                  \
        runner->start.coro = self->slots[i].runner = &runner->task.frame.coro;                                         \
        return runner;                                                                                                 \
    }                                                                                                                  \
    static inline bool N##_launcher_await_ready(struct N *self)                                                        \
    {                                                                                                                  \
        return self->count == 0;                                                                                       \
    }                                                                                                                  \
    static inline struct coro *N##_launcher_await_suspend(struct N *self, struct coro *caller,                         \
                                                          const struct io_env *env)                                    \
    {                                                                                                                  \
        struct capy_state *state = &self->state;                                                                       \
        size_t count = self->count;                                                                                    \
        PROBE(LAUNCH);                                                                                                 \
        atomic_init(&state->remaining, count);                                                                         \
        atomic_init(&state->decided, NULL);                                                                            \
        stop_source_init(&state->stop);                                                                                \
        state->awaiter.coro = caller;                                                                                  \
        state->env = env;                                                                                              \
        state->on_stop.invoke = capy_stop;                                                                             \
        stop_callback_register(&state->on_stop, env->stop);                                                            \
        for (size_t i = 0; i < count; i++) {                                                                           \
            struct N##_runner *runner = N##_runner(self, i);                                                           \
            if (runner) {                                                                                              \
                executor_post(env->executor, &runner->start);                                                          \
                continue;                                                                                              \
            }                                                                                                          \
            self->slots[i].result = -ENOMEM;                                                                           \
            capy_decide(state, &self->slots[i].result);                                                                \
            if (atomic_fetch_sub_explicit(&state->remaining, 1, memory_order_acq_rel) == 1)                            \
                return caller;                                                                                         \
        }                                                                                                              \
        return noop_coroutine();                                                                                       \
    }                                                                                                                  \
    static inline ssize_t N##_launcher_await_resume(struct N *self)                                                    \
    {                                                                                                                  \
        const ssize_t *decided = atomic_load_explicit(&self->state.decided, memory_order_relaxed);                     \
        if ((any) && decided)                                                                                          \
            return CONTAINER_OF(decided, struct N##_slot, result) - self->slots;                                       \
        return decided ? *decided : 0;                                                                                 \
    }                                                                                                                  \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N *self = (struct N *)handle;                                                                           \
        ssize_t status;                                                                                                \
        CO_BEGIN(self);                                                                                                \
        for (size_t i = 0; i < self->count; i++)                                                                       \
            self->slots[i].awaitable = self->slots[i].parameter;                                                       \
        CO_AWAIT(status, self, N##_launcher, self);                                                                    \
        stop_callback_deregister(&self->state.on_stop);                                                                \
        CO_RETURN(self, status);                                                                                       \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct N *N##_create(size_t count)                                                                          \
    {                                                                                                                  \
        struct N *self = (struct N *)task_create(sizeof *self + count * sizeof *self->slots, N##_body, NULL);          \
        if (self)                                                                                                      \
            self->count = count;                                                                                       \
        return self;                                                                                                   \
    }

#endif
