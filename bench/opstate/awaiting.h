/* The awaitable's forms.
 *
 *   ready         a coroutine awaits a value that is there, and calls the functions on it in its body: what one writes
 *                 where the sender has just(value) | then(f) | then(g)
 *   ready-known   the same, compiled as by a compiler that sees that await_ready is constant before it splits the
 *                 coroutine, and drops the suspension point (clang's CoroSplit does so in C++, gcc does not)
 *   task-in-task  each function is a coroutine of its own that awaits the one before it: a frame for each
 */
#ifndef ABREAST_BENCH_OPSTATE_AWAITING_H
#define ABREAST_BENCH_OPSTATE_AWAITING_H

#include "awaitable/run.h"
#include "bench/opstate/forms.h"

#include <errno.h>

static void launched_ended(struct run_async *launch, ssize_t result)
{
    (void)launch;
    (void)result;
}

/* Runs a root coroutine, which ends before this returns: nothing in these forms waits. */
static int launch(struct opstate *state, struct task *(*make)(struct opstate *))
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

struct ready_frame {
    struct task task;
    struct opstate *state;
    struct ready_value awaiting;
};

/* co_await without a suspension point, for an awaitable that is always ready. */
#define CO_AWAIT_KNOWN(result, self, T, awaitable)                                                                     \
    do {                                                                                                               \
        if (!T##_await_ready(awaitable))                                                                               \
            __builtin_unreachable();                                                                                   \
        PROBE(READY);                                                                                                  \
        (result) = T##_await_resume(awaitable);                                                                        \
    } while (0)

#define READY(depth, F) READY_FORM(ready_##depth##_##F, CO_AWAIT, depth, F)
#define KNOWN(depth, F) READY_FORM(known_##depth##_##F, CO_AWAIT_KNOWN, depth, F)
#define READY_FORM(N, AWAIT, depth, F)                                                                                 \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct ready_frame *self = (struct ready_frame *)handle;                                                       \
        struct opstate *state = self->state;                                                                           \
        struct opstate_keys keys = state->keys;                                                                        \
        uint64_t value;                                                                                                \
        CO_BEGIN(self);                                                                                                \
        for (; state->operations; state->operations--) {                                                               \
            self->awaiting.value = next_input(state->value);                                                           \
            AWAIT(value, self, ready_value, &self->awaiting);                                                          \
            STEPS_##depth(F, keys.of, value);                                                                          \
            state->value = value;                                                                                      \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct task *N##_make(struct opstate *state)                                                                \
    {                                                                                                                  \
        struct ready_frame *self = (struct ready_frame *)task_create(sizeof *self, N##_body, NULL);                    \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        self->state = state;                                                                                           \
        return &self->task;                                                                                            \
    }                                                                                                                  \
    static int N##_run(struct opstate *state)                                                                          \
    {                                                                                                                  \
        return launch(state, N##_make);                                                                                \
    }                                                                                                                  \
    static const struct form N = {                                                                                     \
        .run = N##_run,                                                                                                \
        .operation_bytes = sizeof(struct ready_value),                                                                 \
        .frame_bytes = sizeof(struct ready_frame),                                                                     \
    };

/* A coroutine that calls one function, on what the coroutine below it returns; the lowest starts from the value. */
struct step_frame {
    struct task task;
    const struct opstate *state;
    unsigned depth;
    struct task *child;
    ssize_t got;
};

#define STEP_TASK(F)                                                                                                   \
    static struct task *step_##F##_make(const struct opstate *state, unsigned depth);                                  \
    static void step_##F##_body(struct coro *handle)                                                                   \
    {                                                                                                                  \
        struct step_frame *self = (struct step_frame *)handle;                                                         \
        CO_BEGIN(self);                                                                                                \
        if (self->depth == 1) {                                                                                        \
            self->got = (ssize_t)next_input(self->state->value);                                                       \
        } else {                                                                                                       \
            self->child = step_##F##_make(self->state, self->depth - 1);                                               \
            if (!self->child)                                                                                          \
                CO_RETURN(self, 0);                                                                                    \
            CO_AWAIT(self->got, self, task, self->child);                                                              \
            coro_destroy(&self->child->frame.coro);                                                                    \
        }                                                                                                              \
        {                                                                                                              \
            uint64_t value = (uint64_t)self->got;                                                                      \
            STEP(F, self->state->keys.of, self->depth - 1, value);                                                     \
            CO_RETURN(self, (ssize_t)value);                                                                           \
        }                                                                                                              \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct task *step_##F##_make(const struct opstate *state, unsigned depth)                                   \
    {                                                                                                                  \
        struct step_frame *self = (struct step_frame *)task_create(sizeof *self, step_##F##_body, NULL);               \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        self->state = state;                                                                                           \
        self->depth = depth;                                                                                           \
        return &self->task;                                                                                            \
    }

STEP_TASK(S0)
STEP_TASK(S8)

struct root_frame {
    struct task task;
    struct opstate *state;
    struct task *child;
    ssize_t got;
};

#define NESTED(depth_, F)                                                                                              \
    static void nested_##depth_##_##F##_body(struct coro *handle)                                                      \
    {                                                                                                                  \
        struct root_frame *self = (struct root_frame *)handle;                                                         \
        CO_BEGIN(self);                                                                                                \
        for (; self->state->operations; self->state->operations--) {                                                   \
            self->child = step_##F##_make(self->state, depth_);                                                        \
            if (!self->child)                                                                                          \
                CO_RETURN(self, 0);                                                                                    \
            CO_AWAIT(self->got, self, task, self->child);                                                              \
            coro_destroy(&self->child->frame.coro);                                                                    \
            self->state->value = (uint64_t)self->got;                                                                  \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct task *nested_##depth_##_##F##_make(struct opstate *state)                                            \
    {                                                                                                                  \
        struct root_frame *self = (struct root_frame *)task_create(sizeof *self, nested_##depth_##_##F##_body, NULL);  \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        self->state = state;                                                                                           \
        return &self->task;                                                                                            \
    }                                                                                                                  \
    static int nested_##depth_##_##F##_run(struct opstate *state)                                                      \
    {                                                                                                                  \
        return launch(state, nested_##depth_##_##F##_make);                                                            \
    }                                                                                                                  \
    static const struct form nested_##depth_##_##F = {                                                                 \
        .run = nested_##depth_##_##F##_run,                                                                            \
        .operation_bytes = depth_ * sizeof(struct step_frame),                                                         \
        .frame_bytes = sizeof(struct step_frame),                                                                      \
    };

#endif
