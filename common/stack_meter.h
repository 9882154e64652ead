/* The stack meter: how much stack a piece of work uses, and how that depends on the number of completions in it.
 *
 * The work runs on a stack of its own, fresh zero-filled memory with a guard below it; the high-water mark is the
 * lowest byte that is no longer zero. Two lengths give the slope (bytes per completion) and the intercept, short
 * lengths tell a constant stack from one that grows up to a bound. Nothing is instrumented, so what is measured is the
 * code as the compiler left it. Overflow is predicted from slope and intercept, and looked for in forked children;
 * where one overflows, the functions on its stack can be counted.
 *
 * Owns: a meter owns its mapping, which is reserved but costs memory only where the work touches it.
 * Threads: a meter belongs to one thread, and the overflow search to a process of one thread.
 * Errors: 0 or negative errno. The work returns 0 or negative errno too, and its error is passed on.
 * Units: bytes, completions.
 */
#ifndef ABREAST_COMMON_STACK_METER_H
#define ABREAST_COMMON_STACK_METER_H

#include <stddef.h>
#include <stdint.h>

/* Why nothing can be measured in this build (a sanitizer that keeps its own account of the stack), or null. */
const char *stack_meter_unavailable(void);

struct stack_meter {
    unsigned char *mapping; /* the guard, then the stack */
    size_t mapping_bytes;
    unsigned char *bottom;
    size_t stack_bytes;
};

/* The size is rounded up to pages. */
int stack_meter_open(struct stack_meter *, size_t stack_bytes);
void stack_meter_close(struct stack_meter *);

/* The work: does `completions` completions on the current stack. */
struct stack_work {
    int (*run)(void *context, uint64_t completions);
    void *context;
};

/* Runs the work on the meter's stack; `used` is the high-water mark. Gaps of up to a mebibyte inside a frame that are
 * never written to are seen through. */
int stack_meter_run(struct stack_meter *, const struct stack_work *, uint64_t completions, size_t *used);

enum stack_growth {
    STACK_CONSTANT, /* the same at every length, but for 256 bytes at most */
    STACK_BOUNDED,  /* more than at the shortest length, but the same from `length` completions on */
    STACK_LINEAR,
};
const char *stack_growth_name(enum stack_growth); /* "constant", "bounded", "linear" */

struct stack_profile {
    enum stack_growth growth;
    double bytes_per_completion; /* the slope between `length` and twice that */
    double intercept_bytes;
    uint64_t longest; /* the longest run that was measured */
};

/* Measures the work at short lengths, at `length` and 2 * `length`; and, when it has not grown, at `longest`
 * completions (0: not). -ERANGE when a stack that seemed constant or bounded has grown in that last run. */
int stack_profile(struct stack_meter *, const struct stack_work *, uint64_t length, uint64_t longest,
                  struct stack_profile *);

/* The number of completions that a stack of this size does not hold any more. Only for STACK_LINEAR. */
uint64_t stack_overflow_predicted(const struct stack_profile *, size_t stack_bytes);

/* The same as seen: children of fork run the work on such a stack, and the search starts from `predicted`. -ERANGE when
 * there is no overflow anywhere near it. */
int stack_overflow_seen(const struct stack_work *, size_t stack_bytes, uint64_t predicted, uint64_t *seen);

/* How many functions are active on the stack for each completion: in a child that overflows a stack of this size, the
 * unwinder tells them, by the tables that a compiler writes on x86-64 unasked. -ERANGE when they do not repeat. Only
 * for STACK_LINEAR. */
int stack_functions_seen(const struct stack_work *, size_t stack_bytes, const struct stack_profile *, double *seen);

#endif
