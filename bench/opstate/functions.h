/* The functions that every form of the opstate experiment calls, stateless or with eight bytes of state each.
 *
 * A step mixes its argument in a way that no compiler folds over several steps, and each operation starts from the
 * result of the one before: nothing can be left out, and nothing has to be held up by a barrier.
 */
#ifndef ABREAST_BENCH_OPSTATE_FUNCTIONS_H
#define ABREAST_BENCH_OPSTATE_FUNCTIONS_H

#include <stdint.h>

enum { DEPTH_MAX = 16 };

static inline uint64_t mix(uint64_t value, uint64_t key)
{
    return (value ^ (value >> 29) ^ key) * 0xbf58476d1ce4e5b9u;
}

/* What an operation starts from, given the result of the one before: some work even where there is no function. */
static inline uint64_t next_input(uint64_t result)
{
    return mix(result, 1);
}

/* Function objects: struct S0 is empty, struct S8 carries its key. */
struct S0 {
};
struct S8 {
    uint64_t key;
};

static inline uint64_t S0_call(struct S0 *self, uint64_t value)
{
    (void)self;
    return mix(value, 0x9e3779b97f4a7c15u);
}

static inline uint64_t S8_call(struct S8 *self, uint64_t value)
{
    return mix(value, self->key);
}

static inline struct S0 S0_make(const uint64_t *keys, unsigned index)
{
    (void)keys;
    (void)index;
    return (struct S0){};
}

static inline struct S8 S8_make(const uint64_t *keys, unsigned index)
{
    return (struct S8){keys[index]};
}

/* value = the functions F 0 .. depth-1 called on value one after the other, written out. */
#define STEP(F, keys, index, value) ((value) = F##_call(&(struct F[]){F##_make(keys, index)}[0], value))
#define STEPS_0(F, keys, value) ((void)(keys))
#define STEPS_1(F, keys, value) STEP(F, keys, 0, value)
#define STEPS_2(F, keys, value) STEPS_1(F, keys, value), STEP(F, keys, 1, value)
#define STEPS_4(F, keys, value) STEPS_2(F, keys, value), STEP(F, keys, 2, value), STEP(F, keys, 3, value)
#define STEPS_8(F, keys, value)                                                                                        \
    STEPS_4(F, keys, value), STEP(F, keys, 4, value), STEP(F, keys, 5, value), STEP(F, keys, 6, value),                \
        STEP(F, keys, 7, value)
#define STEPS_16(F, keys, value)                                                                                       \
    STEPS_8(F, keys, value), STEP(F, keys, 8, value), STEP(F, keys, 9, value), STEP(F, keys, 10, value),               \
        STEP(F, keys, 11, value), STEP(F, keys, 12, value), STEP(F, keys, 13, value), STEP(F, keys, 14, value),        \
        STEP(F, keys, 15, value)

/* What the children of a when_all gave, folded in their order. */
static inline uint64_t fold(uint64_t folded, uint64_t value)
{
    return mix(folded, value);
}

/* In the executables of cells: ABREAST_QUICK_CELLS leaves out what only a full run has, and ABREAST_CHECKED_CELLS what
 * counts nothing but instructions that are not counted there: the deepest groups, whose stages add what all stages do.
 */
#if defined ABREAST_QUICK_CELLS
#define OPSTATE_IN_FULL(...)
#else
#define OPSTATE_IN_FULL(...) __VA_ARGS__
#endif
#if defined ABREAST_CHECKED_CELLS
#define OPSTATE_DEEPEST(...)
#else
#define OPSTATE_DEEPEST(...) __VA_ARGS__
#endif

/* The groups that are run: X(..., modes) with depth and function, or number of children. Those that nest a coroutine
 * for each function have at least one; sizes are given for every depth up to DEPTH_MAX. */
#define OPSTATE_NESTED_GROUPS(X)                                                                                       \
    X(1, S8, CELL_BOTH)                                                                                                \
    OPSTATE_IN_FULL(X(2, S8, CELL_FULL) X(4, S0, CELL_FULL) X(8, S8, CELL_FULL))                                       \
    X(4, S8, CELL_BOTH)                                                                                                \
    OPSTATE_DEEPEST(X(16, S8, CELL_BOTH))
#define OPSTATE_GROUPS(X) X(0, S0, CELL_BOTH) OPSTATE_NESTED_GROUPS(X)
#define OPSTATE_WHEN_ALL_GROUPS(X) OPSTATE_IN_FULL(X(2, CELL_FULL) X(8, CELL_FULL)) X(4, CELL_BOTH)

/* Those that have twins in C++, whose templates take long to compile. */
#define OPSTATE_CXX_GROUPS(X) X(0, S0, CELL_BOTH) OPSTATE_IN_FULL(X(4, S0, CELL_FULL)) OPSTATE_CXX_NESTED_GROUPS(X)
#define OPSTATE_CXX_NESTED_GROUPS(X) OPSTATE_CXX_LET_GROUPS(X) OPSTATE_DEEPEST(X(16, S8, CELL_BOTH))
#define OPSTATE_CXX_LET_GROUPS(X) X(1, S8, CELL_BOTH) X(4, S8, CELL_BOTH)
#define OPSTATE_CXX_WHEN_ALL_GROUPS(X) X(4, CELL_BOTH)

#endif
