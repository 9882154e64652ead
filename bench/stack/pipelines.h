/* The pipelines that a coroutine awaits in `p2300`, the bridges that took its place, `returning` and `tail`: written
 * once for any protocol and bridge, so that what differs between two of them is that alone.
 *
 *     PIPELINE_ALONE(P, B, N, promise)              just(value)
 *     PIPELINE_ONE, _THREE, _EIGHT                  just(value) | then, 1, 3 and 8 times
 *     PIPELINE_LET                                  just(value) | let_value, which goes on as just(value + 1)
 *     PIPELINE_ALL                                  when_all(just(value), just(1)) | then, which adds them
 *     PIPELINES(P, x, promise)                      all of them, named x##alone, x##one, ..., by P's own bridge
 *
 * Each is an awaited stage N, with N_make(context, value). P is the prefix of the protocol's macros, SENDER, RETURNING
 * or TAIL; B that of the bridge's: B_AWAITABLE_RECEIVER(N, promise), B_AWAITABLE(N, child), to which all further
 * arguments are passed on. `promise` is the awaiting coroutine's.
 *
 *     PIPELINE_ROW(N, promise, AWAIT, RETURN, run)
 *
 * defines int N_run(struct stack_job *), a variant's: the coroutine that awaits N again and again, which run(task)
 * runs.
 */
#ifndef ABREAST_BENCH_STACK_PIPELINES_H
#define ABREAST_BENCH_STACK_PIPELINES_H

#include "bench/stack/awaiting_sender.h"
#include "sender/when_all.h"

#include <sys/types.h>

#define SENDER_RECEIVER RECEIVER

/* The function of every `then` in a row. */
struct add_one {
};

static inline ssize_t add_one_call(struct add_one *self, ssize_t value)
{
    (void)self;
    return value + 1;
}

/* The function of a `then` behind schedule: what it completes with. */
struct deliver {
    ssize_t value;
};

static inline ssize_t deliver_call(struct deliver *self, struct unit value)
{
    (void)value;
    return self->value;
}

/* A pipeline needs nothing but the value. */
struct nothing {
};

