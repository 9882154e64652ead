/* What a cell executable of the experiments `stack` and `finals` is made of: a table of mechanisms, C or C++, each of
 * which awaits operations that complete at once, in a loop.
 *
 * A mechanism's file, compiled with the toolchain and flags under test, defines its variants; mechanisms.def lists the
 * files. The meter, which is compiled once with the project's own flags, runs them (main.c).
 */
#ifndef ABREAST_BENCH_STACK_MECHANISM_H
#define ABREAST_BENCH_STACK_MECHANISM_H

#include <stdint.h>

#if defined __cplusplus
extern "C" {
#endif

/* One run, and what it did. Operation number i completes with the value i, to which the variant's stages add. */
struct stack_job {
    uint64_t completions; /* to do */
    uint64_t made;
    uint64_t checksum;
};

/* Records one completion. The exclusive or keeps an optimiser from folding several steps into one. */
static inline void stack_job_completed(struct stack_job *job, uint64_t value)
{
    job->made++;
    job->checksum = (job->checksum ^ value) * 6364136223846793005u;
}

/* A variant whose stack does not grow is also run over many completions more. */
enum long_run {
    LONG_RUN,    /* as many as the plan says */
    LONGEST_RUN, /* ten times as many: where this very thing has been disputed */
    NO_LONG_RUN, /* none: each takes a thread's wake-up, or memory */
};

struct stack_variant {
    const char *name;               /* key=value,... or "-"; null in the sentinel */
    unsigned added;                 /* what the stages add to each value */
    int (*run)(struct stack_job *); /* 0 or negative errno; null: this compiler cannot have it */
    enum long_run long_run;
    const char *unavailable; /* why not, where run is null */
    const char *rests_on;    /* null: what the mechanism rests on */
};

struct stack_mechanism {
    const char *experiment; /* null in the sentinel */
    const char *model;
    const char *name;
    const char *rests_on; /* below */
    const char *boundary; /* null, or "boundary=yes" / "boundary=no", which goes before the variant's name */
    const struct stack_variant *variants;
};

/* What a mechanism rests on, by construction, that its stack does not grow. The matrix confirms or refutes it; of the
 * optimiser, which promises nothing, it only tells how often. */
#define NOTHING_RESUMED "construction (nothing is resumed)"
#define LOOP "construction (a loop resumes)"
#define QUEUE "construction (a queue resumes)"
#define BOUND "construction (a bound on the depth)"
#define RETURNS_FIRST "construction (what is started returns first)"
#define NOTHING "nothing (each call is inside the one before)"
#define SIBLING_CALL "optimiser (sibling call)"
#define MUSTTAIL "compiler (musttail)"
#if defined __cplusplus
#define TAIL_CALL "language (symmetric transfer)"
#elif !defined __has_attribute
#define TAIL_CALL SIBLING_CALL
#elif __has_attribute(musttail)
#define TAIL_CALL MUSTTAIL
#else
#define TAIL_CALL SIBLING_CALL
#endif

extern const struct stack_mechanism stack_mechanisms[];
extern const char stack_toolchain[];

#if defined __cplusplus
}
#endif

/* The name of a mechanism's table of variants. A BOUNDARY_MECHANISM is compiled twice, with and without the boundary of
 * a noexcept function (common/noexcept.h). */
#if defined ABREAST_NOEXCEPT_BOUNDARY
#define STACK_VARIANTS(name) name##_boundary_variants
#else
#define STACK_VARIANTS(name) name##_variants
#endif

#endif
