/* A sender_task as a sender: what makes one task awaitable by another (P3552R3, task::connect and [task.state]).
 *
 *     SENDER_TASK(N, R);      R_in is ssize_t; the sender is {task}
 *
 * The state that the child's promise completes lives in the operation state, so for a task that awaits a task it lies
 * in the parent's frame. A result >= 0 is the value, a negative errno the error.
 *
 * Owns: connect takes over the task; N_destroy is the operation state's destructor, and frees the task's frame, be it
 * done or suspended. The awaiting coroutine calls it after await_resume, and when it is destroyed itself. Where
 * `task` is null it does nothing.
 */
#ifndef ABREAST_SENDER_TASK_SENDER_H
#define ABREAST_SENDER_TASK_SENDER_H

#include "sender/sender.h"
#include "sender/task.h"

#define SENDER_TASK(N, R)                                                                                              \
    struct N##_sender {                                                                                                \
        struct sender_task *task;                                                                                      \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct sender_task_state state;                                                                                \
        struct sender_task *task;                                                                                      \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED };                   \
    static void N##_completed(struct sender_task_state *state, ssize_t result)                                         \
    {                                                                                                                  \
        struct N##_op *op = CONTAINER_OF(state, struct N##_op, state);                                                 \
        if (result >= 0) {                                                                                             \
            PROBE(SET_VALUE);                                                                                          \
            R##_set_value(&op->receiver, result);                                                                      \
        } else {                                                                                                       \
            PROBE(SET_ERROR);                                                                                          \
            R##_set_error(&op->receiver, (int)-result);                                                                \
        }                                                                                                              \
    }                                                                                                                  \
    static void N##_stopped(struct sender_task_state *state)                                                           \
    {                                                                                                                  \
        PROBE(SET_STOPPED);                                                                                            \
        R##_set_stopped(&CONTAINER_OF(state, struct N##_op, state)->receiver);                                         \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->task = sender.task;                                                                                        \
        op->state = (struct sender_task_state){                                                                        \
            .env = R##_get_env(&op->receiver), .set_value = N##_completed, .set_stopped = N##_stopped};                \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(NESTED_RESUME);                                                                                          \
        sender_task_start(op->task, &op->state);                                                                       \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_destroy(struct N##_op *op)                                                                \
    {                                                                                                                  \
        if (op->task)                                                                                                  \
            coro_destroy(&op->task->frame.coro);                                                                       \
        op->task = NULL;                                                                                               \
    }

#endif
