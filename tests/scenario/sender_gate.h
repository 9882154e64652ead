/* Children that complete when the scenario says so, and a final receiver that keeps the outcome and frees the
 * operation: for the algorithms with several children. */
#ifndef ABREAST_TESTS_SCENARIO_SENDER_GATE_H
#define ABREAST_TESTS_SCENARIO_SENDER_GATE_H

#include "sender/sender.h"
#include "tests/scenario/world.h"

struct gate {
    bool deaf; /* to stop requests; else one completes it, stopped, before it returns */
    bool started, asked;
    void (*end)(struct gate *, ssize_t result); /* a value, or the negative errno of an error, or -ECANCELED: stopped */
    void *op;
};

static inline void gate_open(struct gate *gate, ssize_t result)
{
    CHECK(gate->started);
    gate->started = false;
    gate->end(gate, result);
}

#define SENDER_GATE(N, R)                                                                                              \
    struct N##_sender {                                                                                                \
        struct gate *gate;                                                                                             \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct gate *gate;                                                                                             \
        struct stop_callback on_stop;                                                                                  \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED };                   \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        op->receiver = receiver;                                                                                       \
        op->gate = sender.gate;                                                                                        \
    }                                                                                                                  \
    static void N##_end(struct gate *gate, ssize_t result)                                                             \
    {                                                                                                                  \
        struct N##_op *op = gate->op;                                                                                  \
        stop_callback_deregister(&op->on_stop);                                                                        \
        if (result >= 0)                                                                                               \
            R##_set_value(&op->receiver, result);                                                                      \
        else if (result == -ECANCELED)                                                                                 \
            R##_set_stopped(&op->receiver);                                                                            \
        else                                                                                                           \
            R##_set_error(&op->receiver, (int)-result);                                                                \
    }                                                                                                                  \
    static void N##_stop(struct stop_callback *callback)                                                               \
    {                                                                                                                  \
        struct gate *gate = CONTAINER_OF(callback, struct N##_op, on_stop)->gate;                                      \
        gate->asked = true;                                                                                            \
        if (!gate->deaf)                                                                                               \
            gate_open(gate, -ECANCELED);                                                                               \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        struct gate *gate = op->gate;                                                                                  \
        gate->op = op;                                                                                                 \
        gate->end = N##_end;                                                                                           \
        gate->started = true;                                                                                          \
        op->on_stop.invoke = N##_stop;                                                                                 \
        stop_callback_register(&op->on_stop, R##_get_env(&op->receiver)->stop);                                        \
    }

/* A final receiver that keeps the outcome, in the form that gate_open takes, and frees the operation. */
struct outcome {
    const struct io_env *env;
    void *op;
    struct run_loop *loop; /* null, or the loop to be ended */
    unsigned completions;
    ssize_t result;
};

static inline void outcome_is(struct outcome *outcome, ssize_t result)
{
    outcome->completions++;
    outcome->result = result;
    free(outcome->op);
    if (outcome->loop)
        run_loop_finish(outcome->loop);
}

#define RECEIVER_OUTCOME(N, type, size_of_value)                                                                       \
    typedef type N##_in;                                                                                               \
    struct N##_receiver {                                                                                              \
        struct outcome *outcome;                                                                                       \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *self, N##_in value)                                        \
    {                                                                                                                  \
        outcome_is(self->outcome, size_of_value);                                                                      \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_error(struct N##_receiver *self, int error)                                           \
    {                                                                                                                  \
        outcome_is(self->outcome, -error);                                                                             \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_stopped(struct N##_receiver *self)                                                    \
    {                                                                                                                  \
        outcome_is(self->outcome, -ECANCELED);                                                                         \
    }                                                                                                                  \
    SENDER_FUNCTION const struct io_env *N##_get_env(const struct N##_receiver *self)                                  \
    {                                                                                                                  \
        return self->outcome->env;                                                                                     \
    }

/* Starts the stage `N` of two gates on the heap. */
#define START_GATES(N, R, a, b, outcome_, env_, gates)                                                                 \
    do {                                                                                                               \
        struct N##_op *op_ = malloc(sizeof *op_);                                                                      \
        CHECK(op_ != NULL);                                                                                            \
        *(outcome_) = (struct outcome){.env = (env_), .op = op_};                                                      \
        N##_connect(op_, (struct N##_sender){.a = {&(gates)[0]}, .b = {&(gates)[1]}},                                  \
                    (struct R##_receiver){outcome_});                                                                  \
        N##_start(op_);                                                                                                \
    } while (0)

/* The sender `type` of a read from a connection. */
#define READING(world, index, type)                                                                                    \
    ((struct type){(world)->connections[index].job.stream, (world)->connections[index].job.buffer,                     \
                   (world)->connections[index].job.size})

#endif
