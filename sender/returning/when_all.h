/* when_all where completion functions return the handle to resume next (protocol.h).
 *
 *     RETURNING_RECEIVER(N_a, a_in);  RETURNING_RECEIVER(N_b, b_in);
 *     WHEN_ALL_VALUES(N, (a, b));
 *     ...the stage `a`, completing into N_a, the stage `b`, into N_b...
 *     RETURNING_WHEN_ALL(N, (a, b), R);          as SENDER_WHEN_ALL in sender/when_all.h
 *
 * The last child to complete is returned what the receiver returned; the others are returned noop_coroutine().
 *
 * start has several handles in hand and can return one. A child that has completed is no problem: until the last has
 * been started nobody else can be the last. But start of a child may return a coroutine of that child's own, a task's
 * say, and this has to be resumed before the next child is started: a nested call, for each child but the last. It adds
 * to the stack what one when_all inside another adds, not what one completion after another does. The second nested
 * resume is in N_on_stop, for a stop callback has nobody to return a handle to.
 */
#ifndef ABREAST_SENDER_RETURNING_WHEN_ALL_H
#define ABREAST_SENDER_RETURNING_WHEN_ALL_H

#include "sender/returning/protocol.h"
#include "sender/when_all.h"

#define RETURNING_WHEN_ALL(N, list, R)                                                                                 \
    WHEN_ALL_OP(N, list, struct N##_values result, WHEN_ALL_STOPS(0 SENDER_EACH(SENDER_EACH_ANY, N, R, list)), R)      \
    SENDER_FUNCTION struct coro *N##_complete(struct N##_op *op)                                                       \
    {                                                                                                                  \
        int disposition = atomic_load_explicit(&op->children.disposition, memory_order_relaxed);                       \
        if (disposition > 0) {                                                                                         \
            PROBE(SET_ERROR);                                                                                          \
            return R##_set_error(&op->receiver, disposition);                                                          \
        }                                                                                                              \
        if (disposition == CHILDREN_STOPPED) {                                                                         \
            PROBE(SET_STOPPED);                                                                                        \
            return R##_set_stopped(&op->receiver);                                                                     \
        }                                                                                                              \
        SENDER_VALUE_TYPE(R, op->result);                                                                              \
        PROBE(SET_VALUE);                                                                                              \
        return R##_set_value(&op->receiver, op->result);                                                               \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_release(struct N##_op *op)                                                        \
    {                                                                                                                  \
        return sender_children_release(&op->children, SENDER_CHILDREN_STOP(N, op)) ? N##_complete(op)                  \
                                                                                   : noop_coroutine();                 \
    }                                                                                                                  \
    static void N##_on_stop(struct stop_callback *callback)                                                            \
    {                                                                                                                  \
        struct N##_op *op = N##_of_on_stop(callback);                                                                  \
        if (sender_children_pass_on_stop(&op->children, op->stop))                                                     \
            returning_resume_nested(N##_complete(op));                                                                 \
    }                                                                                                                  \
    SENDER_CHILDREN_LINK(N, R)                                                                                         \
    SENDER_FUNCTION struct coro *N##_start(struct N##_op *op)                                                          \
    {                                                                                                                  \
        struct coro *next = noop_coroutine();                                                                          \
        PROBE(START);                                                                                                  \
        if (N##_stopped_before(op)) {                                                                                  \
            PROBE(SET_STOPPED);                                                                                        \
            return R##_set_stopped(&op->receiver);                                                                     \
        }                                                                                                              \
        SENDER_EACH(RETURNING_WHEN_ALL_START, N, R, list)                                                              \
        return next;                                                                                                   \
    }                                                                                                                  \
    SENDER_EACH(RETURNING_WHEN_ALL_CHILD, N, R, list)

#define RETURNING_WHEN_ALL_START(N, R, child_)                                                                         \
    returning_resume_nested(next);                                                                                     \
    next = child_##_start(&op->child_);

#define RETURNING_WHEN_ALL_CHILD(N, R, child_)                                                                         \
    SENDER_FUNCTION struct coro *N##_##child_##_set_value(struct N##_##child_##_receiver *self,                        \
                                                          N##_##child_##_in value)                                     \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child_, self);                                                    \
        op->result.child_ = value;                                                                                     \
        return N##_release(op);                                                                                        \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_##child_##_set_error(struct N##_##child_##_receiver *self, int error)             \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child_, self);                                                    \
        when_all_set_error(&op->children, op->stop, error);                                                            \
        return N##_release(op);                                                                                        \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_##child_##_set_stopped(struct N##_##child_##_receiver *self)                      \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child_, self);                                                    \
        when_all_set_stopped(&op->children, op->stop);                                                                 \
        return N##_release(op);                                                                                        \
    }

#endif
