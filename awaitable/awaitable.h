/* The awaitable protocol: P4003's IoAwaitable.
 *
 * An awaitable of type T is a struct that lives in the frame of the coroutine that awaits it, with three functions:
 *
 *     bool         T_await_ready(struct T *)
 *     struct coro *T_await_suspend(struct T *, struct coro *caller, const struct io_env *)
 *     result       T_await_resume(struct T *)
 *
 * await_ready answers true when the result is there already; the coroutine then goes on without suspending. Otherwise
 * it suspends, and await_suspend starts the operation and returns the handle to resume next: another coroutine, the
 * caller itself, or noop_coroutine() when there is nothing to do until a completion comes. Resuming that handle is a
 * symmetric transfer: it takes the place of the caller on the stack ([expr.await] 5.1).
 *
 * Lifetime: an awaitable must not move once await_suspend has been called.
 */
#ifndef ABREAST_AWAITABLE_AWAITABLE_H
#define ABREAST_AWAITABLE_AWAITABLE_H

#include "common/coroutine.h"
#include "common/frame_allocator.h"
#include "common/io_env.h"
#include "common/probe.h"

/* result = co_await awaitable; for a coroutine whose promise is a struct task, and a pointer to an awaitable T. Before
 * await_resume the frame allocator channel is made the task's own again, whoever resumed it; after an await that was
 * ready too, as Capy's transform_awaiter does, for await_resume cannot tell the two. */
#define CO_AWAIT(result, self, T, awaitable)                                                                           \
    do {                                                                                                               \
        PROBE(TRANSFORM);                                                                                              \
        PROBE(READINESS);                                                                                              \
        if (T##_await_ready(awaitable)) {                                                                              \
            PROBE(READY);                                                                                              \
        } else {                                                                                                       \
            PROBE(SUSPEND);                                                                                            \
            CO_SUSPEND(self, TRANSFER_TO(probe_transfer(                                                               \
                                 T##_await_suspend(awaitable, &(self)->task.frame.coro, (self)->task.env))));          \
        }                                                                                                              \
        set_current_frame_allocator((self)->task.env->allocator);                                                      \
        PROBE(EXTRACT);                                                                                                \
        (result) = T##_await_resume(awaitable);                                                                        \
    } while (0)

#endif
