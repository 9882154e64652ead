/* The consumer of a sender, without a coroutine: a receiver that records the value, and connects and starts the next
 * operation in the place of the one before, whose destructor it has called.
 *
 *     CONSUMER(N);
 *     ...the stage N_operation, completing into N, with N_operation_destroy and N_make(job)...
 *     CONSUMER_LOOP(N);
 *
 * An operation that completes inside its start is told from one that completes later, as sender/repeat_until.h does it
 * on one thread, so that a run of them is a loop.
 *
 *     CONSUMER_NESTED(N);      instead: it starts the next operation inside the completion of the one before
 *
 * Either defines N_form. A completion with an error or as stopped ends the connection.
 */
#ifndef ABREAST_BENCH_BRIDGES_CONSUMER_H
#define ABREAST_BENCH_BRIDGES_CONSUMER_H

#include "bench/bridges/bridge.h"
#include "sender/repeat_until.h"

#include <errno.h>

#define CONSUMER(N) RECEIVER(N, ssize_t)

/* What both are made of; `next` does what follows a completion with a value. */
#define CONSUMER_FORM(N, next_)                                                                                        \
    struct N##_consumer {                                                                                              \
        struct mitigation_job *job;                                                                                    \
        turn_on_one_thread turn;                                                                                       \
        struct N##_operation_op op;                                                                                    \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_go(struct N##_consumer *);                                                                \
    SENDER_FUNCTION struct N##_consumer *N##_of(const struct N##_receiver *self)                                       \
    {                                                                                                                  \
        return CONTAINER_OF(CONTAINER_OF(self, struct N##_operation_op, receiver), struct N##_consumer, op);           \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_begin(struct N##_consumer *self)                                                          \
    {                                                                                                                  \
        N##_operation_connect(&self->op, N##_make(self->job), (struct N##_receiver){});                                \
        N##_operation_start(&self->op);                                                                                \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_end(struct N##_consumer *self, int status)                                                \
    {                                                                                                                  \
        mitigation_job_ended(self->job, status);                                                                       \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *receiver, ssize_t value)                                   \
    {                                                                                                                  \
        struct N##_consumer *self = N##_of(receiver);                                                                  \
        mitigation_job_completed(self->job, (uint64_t)value);                                                          \
        next_;                                                                                                         \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_error(struct N##_receiver *receiver, int error)                                       \
    {                                                                                                                  \
        struct N##_consumer *self = N##_of(receiver);                                                                  \
        self->turn = TURN_END;                                                                                         \
        N##_operation_destroy(&self->op);                                                                              \
        N##_end(self, -error);                                                                                         \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_stopped(struct N##_receiver *receiver)                                                \
    {                                                                                                                  \
        N##_set_error(receiver, ECANCELED);                                                                            \
    }                                                                                                                  \
    SENDER_FUNCTION const struct io_env *N##_get_env(const struct N##_receiver *receiver)                              \
    {                                                                                                                  \
        return &N##_of(receiver)->job->env;                                                                            \
    }                                                                                                                  \
    static int N##_launch(struct mitigation_job *job)                                                                  \
    {                                                                                                                  \
        struct N##_consumer *self = job->storage;                                                                      \
        self->job = job;                                                                                               \
        N##_go(self);                                                                                                  \
        return 0;                                                                                                      \
    }                                                                                                                  \
    static const struct mitigation_form N##_form = {.launch = N##_launch, .storage_bytes = sizeof(struct N##_consumer)}

#define CONSUMER_LOOP(N)                                                                                               \
    CONSUMER_FORM(                                                                                                     \
        N, if (turn_on_one_thread_complete(&self->turn, TURN_AGAIN)) {                                                 \
            N##_operation_destroy(&self->op);                                                                          \
            N##_go(self);                                                                                              \
        });                                                                                                            \
    SENDER_FUNCTION void N##_go(struct N##_consumer *self)                                                             \
    {                                                                                                                  \
        while (self->job->made < self->job->end) {                                                                     \
            turn_on_one_thread_begin(&self->turn);                                                                     \
            N##_begin(self);                                                                                           \
            if (turn_on_one_thread_settle(&self->turn) != TURN_AGAIN)                                                  \
                return;                                                                                                \
            N##_operation_destroy(&self->op);                                                                          \
        }                                                                                                              \
        N##_end(self, 0);                                                                                              \
    }

#define CONSUMER_NESTED(N)                                                                                             \
    CONSUMER_FORM(N, N##_operation_destroy(&self->op); N##_go(self));                                                  \
    SENDER_FUNCTION void N##_go(struct N##_consumer *self)                                                             \
    {                                                                                                                  \
        if (self->job->made < self->job->end)                                                                          \
            N##_begin(self);                                                                                           \
        else                                                                                                           \
            N##_end(self, 0);                                                                                          \
    }

#endif
