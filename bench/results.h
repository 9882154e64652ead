/* The results of a run: tidy rows, one metric each, and the files that they are written to
 * (docs/architecture.md, "Cells, experiments, rows").
 *
 * Owns: copies of all strings. Files appear under their final names only when complete (written aside, then renamed).
 * Threads: one. Errors: 0 or negative errno; a failed allocation is remembered and reported by results_write.
 */
#ifndef ABREAST_BENCH_RESULTS_H
#define ABREAST_BENCH_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One row of results/<experiment>.tsv. `model` is one of raw, awaitable, sender, cxx-awaitable, cxx-sender (callback,
 * event, poll later); `variant` is key=value pairs joined by commas, or "-"; `toolchain` is written
 * "clang-19.1.7 O2 sib=on exc=off san=none". Deterministic metrics have low = value = high and samples 1. */
struct row {
    const char *experiment;
    const char *model;
    const char *mechanism;
    const char *variant;
    const char *toolchain;
    const char *metric;
    const char *unit;
    double value;
    double low;
    double high;
    uint64_t samples;
    const char *text; /* for metrics whose value is a word (stack_growth): printed in place of all three numbers */
};

struct results;

struct results *results_create(void); /* null: no memory */
void results_destroy(struct results *);

void results_add(struct results *, const struct row *);

/* A deterministic metric: low = value = high. */
void results_add_exact(struct results *, struct row, double value);

/* A value that could not be had: a row with `?`, and its reason in run.json. */
void results_add_missing(struct results *, const struct row *, const char *reason);

/* Something that was not run at all, and why; for run.json. */
void results_add_skipped(struct results *, const char *experiment, const char *what, const char *reason);

/* Takes a row as written in a TSV file (for measuring programs that print theirs). Where the value is missing a twelfth
 * field may give the reason. 0, or -EINVAL when malformed. */
int results_add_line(struct results *, const char *line);

/* One timed sample: a repetition in the terms of Google Benchmark. Times are of the whole sample. */
struct repetition {
    const char *experiment;
    const char *model;
    const char *mechanism;
    const char *variant;
    uint64_t index;
    uint64_t repetitions; /* of this cell */
    uint64_t operations;
    double real_ns;
    double cpu_ns;
};
void results_add_repetition(struct results *, const struct repetition *);

/* Reading back, in the order of addition. A row is where it is until the next addition; its strings, of which equal
 * ones are the same, stay as long as the results. */
size_t results_count(const struct results *);
const struct row *results_row(const struct results *, size_t index);
const char *results_reason(const struct results *,
                           size_t index); /* why the row's value is missing; null: it is there */

struct skipped {
    const char *experiment, *what, *reason;
};
size_t results_skipped_count(const struct results *);
const struct skipped *results_skipped(const struct results *, size_t index);

size_t results_repetition_count(const struct results *);
const struct repetition *results_repetition(const struct results *, size_t index);

/* 0, or -ENOMEM when something was lost on the way. */
int results_status(const struct results *);

/* One row as a TSV line, with the reason of a missing value as a twelfth field when `reasons`. */
void results_print_line(const struct results *, size_t index, bool reasons, FILE *);

/* Writes the rows of one experiment. */
int results_write_tsv(const struct results *, const char *experiment, const char *path);

#endif
