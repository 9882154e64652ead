/* repeat_until(child): runs child again and again until it completes with true (stdexec's exec::repeat_until).
 *
 *     RECEIVER(N, bool);
 *     ...the stage `child`, completing into N...
 *     SENDER_REPEAT_UNTIL(N, child, R);      R_in is struct unit
 *
 * Each turn connects a fresh operation state from a copy of the child's sender. A turn that completes inside its start
 * is told from one that completes later, so that a run of synchronous turns is a loop and not a recursion: while start
 * runs, `turn` holds the identity of the starting thread, as in stdexec's sender_awaitable of 2026. A completion on
 * that thread just leaves its outcome; one on another thread, or after start has returned, is settled by an exchange,
 * and whoever comes second goes on. stdexec itself bounds the recursion by a trampoline instead.
 */
#ifndef ABREAST_SENDER_REPEAT_UNTIL_H
#define ABREAST_SENDER_REPEAT_UNTIL_H

#include "sender/sender.h"

#include <stdatomic.h>
#include <stdint.h>

/* Values of `turn` beside the starting thread's identity. */
enum { TURN_SUSPENDED = 0, TURN_COMPLETED = 1 };

/* How a turn ended: an error code > 0, or one of these. */
enum { TURN_AGAIN = 0, TURN_END = -1, TURN_STOPPED = -2 };

/* An address that no other living thread has. */
static inline uintptr_t this_thread_identity(void)
{
    static _Thread_local char anchor[4];
    return (uintptr_t)anchor;
}

/* True when the completing thread has to go on with the loop itself. */
static inline bool turn_completed_must_continue(_Atomic uintptr_t *turn)
{
    if (atomic_load_explicit(turn, memory_order_relaxed) == this_thread_identity()) {
        atomic_store_explicit(turn, TURN_COMPLETED, memory_order_relaxed);
        return false;
    }
    return atomic_exchange_explicit(turn, TURN_COMPLETED, memory_order_acq_rel) == TURN_SUSPENDED;
}

/* True when the turn had completed by the time its start returned. */
static inline bool turn_completed_inline(_Atomic uintptr_t *turn)
{
    if (atomic_load_explicit(turn, memory_order_acquire) == TURN_COMPLETED)
        return true;
    return atomic_exchange_explicit(turn, TURN_SUSPENDED, memory_order_acq_rel) == TURN_COMPLETED;
}

#define SENDER_REPEAT_UNTIL(N, child_, R)                                                                              \
    struct N##_sender {                                                                                                \
        struct child_##_sender child;                                                                                  \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct child_##_sender again;                                                                                  \
        _Atomic uintptr_t turn;                                                                                        \
        int outcome;                                                                                                   \
        struct child_##_op child;                                                                                      \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->again = sender.child;                                                                                      \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_finish(struct N##_op *op)                                                                 \
    {                                                                                                                  \
        if (op->outcome == TURN_END)                                                                                   \
            R##_set_value(&op->receiver, (struct unit){});                                                             \
        else if (op->outcome == TURN_STOPPED)                                                                          \
            R##_set_stopped(&op->receiver);                                                                            \
        else                                                                                                           \
            R##_set_error(&op->receiver, op->outcome);                                                                 \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        do {                                                                                                           \
            atomic_store_explicit(&op->turn, this_thread_identity(), memory_order_relaxed);                            \
            child_##_connect(&op->child, op->again, (struct N##_receiver){});                                          \
            child_##_start(&op->child);                                                                                \
            if (!turn_completed_inline(&op->turn))                                                                     \
                return;                                                                                                \
        } while (op->outcome == TURN_AGAIN);                                                                           \
        N##_finish(op);                                                                                                \
    }                                                                                                                  \
    static void N##_completed(struct N##_op *op, int outcome)                                                          \
    {                                                                                                                  \
        op->outcome = outcome;                                                                                         \
        if (!turn_completed_must_continue(&op->turn))                                                                  \
            return;                                                                                                    \
        if (outcome == TURN_AGAIN)                                                                                     \
            N##_start(op);                                                                                             \
        else                                                                                                           \
            N##_finish(op);                                                                                            \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *self, N##_in end)                                          \
    {                                                                                                                  \
        PROBE(SET_VALUE);                                                                                              \
        N##_completed(SENDER_PARENT(N, child_, child, self), end ? TURN_END : TURN_AGAIN);                             \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_error(struct N##_receiver *self, int error)                                           \
    {                                                                                                                  \
        PROBE(SET_ERROR);                                                                                              \
        N##_completed(SENDER_PARENT(N, child_, child, self), error);                                                   \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_stopped(struct N##_receiver *self)                                                    \
    {                                                                                                                  \
        PROBE(SET_STOPPED);                                                                                            \
        N##_completed(SENDER_PARENT(N, child_, child, self), TURN_STOPPED);                                            \
    }                                                                                                                  \
    SENDER_FORWARD_ENV(N, N, child_, child, R)

#endif
