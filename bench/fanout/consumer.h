/* Who waits for a sender's joins: a receiver that makes the next one when one has completed, in the same storage.
 *
 *     FANOUT_CONSUMER_RECEIVER(R, type)            before the stages that end in R
 *     ...the stage N, completing into R...
 *     static void N_make(struct N_op *, struct fanout_job *, struct R_receiver)      connects the next join
 *     static void R_record(struct fanout_job *, type)                                records the join by its value
 *     FANOUT_CONSUMER(N, R, turn)                  defines N_launch, and struct N_state for its storage
 *
 * `turn` is turn_on_one_thread or turn_on_any_thread, as in sender/repeat_until.h, whose loop this is, but for the
 * sender: here it is made anew for each join, since it has the values of that join in it. The end of a join of reads
 * may be the error of the one that fails, and that of a race stopped, where its read was.
 */
#ifndef ABREAST_BENCH_FANOUT_CONSUMER_H
#define ABREAST_BENCH_FANOUT_CONSUMER_H

#include "bench/fanout/job.h"
#include "sender/repeat_until.h"
#include "sender/sender.h"

#define FANOUT_CONSUMER_RECEIVER(R, type) RECEIVER_WITH(R, type, struct fanout_job *job;);

#define FANOUT_CONSUMER(N, R, turn_type)                                                                               \
    struct N##_state {                                                                                                 \
        turn_type turn;                                                                                                \
        struct N##_op op;                                                                                              \
    };                                                                                                                 \
    static void N##_go(struct fanout_job *job)                                                                         \
    {                                                                                                                  \
        struct N##_state *state = job->storage;                                                                        \
        uintptr_t outcome;                                                                                             \
        do {                                                                                                           \
            turn_type##_begin(&state->turn);                                                                           \
            N##_make(&state->op, job, (struct R##_receiver){job});                                                     \
            N##_start(&state->op);                                                                                     \
            outcome = turn_type##_settle(&state->turn);                                                                \
        } while (outcome == TURN_AGAIN);                                                                               \
        if (outcome != TURN_SUSPENDED)                                                                                 \
            fanout_end(job, outcome == TURN_END ? 0 : -(int)(outcome - TURN_ERROR));                                   \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_joined(struct fanout_job *job, uintptr_t outcome)                                         \
    {                                                                                                                  \
        struct N##_state *state = job->storage;                                                                        \
        if (outcome == TURN_AGAIN && job->made == job->total)                                                          \
            outcome = TURN_END;                                                                                        \
        if (!turn_type##_complete(&state->turn, outcome))                                                              \
            return;                                                                                                    \
        if (outcome == TURN_AGAIN)                                                                                     \
            N##_go(job);                                                                                               \
        else                                                                                                           \
            fanout_end(job, outcome == TURN_END ? 0 : -(int)(outcome - TURN_ERROR));                                   \
    }                                                                                                                  \
    SENDER_FUNCTION void R##_set_value(struct R##_receiver *self, R##_in value)                                        \
    {                                                                                                                  \
        struct fanout_job *job = self->job;                                                                            \
        R##_record(job, value);                                                                                        \
        N##_joined(job, TURN_AGAIN);                                                                                   \
    }                                                                                                                  \
    SENDER_FUNCTION void R##_set_error(struct R##_receiver *self, int error)                                           \
    {                                                                                                                  \
        struct fanout_job *job = self->job;                                                                            \
        if (error == FANOUT_ERROR)                                                                                     \
            fanout_record_reads(job, (uint64_t)-error);                                                                \
        N##_joined(job, error == FANOUT_ERROR ? TURN_AGAIN : TURN_ERROR + (uintptr_t)error);                           \
    }                                                                                                                  \
    SENDER_FUNCTION void R##_set_stopped(struct R##_receiver *self)                                                    \
    {                                                                                                                  \
        struct fanout_job *job = self->job;                                                                            \
        fanout_record_race(job, -ECANCELED);                                                                           \
        N##_joined(job, TURN_AGAIN);                                                                                   \
    }                                                                                                                  \
    SENDER_FUNCTION const struct io_env *R##_get_env(const struct R##_receiver *self)                                  \
    {                                                                                                                  \
        return &self->job->env;                                                                                        \
    }                                                                                                                  \
    static int N##_launch(struct fanout_job *job)                                                                      \
    {                                                                                                                  \
        N##_go(job);                                                                                                   \
        return 0;                                                                                                      \
    }

/* The form of a consumer's joins. */
#define FANOUT_SENDER_FORM(N)                                                                                          \
    const struct fanout_form fanout_##N = {                                                                            \
        .launch = N##_launch,                                                                                          \
        .storage_bytes = sizeof(struct N##_state),                                                                     \
        .operation_bytes = sizeof(struct N##_op),                                                                      \
    };

#endif
