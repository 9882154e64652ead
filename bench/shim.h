/* Google Benchmark from C: opaque state, C callbacks. The C++ behind it is the only C++ of this program, and no
 * exception leaves it.
 *
 * Owns: nothing; `name` is copied, `user` must live until shim_run has returned.
 */
#ifndef ABREAST_BENCH_SHIM_H
#define ABREAST_BENCH_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct shim_state;

/* How many operations Google Benchmark wants from this call. */
uint64_t shim_operations(const struct shim_state *);

/* True once: between its return and the call that returns false the clock runs, for so many operations, which are no
 * fewer than shim_operations(). */
bool shim_keep_running(struct shim_state *, uint64_t operations);

/* Marks the benchmark as failed; nothing is reported for it but this. */
void shim_fail(struct shim_state *, const char *message);

/* 0, or -ENOMEM. */
int shim_register(const char *name, void (*run)(struct shim_state *, void *user), void *user);

void shim_context(const char *key, const char *value);

/* Takes Google Benchmark's own options out of the command line; returns false after a message if anything is left. */
bool shim_initialize(int *argc, char **argv);

/* Runs what the options select: how many benchmarks, or -1. */
int shim_run(void);

#ifdef __cplusplus
}
#endif

#endif
