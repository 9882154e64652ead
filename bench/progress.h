/* Progress on stderr, and the one place that error lines come from.
 *
 * On a terminal a line that rewrites itself, at most about once a second beside the beginnings of stages; otherwise
 * plain lines, at most one every five seconds.
 */
#ifndef ABREAST_BENCH_PROGRESS_H
#define ABREAST_BENCH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    bool quiet;
    bool terminal;
    unsigned stage, stages;
    const char *name;
    double expected_s; /* of the whole run; grows and shrinks as it is known better */
    double stage_s;    /* what of it is this stage's */
    bool unsure;       /* too little of the stage is done to tell what is left */
    uint64_t started_ns, stage_started_ns;
    uint64_t printed_ns; /* 0: nothing yet */
};

uint64_t clock_ns(void); /* CLOCK_MONOTONIC */

void progress_begin(struct progress *, unsigned stages, double expected_s);

/* The next of the stages begins, which is to take `expected_s` of the whole; on a terminal it says so at once. */
void progress_stage(struct progress *, const char *name, double expected_s);

/* Inside a stage: says what it is at, when it is time to say something. */
void progress_step(struct progress *, const char *detail);

/* The same, as "3 of 8 cells"; what is left of the stage follows from what the parts before took, and is not
 * told before a tenth of them is done. */
void progress_count(struct progress *, size_t done, size_t of, const char *what);

/* Ends an open line, so that something else can be printed. */
void progress_pause(struct progress *);

/* "abreast: ..." on stderr, on a line of its own. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