#define PIPELINES(P, x, promise)                                                                                       \
    PIPELINE_ALONE(P, P, x##alone, promise)                                                                            \
    PIPELINE_ONE(P, P, x##one, promise)                                                                                \
    PIPELINE_THREE(P, P, x##three, promise)                                                                            \
    PIPELINE_EIGHT(P, P, x##eight, promise)                                                                            \
    PIPELINE_LET(P, P, x##let, promise)                                                                                \
    PIPELINE_ALL(P, P, x##all, promise)

#define PIPELINE_MAKE(N, stage, ...)                                                                                   \
    SENDER_FUNCTION struct stage##_sender N##_make(struct nothing context, ssize_t value)                              \
    {                                                                                                                  \
        (void)context;                                                                                                 \
        return (struct stage##_sender){__VA_ARGS__};                                                                   \
    }

#define PIPELINE_ALONE(P, B, N, promise, ...)                                                                          \
    B##_AWAITABLE_RECEIVER(N, promise, ##__VA_ARGS__);                                                                 \
    P##_JUST(N##_just, N);                                                                                             \
    B##_AWAITABLE(N, N##_just, ##__VA_ARGS__);                                                                         \
    PIPELINE_MAKE(N, N##_just, .value = value)

#define PIPELINE_ONE(P, B, N, promise, ...)                                                                            \
    B##_AWAITABLE_RECEIVER(N, promise, ##__VA_ARGS__);                                                                 \
    P##_RECEIVER(N##_1, ssize_t);                                                                                      \
    P##_JUST(N##_just, N##_1);                                                                                         \
    P##_THEN(N##_1, N##_just, add_one, N);                                                                             \
    B##_AWAITABLE(N, N##_1, ##__VA_ARGS__);                                                                            \
    PIPELINE_MAKE(N, N##_1, .child.value = value)

#define PIPELINE_THREE(P, B, N, promise, ...)                                                                          \
    B##_AWAITABLE_RECEIVER(N, promise, ##__VA_ARGS__);                                                                 \
    P##_RECEIVER(N##_1, ssize_t);                                                                                      \
    P##_RECEIVER(N##_2, ssize_t);                                                                                      \
    P##_RECEIVER(N##_3, ssize_t);                                                                                      \
    P##_JUST(N##_just, N##_1);                                                                                         \
    P##_THEN(N##_1, N##_just, add_one, N##_2);                                                                         \
    P##_THEN(N##_2, N##_1, add_one, N##_3);                                                                            \
    P##_THEN(N##_3, N##_2, add_one, N);                                                                                \
    B##_AWAITABLE(N, N##_3, ##__VA_ARGS__);                                                                            \
    PIPELINE_MAKE(N, N##_3, .child.child.child.value = value)

#define PIPELINE_EIGHT(P, B, N, promise, ...)                                                                          \
    B##_AWAITABLE_RECEIVER(N, promise, ##__VA_ARGS__);                                                                 \
    P##_RECEIVER(N##_1, ssize_t);                                                                                      \
    P##_RECEIVER(N##_2, ssize_t);                                                                                      \
    P##_RECEIVER(N##_3, ssize_t);                                                                                      \
    P##_RECEIVER(N##_4, ssize_t);                                                                                      \
    P##_RECEIVER(N##_5, ssize_t);                                                                                      \
    P##_RECEIVER(N##_6, ssize_t);                                                                                      \
    P##_RECEIVER(N##_7, ssize_t);                                                                                      \
    P##_RECEIVER(N##_8, ssize_t);                                                                                      \
    P##_JUST(N##_just, N##_1);                                                                                         \
    P##_THEN(N##_1, N##_just, add_one, N##_2);                                                                         \
    P##_THEN(N##_2, N##_1, add_one, N##_3);                                                                            \
    P##_THEN(N##_3, N##_2, add_one, N##_4);                                                                            \
    P##_THEN(N##_4, N##_3, add_one, N##_5);                                                                            \
    P##_THEN(N##_5, N##_4, add_one, N##_6);                                                                            \
    P##_THEN(N##_6, N##_5, add_one, N##_7);                                                                            \
    P##_THEN(N##_7, N##_6, add_one, N##_8);                                                                            \
    P##_THEN(N##_8, N##_7, add_one, N);                                                                                \
    B##_AWAITABLE(N, N##_8, ##__VA_ARGS__);                                                                            \
    PIPELINE_MAKE(N, N##_8, .child.child.child.child.child.child.child.child.value = value)

#define PIPELINE_LET(P, B, N, promise, ...)                                                                            \
    B##_AWAITABLE_RECEIVER(N, promise, ##__VA_ARGS__);                                                                 \
    P##_RECEIVER(N##_let, ssize_t);                                                                                    \
    P##_RECEIVER(N##_let_inner, ssize_t);                                                                              \
    P##_JUST(N##_just, N##_let);                                                                                       \
    P##_JUST(N##_next, N##_let_inner);                                                                                 \
    struct N##_go_on {                                                                                                 \
    };                                                                                                                 \
    SENDER_FUNCTION struct N##_next_sender N##_go_on_call(struct N##_go_on *self, ssize_t *value)                      \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        return (struct N##_next_sender){.value = *value + 1};                                                          \
    }                                                                                                                  \
    P##_LET_VALUE(N##_let, N##_just, N##_go_on, N##_next, N);                                                          \
    B##_AWAITABLE(N, N##_let, ##__VA_ARGS__);                                                                          \
    PIPELINE_MAKE(N, N##_let, .child.value = value)

#define PIPELINE_ALL(P, B, N, promise, ...) PIPELINE_ALL_BY(P##_WHEN_ALL, P, B, N, promise, ##__VA_ARGS__)
#define PIPELINE_ALL_BY(WHEN_ALL, P, B, N, promise, ...)                                                               \
    B##_AWAITABLE_RECEIVER(N, promise, ##__VA_ARGS__);                                                                 \
    P##_RECEIVER(N##_all_##N##_a, ssize_t);                                                                            \
    P##_RECEIVER(N##_all_##N##_b, ssize_t);                                                                            \
    WHEN_ALL_VALUES(N##_all, (N##_a, N##_b));                                                                          \
    P##_RECEIVER(N##_sum, struct N##_all_values);                                                                      \
    P##_JUST(N##_a, N##_all_##N##_a);                                                                                  \
    P##_JUST(N##_b, N##_all_##N##_b);                                                                                  \
    WHEN_ALL(N##_all, (N##_a, N##_b), N##_sum);                                                                        \
    struct N##_add {                                                                                                   \
    };                                                                                                                 \
    SENDER_FUNCTION ssize_t N##_add_call(struct N##_add *self, struct N##_all_values value)                            \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        return value.N##_a + value.N##_b;                                                                              \
    }                                                                                                                  \
    P##_THEN(N##_sum, N##_all, N##_add, N);                                                                            \
    B##_AWAITABLE(N, N##_sum, ##__VA_ARGS__);                                                                          \
    PIPELINE_MAKE(N, N##_sum, .child = {.N##_a.value = value, .N##_b.value = 1})

#define PIPELINE_ROW(N, promise, AWAIT, RETURN, run)                                                                   \
    AWAITING_SENDER_BY(N, promise, AWAIT, RETURN, struct nothing, N##_make)                                            \
    static int N##_run(struct stack_job *job)                                                                          \
    {                                                                                                                  \
        return run(N##_create(job, (struct nothing){}));                                                               \
    }

#endif
