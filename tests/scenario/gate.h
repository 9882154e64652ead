/* An awaitable that a test completes, by hand. */
#ifndef ABREAST_TESTS_SCENARIO_GATE_H
#define ABREAST_TESTS_SCENARIO_GATE_H

#include "awaitable/awaitable.h"
#include "tests/scenario/check.h"

#include <errno.h>

/* An operation that ends when the test opens the gate, or with -ECANCELED after a stop request. */
struct gate {
    struct continuation continuation;
    struct io_env env; /* of who waits */
    struct stop_callback on_stop;
    ssize_t result;
    bool waiting;
    bool at_once; /* a stop request ends it inside itself; else its end is posted */
    bool deaf;    /* to stop requests */
};

static inline void gate_end(struct gate *gate, ssize_t result, bool at_once)
{
    gate->result = result;
    gate->waiting = false;
    if (at_once)
        safe_resume(executor_dispatch(gate->env.executor, &gate->continuation));
    else
        executor_post(gate->env.executor, &gate->continuation);
}

static inline void gate_stop(struct stop_callback *callback)
{
    struct gate *gate = CONTAINER_OF(callback, struct gate, on_stop);
    gate_end(gate, -ECANCELED, gate->at_once);
}

static inline void gate_open(struct gate *gate, ssize_t result)
{
    CHECK(gate->waiting);
    stop_callback_deregister(&gate->on_stop);
    gate_end(gate, result, false);
}

static inline bool gate_await_ready(struct gate *gate)
{
    (void)gate;
    return false;
}

static inline struct coro *gate_await_suspend(struct gate *gate, struct coro *caller, const struct io_env *env)
{
    gate->continuation.coro = caller;
    gate->env = *env;
    gate->on_stop.invoke = gate_stop;
    gate->waiting = true;
    stop_callback_register(&gate->on_stop, gate->deaf ? (struct stop_token){0} : env->stop);
    return noop_coroutine();
}

static inline ssize_t gate_await_resume(struct gate *gate)
{
    stop_callback_deregister(&gate->on_stop);
    return gate->result;
}

#endif
