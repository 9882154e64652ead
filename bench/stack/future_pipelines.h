/* The pipelines of the mechanisms `returning` and `tail`, written once for any protocol, so that what differs between
 * two protocols is the protocol alone.
 *
 *     FUTURE_PIPELINES(P, x, promise)
 *
 * P is the prefix of the protocol's macros, SENDER, RETURNING or TAIL, `promise` that of the coroutine that awaits, and
 * x a prefix that keeps the names of several protocols in one file apart, or nothing. Each pipeline is an awaited stage
 * N, with N_make(context, value):
 *
 *     alone                     just(value)
 *     one, three, eight         just(value) | then, 1, 3 and 8 times
 *     let                       just(value) | let_value, which goes on as just(value + 1)
 *     all                       when_all(just(value), just(1)) | then, which adds them
 */
#ifndef ABREAST_BENCH_STACK_FUTURE_PIPELINES_H
#define ABREAST_BENCH_STACK_FUTURE_PIPELINES_H

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

/* A pipeline needs nothing but the value. */
struct nothing {
};

#define FUTURE_PIPELINES(P, x, promise)                                                                                \
    FUTURE_ALONE(P, x##alone, promise)                                                                                 \
    FUTURE_ONE(P, x##one, promise)                                                                                     \
    FUTURE_THREE(P, x##three, promise)                                                                                 \
    FUTURE_EIGHT(P, x##eight, promise)                                                                                 \
    FUTURE_LET(P, x##let, promise)                                                                                     \
    FUTURE_ALL(P, x##all, promise)

#define FUTURE_MAKE(N, stage, ...)                                                                                     \
    SENDER_FUNCTION struct stage##_sender N##_make(struct nothing context, ssize_t value)                              \
    {                                                                                                                  \
        (void)context;                                                                                                 \
        return (struct stage##_sender){__VA_ARGS__};                                                                   \
    }

#define FUTURE_ALONE(P, N, promise)                                                                                    \
    P##_AWAITABLE_RECEIVER(N, promise);                                                                                \
    P##_JUST(N##_just, N);                                                                                             \
    P##_AWAITABLE(N, N##_just);                                                                                        \
    FUTURE_MAKE(N, N##_just, .value = value)

#define FUTURE_ONE(P, N, promise)                                                                                      \
    P##_AWAITABLE_RECEIVER(N, promise);                                                                                \
    P##_RECEIVER(N##_1, ssize_t);                                                                                      \
    P##_JUST(N##_just, N##_1);                                                                                         \
    P##_THEN(N##_1, N##_just, add_one, N);                                                                             \
    P##_AWAITABLE(N, N##_1);                                                                                           \
    FUTURE_MAKE(N, N##_1, .child.value = value)

#define FUTURE_THREE(P, N, promise)                                                                                    \
    P##_AWAITABLE_RECEIVER(N, promise);                                                                                \
    P##_RECEIVER(N##_1, ssize_t);                                                                                      \
    P##_RECEIVER(N##_2, ssize_t);                                                                                      \
    P##_RECEIVER(N##_3, ssize_t);                                                                                      \
    P##_JUST(N##_just, N##_1);                                                                                         \
    P##_THEN(N##_1, N##_just, add_one, N##_2);                                                                         \
    P##_THEN(N##_2, N##_1, add_one, N##_3);                                                                            \
    P##_THEN(N##_3, N##_2, add_one, N);                                                                                \
    P##_AWAITABLE(N, N##_3);                                                                                           \
    FUTURE_MAKE(N, N##_3, .child.child.child.value = value)

#define FUTURE_EIGHT(P, N, promise)                                                                                    \
    P##_AWAITABLE_RECEIVER(N, promise);                                                                                \
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
    P##_AWAITABLE(N, N##_8);                                                                                           \
    FUTURE_MAKE(N, N##_8, .child.child.child.child.child.child.child.child.value = value)

#define FUTURE_LET(P, N, promise)                                                                                      \
    P##_AWAITABLE_RECEIVER(N, promise);                                                                                \
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
    P##_AWAITABLE(N, N##_let);                                                                                         \
    FUTURE_MAKE(N, N##_let, .child.value = value)

#define FUTURE_ALL(P, N, promise)                                                                                      \
    P##_AWAITABLE_RECEIVER(N, promise);                                                                                \
    P##_RECEIVER(N##_all_##N##_a, ssize_t);                                                                            \
    P##_RECEIVER(N##_all_##N##_b, ssize_t);                                                                            \
    WHEN_ALL_VALUES(N##_all, (N##_a, N##_b));                                                                          \
    P##_RECEIVER(N##_sum, struct N##_all_values);                                                                      \
    P##_JUST(N##_a, N##_all_##N##_a);                                                                                  \
    P##_JUST(N##_b, N##_all_##N##_b);                                                                                  \
    P##_WHEN_ALL(N##_all, (N##_a, N##_b), N##_sum);                                                                    \
    struct N##_add {                                                                                                   \
    };                                                                                                                 \
    SENDER_FUNCTION ssize_t N##_add_call(struct N##_add *self, struct N##_all_values value)                            \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        return value.N##_a + value.N##_b;                                                                              \
    }                                                                                                                  \
    P##_THEN(N##_sum, N##_all, N##_add, N);                                                                            \
    P##_AWAITABLE(N, N##_sum);                                                                                         \
    FUTURE_MAKE(N, N##_sum, .child = {.N##_a.value = value, .N##_b.value = 1})

#endif
