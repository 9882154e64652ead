/* The forms of the byte loop behind one interface: what `echo` measures and what the scenario tests run.
 *
 * A form is the whole loop by one mechanism. Those that are read side by side are in awaitable/loop.c and
 * sender/loop.c; the others have a file each in bench/forms. `driver`, the mechanism of a build without a guaranteed
 * tail call (-DABREAST_TRANSFER_DRIVER), is no form of its own: there every coroutine here runs by it, as in the
 * sanitizer builds of gcc -O0.
 *
 * Owns: nothing; a form runs in storage that its caller provides and keeps until the job is done. `start` may call
 * job->done before it returns.
 * Units: bytes. Errors: negative errno; a job that could not be started is never done. -ENOTSUP: the form
 * needs an executor that queues, or a run_loop, and the environment has another.
 */
#ifndef ABREAST_BENCH_LOOPS_H
#define ABREAST_BENCH_LOOPS_H

#include "common/loop_job.h"

/* What a form does where an operation completes at once, and whether it is a coroutine. */
enum loop_kind {
    LOOP_MACHINE,       /* goes on at once; no coroutine */
    LOOP_TASK,          /* goes on at once; a coroutine, as those below are */
    LOOP_BUDGETED_TASK, /* gives its stream an inline budget, unless it has one */
    LOOP_HOPPING_TASK,  /* goes on behind a schedule operation, which a stop request may stop: the value is lost then */
};

/* One line a form: X(name, model, mechanism, kind, modes, ...); kind is that of LOOP_kind, and modes are those in which
 * `echo` measures it: CELL_BOTH, CELL_FULL, or 0. `p2300-task` is the coroutine over the bridge as P2300R10 writes it.
 * Those that there are in C++ too, and what they stand beside, come first; cost cells have only these
 * (cmake/costs.cmake).
 */
#define LOOP_FORMS_WITH_TWINS(X, ...)                                                                                  \
    X(floor, "raw", "floor", MACHINE, CELL_BOTH, __VA_ARGS__)                                                          \
    X(task, "awaitable", "task", TASK, CELL_BOTH, __VA_ARGS__)                                                         \
    X(pipeline, "sender", "pipeline", MACHINE, CELL_BOTH, __VA_ARGS__)                                                 \
    X(p2300_task, "sender", "p2300-task", TASK, CELL_BOTH, __VA_ARGS__)                                                \
    X(cxx_task, "cxx-awaitable", "task", TASK, CELL_BOTH, __VA_ARGS__)                                                 \
    X(cxx_pipeline, "cxx-sender", "pipeline", MACHINE, CELL_BOTH, __VA_ARGS__)
#define LOOP_FORMS_IN_C_ONLY(X, ...)                                                                                   \
    X(task_in_task, "awaitable", "task-in-task", TASK, CELL_FULL, __VA_ARGS__)                                         \
    X(task_suspending, "awaitable", "task-suspending", TASK, CELL_FULL, __VA_ARGS__)                                   \
    X(task_budget, "awaitable", "task-budget-1", BUDGETED_TASK, CELL_FULL, __VA_ARGS__)                                \
    X(p2300_task_budget, "sender", "p2300-task-budget-1", BUDGETED_TASK, CELL_FULL, __VA_ARGS__)                       \
    X(p2300_algorithms, "sender", "p2300-algorithms", TASK, CELL_FULL, __VA_ARGS__)                                    \
    X(handshake_exchange, "sender", "handshake-exchange", TASK, CELL_FULL, __VA_ARGS__)                                \
    X(handshake_thread_id, "sender", "handshake-thread-id", TASK, CELL_FULL, __VA_ARGS__)                              \
    X(ready_flag_one_thread, "sender", "ready-flag-one-thread", TASK, CELL_FULL, __VA_ARGS__)                          \
    X(inline_known, "sender", "inline-known", TASK, CELL_FULL, __VA_ARGS__)                                            \
    X(member, "sender", "member", TASK, CELL_FULL, __VA_ARGS__)                                                        \
    X(task_affine, "sender", "task-affine", HOPPING_TASK, CELL_FULL, __VA_ARGS__)                                      \
    X(task_transfer, "sender", "task-transfer", TASK, CELL_FULL, __VA_ARGS__)                                          \
    X(trampoline, "sender", "trampoline", HOPPING_TASK, CELL_FULL, __VA_ARGS__)                                        \
    X(scheduler, "sender", "scheduler", HOPPING_TASK, CELL_FULL, __VA_ARGS__)                                          \
    X(returning, "sender", "returning", TASK, CELL_FULL, __VA_ARGS__)                                                  \
    X(tail, "sender", "tail", TASK, CELL_FULL, __VA_ARGS__)                                                            \
    X(callback, "callback", "callback", MACHINE, CELL_FULL, __VA_ARGS__)                                               \
    X(event, "event", "event", TASK, CELL_FULL, __VA_ARGS__)                                                           \
    X(poll, "poll", "poll", MACHINE, CELL_FULL, __VA_ARGS__)
#if defined ABREAST_FORMS_WITH_TWINS
#define LOOP_FORMS LOOP_FORMS_WITH_TWINS
#else
#define LOOP_FORMS(X, ...) LOOP_FORMS_WITH_TWINS(X, __VA_ARGS__) LOOP_FORMS_IN_C_ONLY(X, __VA_ARGS__)
#endif

/* What the file of a form defines: struct loop_code loop_<name>. */
struct loop_code {
    const size_t *bytes; /* of storage, aligned as malloc aligns */
    int (*start)(void *storage, struct loop_job *);
    /* of a coroutine; else null */
    void (*abandon)(void *storage); /* frees a loop that is suspended outside any operation */
    struct coro *(*coroutine)(void *storage);
    bool child_tasks; /* each operation is a coroutine of its own, that the loop awaits */

    const char *unavailable; /* why this build has no such form, where it has none; all else is null then */
};

struct loop_form {
    const char *model;
    const char *mechanism;
    enum loop_kind kind;
    const struct loop_code *code;
};

enum loop_form_index {
#define X(name, ...) LOOP_FORM_##name,
    LOOP_FORMS(X, )
#undef X
        LOOP_FORM_COUNT
};

#define X(name, ...) extern const struct loop_code loop_##name;
LOOP_FORMS(X, )
#undef X

extern const struct loop_form loop_forms[LOOP_FORM_COUNT];

#endif
