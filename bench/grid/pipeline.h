/* The senders' own loop over reads, without a coroutine.
 *
 *     GRID_RECEIVERS(N)                             first
 *     ...the stage N_read, completing into N_let_inner...
 *     GRID_PIPELINE(N, make, release)               a turn that completes inline is told from others (repeat_until.h)
 *     GRID_PIPELINE_ANY_THREAD(N, make, release)    the same for a pool of more threads than one
 *     GRID_TRAMPOLINE(N, make, release)             every turn begins on a trampoline: stdexec's exec::repeat_until
 *
 *     GRID_DIRECT(N, READ_STAGE, make)              repeat_until(read | then(count)), defining all: the same sender
 *                                                   again and again
 *
 *     repeat_until(just() | let_value(make) | then(count))      the others; with a trampoline, schedule(trampoline)
 *                                                               for just()
 *
 * make is an expression with `job` that makes a struct N_read_sender, and release what is done with `read`, the struct
 * N_read_op, when its value has come: what an operation state's destructor does. Each defines `struct grid_form
 * grid_N`, whose storage is the operation state.
 */
#ifndef ABREAST_BENCH_GRID_PIPELINE_H
#define ABREAST_BENCH_GRID_PIPELINE_H

#include "bench/grid/reads.h"
#include "sender/just.h"
#include "sender/let.h"
#include "sender/repeat_until.h"
#include "sender/schedule.h"
#include "sender/then.h"

#include <errno.h>

typedef struct unit grid_end_in;

struct grid_end_receiver {
    struct grid_job *job;
};

SENDER_FUNCTION void grid_end_set_value(struct grid_end_receiver *self, struct unit value)
{
    (void)value;
    grid_session_ended(self->job, 0);
}

SENDER_FUNCTION void grid_end_set_error(struct grid_end_receiver *self, int error)
{
    grid_session_ended(self->job, -error);
}

SENDER_FUNCTION void grid_end_set_stopped(struct grid_end_receiver *self)
{
    grid_session_ended(self->job, -ECANCELED);
}

SENDER_FUNCTION const struct io_env *grid_end_get_env(const struct grid_end_receiver *self)
{
    return &self->job->env;
}

/* A turn of a repeat_until that does not ask whether its child completes inline: the next turn is started inside the
 * completion, and what bounds the stack is in the child. */
typedef struct unit turn_nested;

static inline void turn_nested_begin(turn_nested *turn)
{
    (void)turn;
}

static inline bool turn_nested_complete(turn_nested *turn, uintptr_t outcome)
{
    (void)turn;
    (void)outcome;
    return true;
}

static inline uintptr_t turn_nested_settle(turn_nested *turn)
{
    (void)turn;
    return TURN_SUSPENDED;
}

#define GRID_RECEIVERS(N)                                                                                              \
    RECEIVER(N, bool);                                                                                                 \
    RECEIVER(N##_counted, ssize_t);                                                                                    \
    RECEIVER(N##_let, struct unit);                                                                                    \
    RECEIVER(N##_let_inner, ssize_t)

#define GRID_PIPELINE(N, make, release) GRID_PIPELINE_OF_JUST(N, turn_on_one_thread, make, release)
#define GRID_PIPELINE_ANY_THREAD(N, make, release) GRID_PIPELINE_OF_JUST(N, turn_on_any_thread, make, release)

#define GRID_PIPELINE_OF_JUST(N, turn, make, release)                                                                  \
    SENDER_JUST(N##_first, N##_let)                                                                                    \
    GRID_PIPELINE_BY(N, turn, {}, make, release)

#define GRID_TRAMPOLINE(N, make, release)                                                                              \
    SENDER_SCHEDULE(N##_first, trampoline, N##_let)                                                                    \
    GRID_PIPELINE_BY(N, turn_nested, {&job->trampoline}, make, release)

#define GRID_PIPELINE_BY(N, turn, first_, make_, release_)                                                             \
    struct N##_make {                                                                                                  \
        struct grid_job *job;                                                                                          \
    };                                                                                                                 \
    SENDER_FUNCTION struct N##_read_sender N##_make_call(struct N##_make *self, struct unit *value)                    \
    {                                                                                                                  \
        struct grid_job *job = self->job;                                                                              \
        (void)value;                                                                                                   \
        return make_;                                                                                                  \
    }                                                                                                                  \
    struct N##_count {                                                                                                 \
        struct grid_job *job;                                                                                          \
    };                                                                                                                 \
    SENDER_FUNCTION bool N##_count_call(struct N##_count *, ssize_t got);                                              \
    SENDER_LET_VALUE(N##_let, N##_first, N##_make, N##_read, N##_counted)                                              \
    SENDER_THEN(N##_counted, N##_let, N##_count, N)                                                                    \
    SENDER_REPEAT_UNTIL_BY(N, N##_counted, turn, grid_end)                                                             \
    SENDER_FUNCTION bool N##_count_call(struct N##_count *self, ssize_t got)                                           \
    {                                                                                                                  \
        struct grid_job *job = self->job;                                                                              \
        struct N##_read_op *read = &((struct N##_op *)job->storage)->child.child.inner;                                \
        (void)read;                                                                                                    \
        release_;                                                                                                      \
        grid_job_completed(job, got);                                                                                  \
        return job->made >= job->end;                                                                                  \
    }                                                                                                                  \
    static int N##_launch(struct grid_job *job)                                                                        \
    {                                                                                                                  \
        struct N##_op *op = job->storage;                                                                              \
        struct N##_first_sender first = first_;                                                                        \
        N##_connect(op, (struct N##_sender){{.child = {.child = first, .function = {job}}, .function = {job}}},        \
                    (struct grid_end_receiver){job});                                                                  \
        N##_start(op);                                                                                                 \
        return 0;                                                                                                      \
    }                                                                                                                  \
    const struct grid_form grid_##N = {                                                                                \
        .launch = N##_launch,                                                                                          \
        .storage_bytes = sizeof(struct N##_op),                                                                        \
        .op_state_bytes = sizeof(struct N##_op),                                                                       \
    }

#define GRID_DIRECT(N, READ_STAGE, make_)                                                                              \
    RECEIVER(N, bool);                                                                                                 \
    RECEIVER(N##_counted, ssize_t);                                                                                    \
    READ_STAGE(N##_read, N##_counted)                                                                                  \
    struct N##_count {                                                                                                 \
        struct grid_job *job;                                                                                          \
    };                                                                                                                 \
    SENDER_FUNCTION bool N##_count_call(struct N##_count *self, ssize_t got)                                           \
    {                                                                                                                  \
        grid_job_completed(self->job, got);                                                                            \
        return self->job->made >= self->job->end;                                                                      \
    }                                                                                                                  \
    SENDER_THEN(N##_counted, N##_read, N##_count, N)                                                                   \
    SENDER_REPEAT_UNTIL_ON_ONE_THREAD(N, N##_counted, grid_end)                                                        \
    static int N##_launch(struct grid_job *job)                                                                        \
    {                                                                                                                  \
        struct N##_op *op = job->storage;                                                                              \
        N##_connect(op, (struct N##_sender){{.child = make_, .function = {job}}}, (struct grid_end_receiver){job});    \
        N##_start(op);                                                                                                 \
        return 0;                                                                                                      \
    }                                                                                                                  \
    const struct grid_form grid_##N = {                                                                                \
        .launch = N##_launch,                                                                                          \
        .storage_bytes = sizeof(struct N##_op),                                                                        \
        .op_state_bytes = sizeof(struct N##_op),                                                                       \
    }

#endif
