/* co_await on a sender over guaranteed tail calls (protocol.h), and the task that awaits such senders and is one.
 *
 *     TAIL_AWAITABLE_RECEIVER(N, promise);
 *     ...the stage `child`, completing into N...
 *     TAIL_AWAITABLE(N, child);
 *     ...in the coroutine...  CO_AWAIT_TAIL(n, self, N, &self->member, ((struct child_sender){...}));
 *     TAIL_TASK_RETURN(self, value);                the last thing that a body does
 *
 *     TAIL_TASK(N, R);                              a task as a sender: {task}; R_in is ssize_t
 *
 * `promise` is a promise type with promise_get_env(const struct promise *) and, of the one signature, for its handle,
 * promise_unhandled_stopped(struct coro *). The coroutine leaves its body for start by a tail call, and the receiver
 * resumes it by one: the whole await is a chain of jumps, with as many as the pipeline has functions.
 *
 * Owns: as sender/task.h and sender/task_sender.h.
 */
#ifndef ABREAST_SENDER_TAIL_AWAITABLE_H
#define ABREAST_SENDER_TAIL_AWAITABLE_H

#include "sender/sender_awaitable.h"
#include "sender/tail/protocol.h"

#define TAIL_AWAITABLE_RECEIVER(N, promise)                                                                            \
    typedef ssize_t N##_in;                                                                                            \
    struct N##_receiver {                                                                                              \
        struct sender_awaitable_result *result_ptr;                                                                    \
        struct coro *continuation;                                                                                     \
    };                                                                                                                 \
    TAIL_COMPLETION_FUNCTIONS(N);                                                                                      \
    SENDER_FUNCTION void N##_set_stopped(struct coro *handle)                                                          \
    {                                                                                                                  \
        TAIL_TO(promise##_unhandled_stopped, ((struct N##_receiver *)handle)->continuation);                           \
    }                                                                                                                  \
    SENDER_FUNCTION const struct io_env *N##_get_env(const struct N##_receiver *rcvr)                                  \
    {                                                                                                                  \
        return promise##_get_env((const struct promise *)rcvr->continuation);                                          \
    }

#define TAIL_AWAITABLE(N, child_)                                                                                      \
    struct N {                                                                                                         \
        struct sender_awaitable_result result;                                                                         \
        struct child_##_op state;                                                                                      \
    };                                                                                                                 \
    _Static_assert(offsetof(struct child_##_op, receiver) == 0, "an operation state begins with its receiver");        \
    SENDER_FUNCTION void N##_set_value(struct coro *handle)                                                            \
    {                                                                                                                  \
        struct child_##_op *op = (struct child_##_op *)handle;                                                         \
        struct coro *continuation = op->receiver.continuation;                                                         \
        PROBE(VARIANT_EMPLACED);                                                                                       \
        PROBE(TRANSFER);                                                                                               \
        *op->receiver.result_ptr = (struct sender_awaitable_result){.index = 1, .value = op->value};                   \
        TAIL_TO(continuation->resume, continuation);                                                                   \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_error(struct coro *handle)                                                            \
    {                                                                                                                  \
        struct child_##_op *op = (struct child_##_op *)handle;                                                         \
        struct coro *continuation = op->receiver.continuation;                                                         \
        PROBE(VARIANT_EMPLACED);                                                                                       \
        PROBE(TRANSFER);                                                                                               \
        *op->receiver.result_ptr = (struct sender_awaitable_result){.index = 2, .error = op->error};                   \
        TAIL_TO(continuation->resume, continuation);                                                                   \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_construct(struct N *self, struct child_##_sender sender, struct coro *continuation)       \
    {                                                                                                                  \
        self->result.index = 0;                                                                                        \
        PROBE(RECEIVER_BUILT);                                                                                         \
        child_##_connect(&self->state, sender, (struct N##_receiver){&self->result, continuation});                    \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_await_suspend(struct coro *handle)                                                        \
    {                                                                                                                  \
        TAIL_TO(child_##_start, &((struct N *)handle)->state);                                                         \
    }                                                                                                                  \
    SENDER_FUNCTION ssize_t N##_await_resume(struct N *self)                                                           \
    {                                                                                                                  \
        return sender_awaitable_get(&self->result);                                                                    \
    }

/* result = co_await sender; for a coroutine whose promise is the receiver's. */
#define CO_AWAIT_TAIL(result, self, N, awaitable, sender)                                                              \
    do {                                                                                                               \
        PROBE(TRANSFORM);                                                                                              \
        N##_construct(awaitable, sender, &(self)->task.frame.coro);                                                    \
        PROBE(READINESS);                                                                                              \
        PROBE(SUSPEND);                                                                                                \
        CO_SUSPEND(self, TAIL_TO(N##_await_suspend, awaitable));                                                       \
        PROBE(EXTRACT);                                                                                                \
        (result) = N##_await_resume(awaitable);                                                                        \
    } while (0)

/* ---- The task ---- */

/* Both functions take the state's address. */
struct tail_task_state {
    const struct io_env *env;
    void (*set_value)(struct coro *);
    void (*set_stopped)(struct coro *);
    ssize_t value; /* the slot */
};

struct tail_task {
    struct frame frame;
    struct tail_task_state *state;
};

/* frame_create for a frame that starts with a struct tail_task. */
static inline struct tail_task *tail_task_create(struct frame_allocator *allocator, size_t bytes,
                                                 void (*body)(struct coro *), void (*destroy)(struct coro *))
{
    return (struct tail_task *)frame_create(allocator, bytes, body, destroy);
}

static inline const struct io_env *tail_task_get_env(const struct tail_task *task)
{
    return task->state->env;
}

/* promise.unhandled_stopped(): the task completes as stopped, and its body is not resumed again. */
SENDER_FUNCTION void tail_task_unhandled_stopped(struct coro *handle)
{
    struct tail_task *task = (struct tail_task *)handle;
    handle->resume = NULL;
    TAIL_TO(task->state->set_stopped, task->state);
}

#define TAIL_TASK_RETURN(self, value_)                                                                                 \
    do {                                                                                                               \
        struct tail_task_state *state_ = (self)->task.state;                                                           \
        (self)->task.frame.coro.resume = NULL;                                                                         \
        state_->value = (value_);                                                                                      \
        TAIL_TO(state_->set_value, state_);                                                                            \
    } while (0)

#define TAIL_TASK(N, R)                                                                                                \
    struct N##_sender {                                                                                                \
        struct tail_task *task;                                                                                        \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        TAIL_SLOT(R, struct tail_task_state state;);                                                                   \
        struct tail_task *task;                                                                                        \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED };                   \
    SENDER_FUNCTION void N##_completed(struct coro *state)                                                             \
    {                                                                                                                  \
        struct N##_op *op = CONTAINER_OF((struct tail_task_state *)state, struct N##_op, state);                       \
        ssize_t result = op->state.value;                                                                              \
        SENDER_VALUE_TYPE(R, result);                                                                                  \
        if (result >= 0) {                                                                                             \
            PROBE(SET_VALUE);                                                                                          \
            op->value = result;                                                                                        \
            TAIL_TO(R##_set_value, op);                                                                                \
        }                                                                                                              \
        PROBE(SET_ERROR);                                                                                              \
        op->error = (int)-result;                                                                                      \
        TAIL_TO(R##_set_error, op);                                                                                    \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_stopped(struct coro *state)                                                               \
    {                                                                                                                  \
        PROBE(SET_STOPPED);                                                                                            \
        TAIL_TO(R##_set_stopped, CONTAINER_OF((struct tail_task_state *)state, struct N##_op, state));                 \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->task = sender.task;                                                                                        \
        op->state = (struct tail_task_state){                                                                          \
            .env = R##_get_env(&op->receiver), .set_value = N##_completed, .set_stopped = N##_stopped};                \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct coro *handle)                                                                \
    {                                                                                                                  \
        struct N##_op *op = (struct N##_op *)handle;                                                                   \
        struct coro *coro = &op->task->frame.coro;                                                                     \
        PROBE(START);                                                                                                  \
        op->task->state = &op->state;                                                                                  \
        TAIL_TO(coro->resume, coro);                                                                                   \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_destroy(struct N##_op *op)                                                                \
    {                                                                                                                  \
        if (op->task)                                                                                                  \
            coro_destroy(&op->task->frame.coro);                                                                       \
        op->task = NULL;                                                                                               \
    }

#endif
