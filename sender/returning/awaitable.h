/* co_await on a sender whose completion functions return the handle to resume next (protocol.h), and the task that
 * awaits them and is such a sender itself.
 *
 *     RETURNING_AWAITABLE_RECEIVER(N, promise);          promise: as for sender/sender_awaitable.h
 *     ...the stage `child`, completing into N...
 *     RETURNING_AWAITABLE(N, child);
 *     ...in the coroutine...  CO_AWAIT_RETURNING(n, self, N, &self->member, ((struct child_sender){...}));
 *     RETURNING_TASK_RETURN(self, value);                the last thing that a body does
 *
 *     RETURNING_TASK(N, R);                              a task as a sender: {task}; R_in is ssize_t
 *
 * The receiver emplaces the result and returns its coroutine; await_suspend returns what start returned, which is that
 * very handle when the operation completed inside start. start of a task returns the task's own handle, and its
 * final_suspend what its receiver returned: awaiting a task is a symmetric transfer there and one back, with any
 * algorithms in between.
 *
 * Owns: as sender/task.h and sender/task_sender.h.
 */
#ifndef ABREAST_SENDER_RETURNING_AWAITABLE_H
#define ABREAST_SENDER_RETURNING_AWAITABLE_H

#include "sender/returning/protocol.h"
#include "sender/sender_awaitable.h"

#define RETURNING_AWAITABLE_RECEIVER(N, promise)                                                                       \
    typedef ssize_t N##_in;                                                                                            \
    struct N##_receiver {                                                                                              \
        struct sender_awaitable_result *result_ptr;                                                                    \
        struct coro *continuation;                                                                                     \
    };                                                                                                                 \
    SENDER_FUNCTION struct coro *N##_set_value(struct N##_receiver *rcvr, ssize_t value)                               \
    {                                                                                                                  \
        PROBE(VARIANT_EMPLACED);                                                                                       \
        *rcvr->result_ptr = (struct sender_awaitable_result){.index = 1, .value = value};                              \
        return rcvr->continuation;                                                                                     \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_set_error(struct N##_receiver *rcvr, int error)                                   \
    {                                                                                                                  \
        PROBE(VARIANT_EMPLACED);                                                                                       \
        *rcvr->result_ptr = (struct sender_awaitable_result){.index = 2, .error = error};                              \
        return rcvr->continuation;                                                                                     \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_set_stopped(struct N##_receiver *rcvr)                                            \
    {                                                                                                                  \
        return promise##_unhandled_stopped((struct promise *)rcvr->continuation);                                      \
    }                                                                                                                  \
    SENDER_FUNCTION const struct io_env *N##_get_env(const struct N##_receiver *rcvr)                                  \
    {                                                                                                                  \
        return promise##_get_env((const struct promise *)rcvr->continuation);                                          \
    }

#define RETURNING_AWAITABLE(N, child_)                                                                                 \
    struct N {                                                                                                         \
        struct sender_awaitable_result result;                                                                         \
        struct child_##_op state;                                                                                      \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_construct(struct N *self, struct child_##_sender sender, struct coro *continuation)       \
    {                                                                                                                  \
        self->result.index = 0;                                                                                        \
        PROBE(RECEIVER_BUILT);                                                                                         \
        child_##_connect(&self->state, sender, (struct N##_receiver){&self->result, continuation});                    \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_await_suspend(struct N *self)                                                     \
    {                                                                                                                  \
        return child_##_start(&self->state);                                                                           \
    }                                                                                                                  \
    SENDER_FUNCTION ssize_t N##_await_resume(struct N *self)                                                           \
    {                                                                                                                  \
        return sender_awaitable_get(&self->result);                                                                    \
    }

/* result = co_await sender; for a coroutine whose promise is the receiver's. */
#define CO_AWAIT_RETURNING(result, self, N, awaitable, sender)                                                         \
    do {                                                                                                               \
        PROBE(TRANSFORM);                                                                                              \
        N##_construct(awaitable, sender, &(self)->task.frame.coro);                                                    \
        PROBE(READINESS);                                                                                              \
        PROBE(SUSPEND);                                                                                                \
        CO_SUSPEND(self, TRANSFER_TO(probe_transfer(N##_await_suspend(awaitable))));                                   \
        PROBE(EXTRACT);                                                                                                \
        (result) = N##_await_resume(awaitable);                                                                        \
    } while (0)

/* ---- The task ---- */

struct returning_task_state {
    const struct io_env *env;
    struct coro *(*set_value)(struct returning_task_state *, ssize_t result);
    struct coro *(*set_stopped)(struct returning_task_state *);
};

struct returning_task {
    struct frame frame;
    struct returning_task_state *state;
};

/* frame_create for a frame that starts with a struct returning_task. */
static inline struct returning_task *returning_task_create(struct frame_allocator *allocator, size_t bytes,
                                                           void (*body)(struct coro *), void (*destroy)(struct coro *))
{
    return (struct returning_task *)frame_create(allocator, bytes, body, destroy);
}

/* start: the task runs when the handle that this returns is resumed. */
static inline struct coro *returning_task_start(struct returning_task *task, struct returning_task_state *state)
{
    task->state = state;
    return &task->frame.coro;
}

static inline const struct io_env *returning_task_get_env(const struct returning_task *task)
{
    return task->state->env;
}

/* promise.unhandled_stopped(): the task completes as stopped, and its body is not resumed again. */
static inline struct coro *returning_task_unhandled_stopped(struct returning_task *task)
{
    struct returning_task_state *state = task->state;
    task->frame.coro.resume = NULL;
    return state->set_stopped(state);
}

#define RETURNING_TASK_RETURN(self, value)                                                                             \
    do {                                                                                                               \
        struct returning_task_state *state_ = (self)->task.state;                                                      \
        (self)->task.frame.coro.resume = NULL;                                                                         \
        TRANSFER_TO(state_->set_value(state_, value));                                                                 \
    } while (0)

#define RETURNING_TASK(N, R)                                                                                           \
    struct N##_sender {                                                                                                \
        struct returning_task *task;                                                                                   \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct returning_task_state state;                                                                             \
        struct returning_task *task;                                                                                   \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED };                   \
    static struct coro *N##_completed(struct returning_task_state *state, ssize_t result)                              \
    {                                                                                                                  \
        struct N##_op *op = CONTAINER_OF(state, struct N##_op, state);                                                 \
        if (result >= 0) {                                                                                             \
            PROBE(SET_VALUE);                                                                                          \
            return R##_set_value(&op->receiver, result);                                                               \
        }                                                                                                              \
        PROBE(SET_ERROR);                                                                                              \
        return R##_set_error(&op->receiver, (int)-result);                                                             \
    }                                                                                                                  \
    static struct coro *N##_stopped(struct returning_task_state *state)                                                \
    {                                                                                                                  \
        PROBE(SET_STOPPED);                                                                                            \
        return R##_set_stopped(&CONTAINER_OF(state, struct N##_op, state)->receiver);                                  \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->task = sender.task;                                                                                        \
        op->state = (struct returning_task_state){                                                                     \
            .env = R##_get_env(&op->receiver), .set_value = N##_completed, .set_stopped = N##_stopped};                \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_start(struct N##_op *op)                                                          \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        return returning_task_start(op->task, &op->state);                                                             \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_destroy(struct N##_op *op)                                                                \
    {                                                                                                                  \
        if (op->task)                                                                                                  \
            coro_destroy(&op->task->frame.coro);                                                                       \
        op->task = NULL;                                                                                               \
    }

#endif
