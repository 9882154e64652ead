/* A connection of the `mitigations` experiment: it makes operations one after the other, all of which complete at once,
 * or all of which complete from the run_loop.
 *
 * A form is one way to write that connection. It is launched on the run_loop for LAUNCH_COMPLETIONS at a time, so that
 * a form that does not bound its stack does not overflow it in any build; a launch that has ended posts the next one.
 * Operation number i completes with the value i.
 *
 * Owns: a form's storage, which outlives its launches, is the cell's. Threads: one.
 */
#ifndef ABREAST_BENCH_MITIGATIONS_JOB_H
#define ABREAST_BENCH_MITIGATIONS_JOB_H

#include "common/inline_budget.h"
#include "common/io_env.h"
#include "common/run_loop.h"
#include "common/trampoline.h"

#include <stdint.h>

enum { LAUNCH_COMPLETIONS = 256 };

struct mitigation_job {
    uint64_t made;
    uint64_t end; /* of this launch: the form ends when `made` has come here */
    uint64_t checksum;
    struct inline_budget *budget; /* null: unlimited */
    void *storage;                /* the form's */
    struct trampoline trampoline;
    struct run_loop loop;
    struct io_env env;           /* on the loop */
    uint64_t total;              /* of all launches */
    uint64_t launch_completions; /* of one: LAUNCH_COMPLETIONS, unless set after mitigation_job_open */
    int status;
    const struct mitigation_form *form;
    struct work launch;
};

struct mitigation_form {
    /* Makes operations until job->made has come to job->end, then calls mitigation_job_ended, perhaps before it
     * returns. 0 or negative errno; then it has not begun. */
    int (*launch)(struct mitigation_job *);
    size_t storage_bytes;
    size_t frame_bytes;     /* of the coroutine; 0: there is none */
    size_t operation_bytes; /* of the coroutine's frame: what it keeps of the operation that it awaits */
};

/* Folds a value into a checksum that depends on the order. The xor keeps an optimiser from folding several steps into
 * one, as it does where the value is added: clang 19 then computes eight of them by one multiplication. */
static inline uint64_t mitigation_fold(uint64_t checksum, uint64_t value)
{
    return (checksum ^ value) * 6364136223846793005u;
}

/* Records one completion. */
static inline void mitigation_job_completed(struct mitigation_job *job, uint64_t value)
{
    job->made++;
    job->checksum = mitigation_fold(job->checksum, value);
}

/* A launch has ended: posts the next one, or finishes the loop. */
void mitigation_job_ended(struct mitigation_job *, int status);

/* A job of that form, or of none (null). 0 or negative errno; with 0, mitigation_job_close follows. */
int mitigation_job_open(struct mitigation_job *, const struct mitigation_form *);
void mitigation_job_close(struct mitigation_job *);

/* Posts the first launch, if the job has a form, and nothing else. */
void mitigation_job_prepare(struct mitigation_job *, uint64_t total);

/* Runs the loop until it is finished, and says what was allocated; -ENOTRECOVERABLE when not all of it is free again.
 */
int mitigation_job_run(struct mitigation_job *, struct frame_allocator_counts *allocated);

/* What resumes somebody inside a noexcept function, and how that is compiled. */
enum mitigation_boundary {
    NO_RESUMPTION, /* nobody is resumed inside a noexcept function */
    WITHIN,        /* somebody is, with the boundary: exceptions are on */
    WITHOUT,       /* somebody is, without: exceptions are off */
};

/* The toolchain of a cell: null, which is this executable's, unless its file is compiled with exceptions on. */
#define MITIGATION_TOOLCHAIN(exceptions) ((exceptions) ? ABREAST_BOUNDARY_TOOLCHAIN : NULL)

/* What the metric noexcept_boundary says; null where there is nothing to say. */
static inline const char *mitigation_boundary_words(enum mitigation_boundary boundary)
{
    static const char *const words[] = {
        [NO_RESUMPTION] = NULL, [WITHIN] = "yes, exceptions on", [WITHOUT] = "no, exceptions off"};
    return words[boundary];
}

/* The name of a form. The files of those that resume somebody inside a noexcept function are compiled twice: with that
 * function's boundary and exceptions on, and without either (common/noexcept.h); and so are the floor and the
 * awaitables that they are compared with, so that exceptions are on or off on both sides. */
#if defined ABREAST_NOEXCEPT_BOUNDARY
#define MITIGATION_FORM(name) mitigation_boundary_##name
#else
#define MITIGATION_FORM(name) mitigation_##name
#endif

/* MITIGATION(C name, ...) of mitigations.def: the forms of a mechanism, by when the operation completes. */
#define MITIGATION(model, name, ...) extern const struct mitigation_form mitigation_##name##_inline;
#define MITIGATION_LATER(model, name, ...) extern const struct mitigation_form mitigation_##name##_later;
#define UNAVAILABLE(...)
extern const struct mitigation_form mitigation_floor_inline, mitigation_floor_later;
extern const struct mitigation_form mitigation_boundary_floor_inline, mitigation_boundary_floor_later;
extern const struct mitigation_form mitigation_boundary_ready_inline, mitigation_boundary_ready_later;
extern const struct mitigation_form mitigation_boundary_transfer_inline, mitigation_boundary_transfer_later;
#include "bench/mitigations/mitigations.def"
#undef MITIGATION
#undef MITIGATION_LATER
#undef UNAVAILABLE

#endif
