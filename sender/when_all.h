/* when_all(a, b, ...): runs its children at the same time and completes with all their values ([exec.when.all]).
 *
 *     RECEIVER(N_a, a_in);  RECEIVER(N_b, b_in);
 *     WHEN_ALL_VALUES(N, (a, b));              struct N_values { a_in a; b_in b; }
 *     ...the stage `a`, completing into N_a, the stage `b`, into N_b...
 *     SENDER_WHEN_ALL(N, (a, b), R);           2 to 8 children; R_in is struct N_values
 *
 *     RECEIVER_IN_ARRAY(N_each, each_in);
 *     WHEN_ALL_ARRAY_VALUES(N, count);         struct N_values { each_in each[count]; }
 *     ...the stage `child`, completing into N_each...
 *     SENDER_WHEN_ALL_ARRAY(N, child, count, R);       struct N_sender { struct child_sender each[count]; }
 *
 * R_in may also be struct N_values *: a reference, as in C++, to values that stay until the operation is gone. An array
 * is better passed so, and its sender too: N_connect_from takes that by its address.
 *
 * The first error, or the first stopped, asks the others to stop; the receiver is completed when all have ended, with
 * an error rather than stopped, and with values only when all gave theirs. A stop request of the receiver's is passed
 * on to the children; when it comes before start nothing is started, and the completion is stopped.
 *
 * All this needs a stop source and a stop callback. P2300R10's text has them in every when_all, and so each can
 * complete with stopped: SENDER_WHEN_ALL_AS_WRITTEN(N, (a, b), R), and ..._ARRAY_AS_WRITTEN. stdexec leaves them out
 * where no child can fail or be stopped (2026: __uses_stop_source, __when_all.hpp), and so does SENDER_WHEN_ALL: there
 * is nobody to ask then. Such children get the receiver's environment as it is, are started whatever its stop token
 * says, and the completion is their values.
 *
 * Where all children are known to complete inline as well (COMPLETES_INLINE), nobody else counts them, and the count
 * need not be atomic: SENDER_WHEN_ALL_INLINE(N, (a, b), R), and ..._ARRAY_INLINE. No library that we know of does that.
 *
 * The values stand in the operation without the `optional` around each that the standard's exposition has, and the
 * error is the disposition itself. A child in an array cannot be told from its neighbours by its place alone, so its
 * receiver has an index.
 */
#ifndef ABREAST_SENDER_WHEN_ALL_H
#define ABREAST_SENDER_WHEN_ALL_H

#include "sender/children.h"

/* set_error of a child: the first error wins, over stopped too. */
static inline void when_all_set_error(struct sender_children *self, struct sender_children_stop *stop, int error)
{
    int seen = atomic_load_explicit(&self->disposition, memory_order_relaxed);
    do {
        if (seen > 0)
            return;
    } while (!atomic_compare_exchange_weak_explicit(&self->disposition, &seen, error, memory_order_relaxed,
                                                    memory_order_relaxed));
    stop_source_request_stop(&stop->source);
}

static inline void when_all_set_stopped(struct sender_children *self, struct sender_children_stop *stop)
{
    int undecided = CHILDREN_UNDECIDED;
    if (atomic_compare_exchange_strong_explicit(&self->disposition, &undecided, CHILDREN_STOPPED, memory_order_relaxed,
                                                memory_order_relaxed))
        stop_source_request_stop(&stop->source);
}

/* all, any: of the children's completions, those that each has and those that one has. */
#define WHEN_ALL_COMPLETIONS(all, any, stops)                                                                          \
    (((all) & (COMPLETES_WITH_VALUE | COMPLETES_INLINE)) | ((any) & COMPLETES_WITH_ERROR) |                            \
     ((stops) ? COMPLETES_WITH_STOPPED : 0))

#define WHEN_ALL_VALUES(N, list)                                                                                       \
    struct N##_values {                                                                                                \
        SENDER_EACH(WHEN_ALL_VALUE, N, , list)                                                                         \
    }
#define WHEN_ALL_VALUE(N, R, child_) N##_##child_##_in child_;

#define SENDER_WHEN_ALL(N, list, R)                                                                                    \
    SENDER_WHEN_ALL_OF(N, list, WHEN_ALL_STOPS(0 SENDER_EACH(SENDER_EACH_ANY, N, R, list)), sender_children_release, R)
#define SENDER_WHEN_ALL_AS_WRITTEN(N, list, R) SENDER_WHEN_ALL_OF(N, list, true, sender_children_release, R)
#define SENDER_WHEN_ALL_INLINE(N, list, R)                                                                             \
    _Static_assert((~0 SENDER_EACH(SENDER_EACH_ALL, N, R, list)) & COMPLETES_INLINE, "a child may complete later");    \
    _Static_assert(!WHEN_ALL_STOPS(0 SENDER_EACH(SENDER_EACH_ANY, N, R, list)), "a child may ask the others to stop"); \
    SENDER_WHEN_ALL_OF(N, list, false, sender_children_release_inline, R)

#define WHEN_ALL_STOPS(any) (((any) & (COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED)) != 0)

/* The sender, the operation and what it can complete with; start and completion functions are the protocol's. */
#define WHEN_ALL_OP(N, list, result, stops, R)                                                                         \
    SENDER_CHILDREN_OP(N, list, result, stops, R)                                                                      \
    enum {                                                                                                             \
        N##_completions = WHEN_ALL_COMPLETIONS(~0 SENDER_EACH(SENDER_EACH_ALL, N, R, list),                            \
                                               0 SENDER_EACH(SENDER_EACH_ANY, N, R, list), N##_stops)                  \
    };

