/* sync_wait(sender): starts a sender, runs a run_loop until it has completed, and returns the result
 * ([exec.sync.wait]).
 *
 *     RECEIVER_SYNC_WAIT(N, type);
 *     ...the stage `child`, completing into N...
 *     SENDER_SYNC_WAIT(N, child);      defines int N(struct run_loop *, const struct io_env *, struct child_sender,
 * type *value)
 *
 * N returns 0 and stores the value, or -ECANCELED after stopped, or the negative errno of the error (or of the
 * reactor). Unlike P2300's it takes the loop from its caller, since I/O completes only on the loop that has the
 * reactor.
 */
#ifndef ABREAST_SENDER_SYNC_WAIT_H
#define ABREAST_SENDER_SYNC_WAIT_H

#include "common/run_loop.h"
#include "sender/sender.h"

#include <errno.h>

#define RECEIVER_SYNC_WAIT(N, type)                                                                                    \
    typedef type N##_in;                                                                                               \
    struct N##_state {                                                                                                 \
        struct run_loop *loop;                                                                                         \
        const struct io_env *env;                                                                                      \
        int status;                                                                                                    \
        N##_in value;                                                                                                  \
    };                                                                                                                 \
    struct N##_receiver {                                                                                              \
        struct N##_state *state;                                                                                       \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_end(struct N##_receiver *self, int status)                                                \
    {                                                                                                                  \
        self->state->status = status;                                                                                  \
        run_loop_finish(self->state->loop);                                                                            \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *self, N##_in value)                                        \
    {                                                                                                                  \
        self->state->value = value;                                                                                    \
        N##_end(self, 0);                                                                                              \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_error(struct N##_receiver *self, int error)                                           \
    {                                                                                                                  \
        N##_end(self, -error);                                                                                         \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_stopped(struct N##_receiver *self)                                                    \
    {                                                                                                                  \
        N##_end(self, -ECANCELED);                                                                                     \
    }                                                                                                                  \
    SENDER_FUNCTION const struct io_env *N##_get_env(const struct N##_receiver *self)                                  \
    {                                                                                                                  \
        return self->state->env;                                                                                       \
    }

#define SENDER_SYNC_WAIT(N, child_)                                                                                    \
    SENDER_REQUIRES(child_, COMPLETES_WITH_VALUE);                                                                     \
    static int N(struct run_loop *loop, const struct io_env *env, struct child_##_sender sender, N##_in *value)        \
    {                                                                                                                  \
        struct N##_state state = {.loop = loop, .env = env};                                                           \
        struct child_##_op op;                                                                                         \
        PROBE(RECEIVER_BUILT);                                                                                         \
        child_##_connect(&op, sender, (struct N##_receiver){&state});                                                  \
        child_##_start(&op);                                                                                           \
        int status = run_loop_run(loop);                                                                               \
        if (status < 0)                                                                                                \
            return status;                                                                                             \
        *value = state.value;                                                                                          \
        return state.status;                                                                                           \
    }

#endif
