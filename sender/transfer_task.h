/* A coroutine task of the sender model that awaits its like by symmetric transfer: the direction of P3796R1 3.2.3, as
 * stdexec (since 2026-03-19) and beman ship it.
 *
 * `struct transfer_task` is the promise; a coroutine's frame starts with it. A task that awaits a task uses no receiver
 * and no affine_on: the child's own awaiter takes the place of the stages. await_suspend returns the child's handle,
 * and at the child's final suspension point await_suspend returns what the child's state answers: the awaiting
 * coroutine's handle (stdexec __task.hpp:537, :798; beman task.hpp:580, :652). The child's environment is the awaiting
 * task's, so both are on one scheduler, and there is nothing to schedule. Connected as a sender a task completes its
 * receiver from the same place and answers noop_coroutine(). Any other sender is awaited by a bridge.
 *
 *     TRANSFER_TASK_AWAITABLE(N, promise)     co_await of a task, by a coroutine with this promise; await it with
 *                                             CO_AWAIT_SENDER_TRANSFER, the sender being (struct N_sender){task}
 *     SENDER_TRANSFER_TASK(N, R)              the task as a sender, {task}; R_in is ssize_t
 *
 * A result >= 0 is the value, a negative errno the error. Stopped ends the task, and then the one that awaits it.
 *
 * Owns: awaiting or connecting takes over the task. Its frame is freed in await_resume, or before the receiver is
 * completed; and by N_destroy, the destructor of the awaiter and of the operation state, if it has not come to that.
 * Where `task` is null N_destroy does nothing.
 */
#ifndef ABREAST_SENDER_TRANSFER_TASK_H
#define ABREAST_SENDER_TRANSFER_TASK_H

#include "common/coroutine.h"
#include "common/noexcept.h"
#include "sender/sender.h"

#include <sys/types.h>

/* What the task was started by: an awaiter or an operation state. Both functions return the handle to resume next. */
struct transfer_task_state {
    const struct io_env *env;
    struct coro *(*completed)(struct transfer_task_state *);
    struct coro *(*stopped)(struct transfer_task_state *);
};

struct transfer_task {
    struct frame frame;
    struct transfer_task_state *state;
    ssize_t result; /* what it co_returned */
};

/* frame_create for a frame that starts with a struct transfer_task; the allocator is an argument, as with
 * sender_task_create. */
static inline struct transfer_task *transfer_task_create(struct frame_allocator *allocator, size_t bytes,
                                                         void (*body)(struct coro *), void (*destroy)(struct coro *))
{
    return (struct transfer_task *)frame_create(allocator, bytes, body, destroy);
}

/* start: runs the task until it first suspends. */
static inline void transfer_task_start(struct transfer_task *task, struct transfer_task_state *state)
{
    task->state = state;
    NOEXCEPT_CALL(coro_resume(&task->frame.coro));
}

static inline const struct io_env *transfer_task_get_env(const struct transfer_task *task)
{
    return task->state->env;
}

/* promise.unhandled_stopped(): the task is not resumed again. Returns the handle to resume next. */
static inline struct coro *transfer_task_unhandled_stopped(struct transfer_task *task)
{
    task->frame.coro.resume = NULL;
    return task->state->stopped(task->state);
}

/* The last thing that a body does: final_suspend with an await_suspend that returns a handle. */
#define TRANSFER_TASK_RETURN(self, value)                                                                              \
    do {                                                                                                               \
        struct transfer_task_state *state_ = (self)->task.state;                                                       \
        (self)->task.result = (value);                                                                                 \
        (self)->task.frame.coro.resume = NULL;                                                                         \
        PROBE(TABLE_CALL);                                                                                             \
        TRANSFER_TO(probe_transfer(state_->completed(state_)));                                                        \
    } while (0)

/* Frees the frame of a task that is taken over, if there is one. */
static inline void transfer_task_destroy(struct transfer_task **task)
{
    if (*task)
        coro_destroy(&(*task)->frame.coro);
    *task = NULL;
}