#define SENDER_WHEN_ALL_OF(N, list, stops, release, R)                                                                 \
    WHEN_ALL_OP(N, list, struct N##_values result, stops, R)                                                           \
    SENDER_START_CHILDREN(N, list, R)                                                                                  \
    SENDER_CHILDREN_COMPLETE_BY(N, release, false, R)                                                                  \
    SENDER_CHILDREN_START(N, R)                                                                                        \
    SENDER_EACH(WHEN_ALL_CHILD, N, R, list)

#define WHEN_ALL_CHILD(N, R, child_)                                                                                   \
    SENDER_FUNCTION void N##_##child_##_set_value(struct N##_##child_##_receiver *self, N##_##child_##_in value)       \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child_, self);                                                    \
        op->result.child_ = value;                                                                                     \
        N##_release(op);                                                                                               \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_##child_##_set_error(struct N##_##child_##_receiver *self, int error)                     \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child_, self);                                                    \
        when_all_set_error(&op->children, op->stop, error);                                                            \
        N##_release(op);                                                                                               \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_##child_##_set_stopped(struct N##_##child_##_receiver *self)                              \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child_, self);                                                    \
        when_all_set_stopped(&op->children, op->stop);                                                                 \
        N##_release(op);                                                                                               \
    }

#define RECEIVER_IN_ARRAY(N, type) RECEIVER_WITH(N, type, unsigned index;)

#define WHEN_ALL_ARRAY_VALUES(N, count)                                                                                \
    struct N##_values {                                                                                                \
        N##_each_in each[count];                                                                                       \
    }

#define SENDER_WHEN_ALL_ARRAY(N, child_, count, R)                                                                     \
    WHEN_ALL_ARRAY(N, child_, count, WHEN_ALL_STOPS(child_##_completions), sender_children_release, R)
#define SENDER_WHEN_ALL_ARRAY_AS_WRITTEN(N, child_, count, R)                                                          \
    WHEN_ALL_ARRAY(N, child_, count, true, sender_children_release, R)
#define SENDER_WHEN_ALL_ARRAY_INLINE(N, child_, count, R)                                                              \
    _Static_assert(child_##_completions & COMPLETES_INLINE, #child_ " may complete later");                            \
    _Static_assert(!WHEN_ALL_STOPS(child_##_completions), #child_ " may ask the others to stop");                      \
    WHEN_ALL_ARRAY(N, child_, count, false, sender_children_release_inline, R)

#define WHEN_ALL_ARRAY(N, child_, count, stops, release, R)                                                            \
    struct N##_sender {                                                                                                \
        struct child_##_sender each[count];                                                                            \
    };                                                                                                                 \
    SENDER_CHILDREN_STOPS(N, stops)                                                                                    \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        SENDER_CHILDREN_MEMBERS(N)                                                                                     \
        struct N##_values result;                                                                                      \
        struct child_##_op each[count];                                                                                \
    };                                                                                                                 \
    enum { N##_completions = WHEN_ALL_COMPLETIONS(child_##_completions, child_##_completions, N##_stops) };            \
    SENDER_CHILDREN_FUNCTIONS(N, R)                                                                                    \
    SENDER_CHILDREN_COMPLETE_BY(N, release, false, R)                                                                  \
    SENDER_FUNCTION void N##_connect_from(struct N##_op *op, const struct N##_sender *sender,                          \
                                          struct R##_receiver receiver)                                                \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        N##_init_children(op, (count));                                                                                \
        for (unsigned i = 0; i < (count); i++) {                                                                       \
            PROBE(RECEIVER_BUILT);                                                                                     \
            child_##_connect(&op->each[i], sender->each[i], (struct N##_each_receiver){.index = i});                   \
        }                                                                                                              \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        N##_connect_from(op, &sender, receiver);                                                                       \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start_children(struct N##_op *op)                                                         \
    {                                                                                                                  \
        for (unsigned i = 0; i < (count); i++)                                                                         \
            child_##_start(&op->each[i]);                                                                              \
    }                                                                                                                  \
    SENDER_CHILDREN_START(N, R)                                                                                        \
    SENDER_FUNCTION struct N##_op *N##_each_parent(const struct N##_each_receiver *self)                               \
    {                                                                                                                  \
        struct child_##_op *child = CONTAINER_OF(self, struct child_##_op, receiver);                                  \
        return CONTAINER_OF(child - self->index, struct N##_op, each);                                                 \
    }                                                                                                                  \
    SENDER_FUNCTION const struct io_env *N##_each_get_env(const struct N##_each_receiver *self)                        \
    {                                                                                                                  \
        return N##_child_env(N##_each_parent(self));                                                                   \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_each_set_value(struct N##_each_receiver *self, N##_each_in value)                         \
    {                                                                                                                  \
        struct N##_op *op = N##_each_parent(self);                                                                     \
        op->result.each[self->index] = value;                                                                          \
        N##_release(op);                                                                                               \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_each_set_error(struct N##_each_receiver *self, int error)                                 \
    {                                                                                                                  \
        struct N##_op *op = N##_each_parent(self);                                                                     \
        when_all_set_error(&op->children, op->stop, error);                                                            \
        N##_release(op);                                                                                               \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_each_set_stopped(struct N##_each_receiver *self)                                          \
    {                                                                                                                  \
        struct N##_op *op = N##_each_parent(self);                                                                     \
        when_all_set_stopped(&op->children, op->stop);                                                                 \
        N##_release(op);                                                                                               \
    }

#endif
