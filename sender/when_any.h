/* when_any(a, b, ...): runs its children at the same time, and completes as the first of them does (stdexec's
 * exec::when_any, exec/when_any.hpp).
 *
 *     RECEIVER(N_a, in);  RECEIVER(N_b, in);      in is R_in
 *     ...the stage `a`, completing into N_a, the stage `b`, into N_b...
 *     SENDER_WHEN_ANY(N, (a, b), R);              2 to 8 children
 *
 * The first completion, of whatever kind, is kept, and asks the others to stop; it is delivered when all have ended.
 * But once the receiver's own token has been asked to stop, the completion is stopped. When that was so before start
 * nothing is started.
 */
#ifndef ABREAST_SENDER_WHEN_ANY_H
#define ABREAST_SENDER_WHEN_ANY_H

#include "sender/children.h"

/* A child completes: true when it is the first. */
static inline bool when_any_first(struct sender_children *self, int disposition)
{
    int undecided = CHILDREN_UNDECIDED;
    return atomic_compare_exchange_strong_explicit(&self->disposition, &undecided, disposition, memory_order_relaxed,
                                                   memory_order_relaxed);
}

#define SENDER_WHEN_ANY(N, list, R)                                                                                    \
    SENDER_CHILDREN_OP(N, list, R##_in result, true, R)                                                                \
    SENDER_START_CHILDREN(N, list, R)                                                                                  \
    SENDER_CHILDREN_COMPLETE(N, stop_requested(R##_get_env(&op->receiver)->stop), R)                                   \
    SENDER_CHILDREN_START(N, R)                                                                                        \
    enum {                                                                                                             \
        N##_completions = ((0 SENDER_EACH(SENDER_EACH_ANY, N, R, list)) & ~COMPLETES_INLINE) |                         \
                          ((~0 SENDER_EACH(SENDER_EACH_ALL, N, R, list)) & COMPLETES_INLINE) | COMPLETES_WITH_STOPPED  \
    };                                                                                                                 \
    SENDER_EACH(WHEN_ANY_CHILD, N, R, list)

#define WHEN_ANY_CHILD(N, R, child_)                                                                                   \
    SENDER_FUNCTION void N##_##child_##_set_value(struct N##_##child_##_receiver *self, N##_##child_##_in value)       \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child_, self);                                                    \
        SENDER_VALUE_TYPE(R, value);                                                                                   \
        if (when_any_first(&op->children, CHILDREN_VALUE)) {                                                           \
            op->result = value;                                                                                        \
            stop_source_request_stop(&op->stop->source);                                                               \
        }                                                                                                              \
        N##_release(op);                                                                                               \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_##child_##_set_error(struct N##_##child_##_receiver *self, int error)                     \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child_, self);                                                    \
        if (when_any_first(&op->children, error))                                                                      \
            stop_source_request_stop(&op->stop->source);                                                               \
        N##_release(op);                                                                                               \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_##child_##_set_stopped(struct N##_##child_##_receiver *self)                              \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child_, self);                                                    \
        if (when_any_first(&op->children, CHILDREN_STOPPED))                                                           \
            stop_source_request_stop(&op->stop->source);                                                               \
        N##_release(op);                                                                                               \
    }

#endif