#define TRANSFER_TASK_AWAITABLE(N, promise)                                                                            \
    struct N##_sender {                                                                                                \
        struct transfer_task *task;                                                                                    \
    };                                                                                                                 \
    struct N {                                                                                                         \
        struct transfer_task_state state;                                                                              \
        struct transfer_task *task;                                                                                    \
        struct coro *continuation;                                                                                     \
    };                                                                                                                 \
    static struct coro *N##_completed(struct transfer_task_state *state)                                               \
    {                                                                                                                  \
        PROBE(SIGNAL);                                                                                                 \
        return CONTAINER_OF(state, struct N, state)->continuation;                                                     \
    }                                                                                                                  \
    static struct coro *N##_stopped(struct transfer_task_state *state)                                                 \
    {                                                                                                                  \
        return promise##_unhandled_stopped((struct promise *)CONTAINER_OF(state, struct N, state)->continuation);      \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_construct(struct N *self, struct N##_sender sender, struct coro *continuation)            \
    {                                                                                                                  \
        self->state = (struct transfer_task_state){promise##_get_env((const struct promise *)continuation),            \
                                                   N##_completed, N##_stopped};                                        \
        self->task = sender.task;                                                                                      \
        self->continuation = continuation;                                                                             \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_await_suspend(struct N *self)                                                     \
    {                                                                                                                  \
        PROBE(LAUNCH);                                                                                                 \
        self->task->state = &self->state;                                                                              \
        return &self->task->frame.coro;                                                                                \
    }                                                                                                                  \
    SENDER_FUNCTION ssize_t N##_await_resume(struct N *self)                                                           \
    {                                                                                                                  \
        ssize_t result = self->task->result;                                                                           \
        transfer_task_destroy(&self->task);                                                                            \
        return result;                                                                                                 \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_destroy(struct N *self)                                                                   \
    {                                                                                                                  \
        transfer_task_destroy(&self->task);                                                                            \
    }

#define SENDER_TRANSFER_TASK(N, R)                                                                                     \
    struct N##_sender {                                                                                                \
        struct transfer_task *task;                                                                                    \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct transfer_task_state state;                                                                              \
        struct transfer_task *task;                                                                                    \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED };                   \
    static struct coro *N##_completed(struct transfer_task_state *state)                                               \
    {                                                                                                                  \
        struct N##_op *op = CONTAINER_OF(state, struct N##_op, state);                                                 \
        ssize_t result = op->task->result;                                                                             \
        transfer_task_destroy(&op->task);                                                                              \
        if (result >= 0) {                                                                                             \
            PROBE(SET_VALUE);                                                                                          \
            R##_set_value(&op->receiver, result);                                                                      \
        } else {                                                                                                       \
            PROBE(SET_ERROR);                                                                                          \
            R##_set_error(&op->receiver, (int)-result);                                                                \
        }                                                                                                              \
        return noop_coroutine();                                                                                       \
    }                                                                                                                  \
    static struct coro *N##_stopped(struct transfer_task_state *state)                                                 \
    {                                                                                                                  \
        struct N##_op *op = CONTAINER_OF(state, struct N##_op, state);                                                 \
        transfer_task_destroy(&op->task);                                                                              \
        PROBE(SET_STOPPED);                                                                                            \
        R##_set_stopped(&op->receiver);                                                                                \
        return noop_coroutine();                                                                                       \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->task = sender.task;                                                                                        \
        op->state = (struct transfer_task_state){R##_get_env(&op->receiver), N##_completed, N##_stopped};              \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(NESTED_RESUME);                                                                                          \
        transfer_task_start(op->task, &op->state);                                                                     \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_destroy(struct N##_op *op)                                                                \
    {                                                                                                                  \
        transfer_task_destroy(&op->task);                                                                              \
    }

#endif
