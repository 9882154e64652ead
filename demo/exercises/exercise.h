/* An exercise of the lesson (demo/README.md): a loop whose completions are synchronous, and what is foretold of it.
 *
 *     demo/exercises/meter FILE.c [FLAG...]      builds it, and tells how much stack a completion takes
 *
 * The file to be changed defines `exercise`. The meter is the one of the experiment `stack` (common/stack_meter.h), and
 * a run that does not make all its completions with the right values counts for nothing.
 */
#ifndef ABREAST_DEMO_EXERCISES_EXERCISE_H
#define ABREAST_DEMO_EXERCISES_EXERCISE_H

#include "bench/stack/mechanism.h"

enum { DEPTHS_KNOWN = 3 };

struct exercise {
    unsigned added;                 /* what the pipeline adds to each value */
    int (*run)(struct stack_job *); /* 0 or negative errno */

    /* Null, or: from the depth of the stack, in bytes, after 100, 200 and 300 completions the depth after so many, and
     * the number of completions that a stack of so many bytes does not hold any more. */
    uint64_t (*depth_after)(const uint64_t depth[DEPTHS_KNOWN], uint64_t completions);
    uint64_t (*full_after)(const uint64_t depth[DEPTHS_KNOWN], uint64_t stack_bytes);
};

extern const struct exercise exercise;

#endif
