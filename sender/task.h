/* A coroutine task of the sender model: it awaits senders, and it is a sender itself.
 *
 * `struct sender_task` is the promise; a coroutine's frame starts with it. As a sender it is started by resuming it,
 * and at its final suspension point it completes its receiver from a void await_suspend (P2300R10 4.1 suspend-complete,
 * P3552's task): a function call on the current stack, not a transfer. The receiver is type-erased, as in P3552, where
 * the promise points to a state with a virtual completion.
 *
 * Owns: whoever connected the task destroys it when it has completed, or without ever resuming it.
 */
#ifndef ABREAST_SENDER_TASK_H
#define ABREAST_SENDER_TASK_H

#include "common/coroutine.h"
#include "common/io_env.h"
#include "common/noexcept.h"
#include "common/probe.h"

#include <sys/types.h>

struct sender_task;

/* The state that the task's operation state hands to the promise: where to complete. */
struct sender_task_state {
    const struct io_env *env;
    void (*set_value)(struct sender_task_state *, ssize_t result);
    void (*set_stopped)(struct sender_task_state *);
};

struct sender_task {
    struct frame frame;
    struct sender_task_state *state;
};

/* frame_create for a frame that starts with a struct sender_task. The allocator is an argument, as with P3552's
 * allocator_arg; a task passes its environment's on to the tasks that it creates. */
static inline struct sender_task *sender_task_create(struct frame_allocator *allocator, size_t bytes,
                                                     void (*body)(struct coro *), void (*destroy)(struct coro *))
{
    return (struct sender_task *)frame_create(allocator, bytes, body, destroy);
}

/* start: runs the task until it first suspends. */
static inline void sender_task_start(struct sender_task *task, struct sender_task_state *state)
{
    task->state = state;
    NOEXCEPT_CALL(coro_resume(&task->frame.coro));
}

static inline const struct io_env *sender_task_get_env(const struct sender_task *task)
{
    return task->state->env;
}

/* promise.unhandled_stopped(): the task completes as stopped, and its body is not resumed again. Returns the handle to
 * resume next. */
struct coro *sender_task_unhandled_stopped(struct sender_task *);

/* The last thing that a body does: final_suspend with a void await_suspend, which completes the receiver. */
#define SENDER_TASK_RETURN(self, value)                                                                                \
    do {                                                                                                               \
        struct sender_task_state *state_ = (self)->task.state;                                                         \
        (self)->task.frame.coro.resume = NULL;                                                                         \
        PROBE(TABLE_CALL);                                                                                             \
        state_->set_value(state_, value);                                                                              \
        return;                                                                                                        \
    } while (0)

#endif
