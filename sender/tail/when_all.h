/* when_all over guaranteed tail calls (protocol.h).
 *
 *     TAIL_RECEIVER(N_a, a_in);  TAIL_RECEIVER(N_b, b_in);
 *     WHEN_ALL_VALUES(N, (a, b));
 *     ...the stage `a`, completing into N_a, the stage `b`, into N_b...
 *     TAIL_WHEN_ALL(N, (a, b), R);          as SENDER_WHEN_ALL in sender/when_all.h
 *
 * The children's values are collected in the very slot that the receiver reads. start leaves for the last child by a
 * tail call, and starts those before it by ordinary calls, which return when the child has completed or waits: they add
 * to the stack what one when_all inside another adds, not what one completion after another does. So does the call
 * from a stop callback, whose signature is another.
 */
#ifndef ABREAST_SENDER_TAIL_WHEN_ALL_H
#define ABREAST_SENDER_TAIL_WHEN_ALL_H

#include "sender/tail/protocol.h"
#include "sender/when_all.h"

#define TAIL_WHEN_ALL(N, list, R)                                                                                      \
    _Static_assert(__builtin_types_compatible_p(struct N##_values, R##_in),                                            \
                   "the receiver " #R " takes values of another type");                                                \
    WHEN_ALL_OP(N, list, TAIL_SLOT(R, ), WHEN_ALL_STOPS(0 SENDER_EACH(SENDER_EACH_ANY, N, R, list)), R)                \
    SENDER_FUNCTION void N##_complete(struct coro *handle)                                                             \
    {                                                                                                                  \
        struct N##_op *op = (struct N##_op *)handle;                                                                   \
        int disposition = atomic_load_explicit(&op->children.disposition, memory_order_relaxed);                       \
        if (disposition > 0) {                                                                                         \
            PROBE(SET_ERROR);                                                                                          \
            op->error = disposition;                                                                                   \
            TAIL_TO(R##_set_error, op);                                                                                \
        }                                                                                                              \
        if (disposition == CHILDREN_STOPPED) {                                                                         \
            PROBE(SET_STOPPED);                                                                                        \
            TAIL_TO(R##_set_stopped, op);                                                                              \
        }                                                                                                              \
        PROBE(SET_VALUE);                                                                                              \
        TAIL_TO(R##_set_value, op);                                                                                    \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_release(struct coro *handle)                                                              \
    {                                                                                                                  \
        struct N##_op *op = (struct N##_op *)handle;                                                                   \
        if (!sender_children_release(&op->children, SENDER_CHILDREN_STOP(N, op)))                                      \
            return;                                                                                                    \
        TAIL_TO(N##_complete, handle);                                                                                 \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_on_stop(struct stop_callback *callback)                                                   \
    {                                                                                                                  \
        struct N##_op *op = N##_of_on_stop(callback);                                                                  \
        if (sender_children_pass_on_stop(&op->children, op->stop))                                                     \
            N##_complete((struct coro *)op);                                                                           \
    }                                                                                                                  \
    SENDER_CHILDREN_LINK(N, R)                                                                                         \
    SENDER_FUNCTION void N##_start(struct coro *handle)                                                                \
    {                                                                                                                  \
        struct N##_op *op = (struct N##_op *)handle;                                                                   \
        void (*start)(struct coro *) = NULL;                                                                           \
        void *child = NULL;                                                                                            \
        PROBE(START);                                                                                                  \
        if (N##_stopped_before(op)) {                                                                                  \
            PROBE(SET_STOPPED);                                                                                        \
            TAIL_TO(R##_set_stopped, op);                                                                              \
        }                                                                                                              \
        SENDER_EACH(TAIL_WHEN_ALL_START, N, R, list)                                                                   \
        TAIL_TO(start, child);                                                                                         \
    }                                                                                                                  \
    SENDER_EACH(TAIL_WHEN_ALL_CHILD, N, R, list)

/* Starts the child before this one. */
#define TAIL_WHEN_ALL_START(N, R, child_)                                                                              \
    if (start)                                                                                                         \
        start(child);                                                                                                  \
    start = child_##_start;                                                                                            \
    child = &op->child_;

#define TAIL_WHEN_ALL_CHILD(N, R, child_)                                                                              \
    SENDER_FUNCTION void N##_##child_##_set_value(struct coro *handle)                                                 \
    {                                                                                                                  \
        struct N##_op *op = TAIL_PARENT(N, child_, child_, handle);                                                    \
        op->value.child_ = op->child_.value;                                                                           \
        TAIL_TO(N##_release, op);                                                                                      \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_##child_##_set_error(struct coro *handle)                                                 \
    {                                                                                                                  \
        struct N##_op *op = TAIL_PARENT(N, child_, child_, handle);                                                    \
        when_all_set_error(&op->children, op->stop, op->child_.error);                                                 \
        TAIL_TO(N##_release, op);                                                                                      \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_##child_##_set_stopped(struct coro *handle)                                               \
    {                                                                                                                  \
        struct N##_op *op = TAIL_PARENT(N, child_, child_, handle);                                                    \
        when_all_set_stopped(&op->children, op->stop);                                                                 \
        TAIL_TO(N##_release, op);                                                                                      \
    }

#endif
