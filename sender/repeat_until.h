/* repeat_until(child): runs child again and again until it completes with true (stdexec's exec::repeat_until).
 *
 *     RECEIVER(N, bool);
 *     ...the stage `child`, completing into N...
 *     SENDER_REPEAT_UNTIL(N, child, R);                child may complete on any thread; R_in is struct unit
 *     SENDER_REPEAT_UNTIL_ON_ONE_THREAD(N, child, R);  child completes on the thread that starts it
 *
 * Each turn connects a fresh operation state from a copy of the child's sender. A turn that completes inside its start
 * is told from one that completes later, so that a run of synchronous turns is a loop and not a recursion; stdexec
 * bounds the recursion by a trampoline instead. The completion leaves its outcome, and goes on with the loop itself
 * only when start has returned before it.
 *
 * Where child may complete on another thread, the two settle who comes second by an exchange, and as in stdexec's
 * sender_awaitable of 2026 a completion on the starting thread avoids it: while start runs, `turn` holds that thread's
 * identity. Where it may not, as with everything that completes on one reactor, a plain flag does. Where child states
 * that it completes inline (COMPLETES_INLINE) nobody looks at it but the loop.
 */
#ifndef ABREAST_SENDER_REPEAT_UNTIL_H
#define ABREAST_SENDER_REPEAT_UNTIL_H

#include "common/thread_identity.h"
#include "sender/sender.h"

#include <limits.h>
#include <stdatomic.h>

/* Where a turn stands: in start (on one thread TURN_STARTING, on any thread that thread's identity, an address),
 * suspended, or completed in one of these ways, the last standing for TURN_ERROR + errno. */
enum { TURN_SUSPENDED, TURN_AGAIN, TURN_END, TURN_STOPPED, TURN_ERROR };

#define TURN_STARTING UINT_MAX

typedef unsigned turn_on_one_thread;

static inline void turn_on_one_thread_begin(turn_on_one_thread *turn)
{
    *turn = TURN_STARTING;
}

/* The turn has completed: true when start had returned before, so that the completion must go on with the loop. */
static inline bool turn_on_one_thread_complete(turn_on_one_thread *turn, uintptr_t outcome)
{
    bool suspended = *turn == TURN_SUSPENDED;
    *turn = (unsigned)outcome;
    return suspended;
}

/* start has returned: the outcome when the turn had completed before, else TURN_SUSPENDED. */
static inline uintptr_t turn_on_one_thread_settle(turn_on_one_thread *turn)
{
    if (*turn == TURN_STARTING)
        *turn = TURN_SUSPENDED;
    return *turn;
}

typedef _Atomic uintptr_t turn_on_any_thread;

static inline void turn_on_any_thread_begin(turn_on_any_thread *turn)
{
    atomic_store_explicit(turn, this_thread_identity(), memory_order_relaxed);
}

static inline bool turn_on_any_thread_complete(turn_on_any_thread *turn, uintptr_t outcome)
{
    if (atomic_load_explicit(turn, memory_order_relaxed) == this_thread_identity()) {
        atomic_store_explicit(turn, outcome, memory_order_relaxed);
        return false;
    }
    return atomic_exchange_explicit(turn, outcome, memory_order_acq_rel) == TURN_SUSPENDED;
}

static inline uintptr_t turn_on_any_thread_settle(turn_on_any_thread *turn)
{
    uintptr_t seen = this_thread_identity();
    if (atomic_load_explicit(turn, memory_order_acquire) == seen &&
        atomic_compare_exchange_strong_explicit(turn, &seen, TURN_SUSPENDED, memory_order_acq_rel,
                                                memory_order_acquire))
        return TURN_SUSPENDED;
    return atomic_load_explicit(turn, memory_order_acquire);
}

#define SENDER_REPEAT_UNTIL(N, child, R) SENDER_REPEAT_UNTIL_BY(N, child, turn_on_any_thread, R)
#define SENDER_REPEAT_UNTIL_ON_ONE_THREAD(N, child, R) SENDER_REPEAT_UNTIL_BY(N, child, turn_on_one_thread, R)

#define SENDER_REPEAT_UNTIL_BY(N, child_, turn_type, R)                                                                \
    struct N##_sender {                                                                                                \
        struct child_##_sender child;                                                                                  \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct child_##_sender again;                                                                                  \
        turn_type turn;                                                                                                \
        struct child_##_op child;                                                                                      \
    };                                                                                                                 \
    enum { N##_completions = child_##_completions };                                                                   \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->again = sender.child;                                                                                      \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_finish(struct N##_op *op, uintptr_t outcome)                                              \
    {                                                                                                                  \
        if (outcome == TURN_SUSPENDED)                                                                                 \
            return;                                                                                                    \
        if (outcome == TURN_END) {                                                                                     \
            PROBE(SET_VALUE);                                                                                          \
            R##_set_value(&op->receiver, (struct unit){});                                                             \
        } else if (outcome == TURN_STOPPED) {                                                                          \
            PROBE(SET_STOPPED);                                                                                        \
            R##_set_stopped(&op->receiver);                                                                            \
        } else {                                                                                                       \
            PROBE(SET_ERROR);                                                                                          \
            R##_set_error(&op->receiver, (int)(outcome - TURN_ERROR));                                                 \
        }                                                                                                              \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_turns(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        uintptr_t outcome;                                                                                             \
        const struct child_##_sender again = op->again; /* which no store in a turn can change */                      \
        do {                                                                                                           \
            turn_type##_begin(&op->turn);                                                                              \
            PROBE(RECEIVER_BUILT);                                                                                     \
            if (child_##_completions & COMPLETES_INLINE)                                                               \
                child_##_connect(&op->child, again, (struct N##_receiver){});                                          \
            else                                                                                                       \
                child_##_connect(&op->child, op->again, (struct N##_receiver){});                                      \
            child_##_start(&op->child);                                                                                \
            outcome = turn_type##_settle(&op->turn);                                                                   \
        } while (outcome == TURN_AGAIN);                                                                               \
        N##_finish(op, outcome);                                                                                       \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        N##_turns(op);                                                                                                 \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_completed(struct N##_receiver *self, uintptr_t outcome)                                   \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child, self);                                                     \
        if (!turn_type##_complete(&op->turn, outcome) || child_##_completions & COMPLETES_INLINE)                      \
            return;                                                                                                    \
        if (outcome == TURN_AGAIN)                                                                                     \
            N##_turns(op);                                                                                             \
        else                                                                                                           \
            N##_finish(op, outcome);                                                                                   \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *self, N##_in end)                                          \
    {                                                                                                                  \
        _Static_assert(__builtin_types_compatible_p(N##_in, bool), "repeat_until repeats what completes with a bool"); \
        N##_completed(self, end ? TURN_END : TURN_AGAIN);                                                              \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_error(struct N##_receiver *self, int error)                                           \
    {                                                                                                                  \
        N##_completed(self, TURN_ERROR + (uintptr_t)error);                                                            \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_stopped(struct N##_receiver *self)                                                    \
    {                                                                                                                  \
        N##_completed(self, TURN_STOPPED);                                                                             \
    }                                                                                                                  \
    SENDER_FORWARD_ENV(N, N, child_, child, R)

#endif
