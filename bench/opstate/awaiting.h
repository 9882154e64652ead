/* What the coroutines of the opstate experiment share: their launch, and the awaitable of a value that is there.
 *
 *   ready         a coroutine awaits what is ready, and does in its body what one writes for the sender's algorithms
 *   ready-known   the same, compiled as by a compiler that sees that await_ready is constant before it splits the
 *                 coroutine, and drops the suspension point (clang's CoroSplit does so in C++, gcc does not)
 */
#ifndef ABREAST_BENCH_OPSTATE_AWAITING_H
#define ABREAST_BENCH_OPSTATE_AWAITING_H

#include "awaitable/run.h"
#include "bench/opstate/forms.h"

#include <errno.h>

static inline void launched_ended(struct run_async *launch, ssize_t result)
{
    (void)launch;
    (void)result;
}

/* Runs a root coroutine, which ends before this returns: nothing waits. */
static inline int launch(struct opstate *state, struct task *(*make)(struct opstate *))
{
    struct frame_allocator *saved = get_current_frame_allocator();
    struct run_async launch;
    set_current_frame_allocator(state->env.allocator);
    struct task *task = make(state);
    set_current_frame_allocator(saved);
    if (!task)
        return -ENOMEM;
    run_async(&launch, task, &state->env, launched_ended);
    return state->operations ? -ENOMEM : 0;
}

/* N_make, which creates the root coroutine of body N_body, and N_run, which runs it. Its frame is struct N_frame, and
 * begins with a struct task and the struct opstate *. */
#define ROOT_COROUTINE(N)                                                                                              \
    static struct task *N##_make(struct opstate *state)                                                                \
    {                                                                                                                  \
        struct N##_frame *self = (struct N##_frame *)task_create(sizeof *self, N##_body, NULL);                        \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        self->state = state;                                                                                           \
        return &self->task;                                                                                            \
    }                                                                                                                  \
    static int N##_run(struct opstate *state)                                                                          \
    {                                                                                                                  \
        return launch(state, N##_make);                                                                                \
    }

/* The form of a root coroutine, and of an awaitable T in its frame. */
#define AWAITING_FORM(name, N, T)                                                                                      \
    const struct form name = {                                                                                         \
        .run = N##_run,                                                                                                \
        .sizes = {.awaitable = sizeof(T), .align = _Alignof(T), .frame = sizeof(struct N##_frame)},                    \
    };

/* The awaitable of a value that is there already. */
struct ready_value {
    uint64_t value;
};

static inline bool ready_value_await_ready(struct ready_value *self)
{
    (void)self;
    return true;
}

static inline struct coro *ready_value_await_suspend(struct ready_value *self, struct coro *caller,
                                                     const struct io_env *env)
{
    (void)self;
    (void)env;
    return caller;
}

static inline uint64_t ready_value_await_resume(struct ready_value *self)
{
    return self->value;
}

/* co_await without a suspension point, for an awaitable that is always ready. */
#define CO_AWAIT_KNOWN(result, self, T, awaitable)                                                                     \
    do {                                                                                                               \
        if (!T##_await_ready(awaitable))                                                                               \
            __builtin_unreachable();                                                                                   \
        set_current_frame_allocator((self)->task.env->allocator);                                                      \
        (result) = T##_await_resume(awaitable);                                                                        \
    } while (0)

#endif
