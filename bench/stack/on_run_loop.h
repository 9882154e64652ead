/* Runs a sender_task on a run_loop until it has ended: for the mechanisms that need a queue. */
#ifndef ABREAST_BENCH_STACK_ON_RUN_LOOP_H
#define ABREAST_BENCH_STACK_ON_RUN_LOOP_H

#include "bench/stack/mechanism.h"
#include "common/run_loop.h"
#include "sender/task.h"

#include <errno.h>

struct on_run_loop {
    struct sender_task_state state;
    struct run_loop *loop;
    ssize_t result;
};

static inline void on_run_loop_stopped(struct sender_task_state *state)
{
    run_loop_finish(CONTAINER_OF(state, struct on_run_loop, state)->loop);
}

static inline void on_run_loop_ended(struct sender_task_state *state, ssize_t result)
{
    CONTAINER_OF(state, struct on_run_loop, state)->result = result;
    on_run_loop_stopped(state);
}

/* The task that `create` makes; null when there is no memory. 0 or negative errno. */
static inline int on_run_loop(struct stack_job *job,
                              struct sender_task *(*create)(struct stack_job *, struct run_loop *))
{
    struct run_loop loop;
    int status = run_loop_init(&loop, NULL);
    if (status)
        return status;
    struct io_env env = {.executor = run_loop_executor(&loop)};
    struct on_run_loop run = {
        .state = {.env = &env, .set_value = on_run_loop_ended, .set_stopped = on_run_loop_stopped},
        .loop = &loop,
        .result = -ECANCELED,
    };
    struct sender_task *task = create(job, &loop);
    if (task) {
        sender_task_start(task, &run.state);
        status = run_loop_run(&loop);
        coro_destroy(&task->frame.coro);
    } else {
        run.result = -ENOMEM;
    }
    run_loop_destroy(&loop);
    return status ? status : (int)run.result;
}

#endif
