/* The forms of the byte loop behind one interface: what `echo` measures and what the scenario tests run.
 *
 * Owns: nothing; a form runs in storage that its caller provides and keeps until the job is done. `start` may call
 * job->done before it returns.
 * Units: bytes. Errors: negative errno; a job that could not be started is never done.
 */
#ifndef ABREAST_BENCH_LOOPS_H
#define ABREAST_BENCH_LOOPS_H

#include "common/loop_job.h"

/* One line a form: X(name, model, mechanism, ...). `p2300-task` is the coroutine over the bridge as P2300R10 writes it.
 */
#define LOOP_FORMS(X, ...)                                                                                             \
    X(floor, "raw", "floor", __VA_ARGS__)                                                                              \
    X(task, "awaitable", "task", __VA_ARGS__)                                                                          \
    X(pipeline, "sender", "pipeline", __VA_ARGS__)                                                                     \
    X(p2300_task, "sender", "p2300-task", __VA_ARGS__)

struct loop_form {
    const char *model;
    const char *mechanism;
    const size_t *bytes; /* of storage, aligned as malloc aligns */
    int (*start)(void *storage, struct loop_job *);
    void (*abandon)(void *storage); /* frees a loop that is suspended outside any operation; null: it owns nothing */
};

enum loop_form_index {
#define X(name, ...) LOOP_FORM_##name,
    LOOP_FORMS(X, )
#undef X
        LOOP_FORM_COUNT
};

extern const struct loop_form loop_forms[LOOP_FORM_COUNT];

#endif
