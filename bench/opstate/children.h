/* The children of when_all, of the opstate experiment: each a value that goes through one function of eight bytes. */
#ifndef ABREAST_BENCH_OPSTATE_CHILDREN_H
#define ABREAST_BENCH_OPSTATE_CHILDREN_H

#include "bench/opstate/pipeline.h"
#include "sender/when_all.h"

#include <sys/types.h>

/* A child's function: a result that is not negative, and so no failure of a task. */
struct half {
    uint64_t key;
};

static inline ssize_t half_call(struct half *self, uint64_t value)
{
    return (ssize_t)(mix(value, self->key) >> 1);
}

/* The children of the stage N: N##a, N##b, ... */
#define CHILDREN_2(X, N) X(N, N##a, 0) X(N, N##b, 1)
#define CHILDREN_4(X, N) CHILDREN_2(X, N) X(N, N##c, 2) X(N, N##d, 3)
#define CHILDREN_8(X, N) CHILDREN_4(X, N) X(N, N##e, 4) X(N, N##f, 5) X(N, N##g, 6) X(N, N##h, 7)
#define NAMES_2(N) (N##a, N##b)
#define NAMES_4(N) (N##a, N##b, N##c, N##d)
#define NAMES_8(N) (N##a, N##b, N##c, N##d, N##e, N##f, N##g, N##h)

/* just(value) | then(half), completing into R. */
#define CHILD(child, R)                                                                                                \
    RECEIVER(child, uint64_t);                                                                                         \
    SENDER_JUST(child##_just, child)                                                                                   \
    SENDER_THEN(child, child##_just, half, R)

/* Of the stage N: what a child completes into, and the child. */
#define NAMED_RECEIVER(N, child, index) RECEIVER(N##_##child, ssize_t);
#define NAMED_CHILD(N, child, index) CHILD(child, N##_##child)

#endif
