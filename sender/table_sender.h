/* table_sender: a sender of one fixed type, whose operation state lives in the consumer and completes through a table.
 *
 *     TABLE_SENDER(A, type, Request, bytes);        the interface A: values, what is asked for, memory for doing it
 *     SENDER_READ_SOME(child, A)                    ...any stage `child`, or the last of several, completing into A...
 *     TABLE_SENDER_OF(name, A, S, child, make)      `static const struct A_table name`: S's way to do it, where make is
 *                                                   struct child_sender make(struct S *, const struct Request *)
 *
 *     SENDER_TABLE(N, A, R)                         the stage; struct N_sender is {&name, source, request}, R_in A_in
 *
 * It is what an abstract base class gives: the table has one function, start, which is handed the operation, and that
 * lies where the consumer put it. Its first part is the same whoever the consumer is: the completion table, the
 * request, and `bytes` of memory in which the implementation makes what it needs; TABLE_SENDER_OF connects its child
 * there, and does not compile when that does not fit. Nothing is allocated, whatever the source. An operation's table
 * calls are start, the completion, and get_env where the child asks; connect is no call. P4251R0 10 names the form, and
 * that nobody has measured it. The price is that `bytes` is a promise: what no source fits in later cannot be a source.
 *
 * An implementation without a child is a `struct A_table` of its own: `start` keeps what it needs in
 * operation->memory and completes by A_set_value(&(struct A_receiver){operation}, value), or its like.
 *
 * Owns: nothing. Lifetime: the source outlives the operation.
 * Aliasing: the child's operation state lies in an array of unsigned char; it never moves, and is only ever accessed as
 * what it is.
 */
#ifndef ABREAST_SENDER_TABLE_SENDER_H
#define ABREAST_SENDER_TABLE_SENDER_H

#include "sender/sender.h"

#define TABLE_SENDER(A, type, Request, bytes_)                                                                         \
    typedef type A##_in;                                                                                               \
    struct A##_operation;                                                                                              \
    struct A##_completion_table {                                                                                      \
        void (*set_value)(struct A##_operation *, A##_in);                                                             \
        void (*set_error)(struct A##_operation *, int error);                                                          \
        void (*set_stopped)(struct A##_operation *);                                                                   \
        const struct io_env *(*get_env)(const struct A##_operation *);                                                 \
    };                                                                                                                 \
    struct A##_operation {                                                                                             \
        const struct A##_completion_table *consumer;                                                                   \
        struct Request request;                                                                                        \
        _Alignas(void *) unsigned char memory[bytes_];                                                                 \
    };                                                                                                                 \
    struct A##_table {                                                                                                 \
        void (*start)(void *source, struct A##_operation *);                                                           \
    };                                                                                                                 \
    struct A##_receiver {                                                                                              \
        struct A##_operation *operation;                                                                               \
    };                                                                                                                 \
    SENDER_FUNCTION void A##_set_value(struct A##_receiver *self, A##_in value)                                        \
    {                                                                                                                  \
        PROBE(TABLE_CALL);                                                                                             \
        self->operation->consumer->set_value(self->operation, value);                                                  \
    }                                                                                                                  \
    SENDER_FUNCTION void A##_set_error(struct A##_receiver *self, int error)                                           \
    {                                                                                                                  \
        PROBE(TABLE_CALL);                                                                                             \
        self->operation->consumer->set_error(self->operation, error);                                                  \
    }                                                                                                                  \
    SENDER_FUNCTION void A##_set_stopped(struct A##_receiver *self)                                                    \
    {                                                                                                                  \
        PROBE(TABLE_CALL);                                                                                             \
        self->operation->consumer->set_stopped(self->operation);                                                       \
    }                                                                                                                  \
    SENDER_FUNCTION const struct io_env *A##_get_env(const struct A##_receiver *self)                                  \
    {                                                                                                                  \
        PROBE(TABLE_CALL);                                                                                             \
        return self->operation->consumer->get_env(self->operation);                                                    \
    }

#define TABLE_SENDER_OF(name, A, S, child, make)                                                                       \
    _Static_assert(sizeof(struct child##_op) <= sizeof(((struct A##_operation *)0)->memory),                           \
                   "the memory of " #A " is too small for " #child);                                                   \
    _Static_assert(_Alignof(struct child##_op) <= _Alignof(void *), "that memory is aligned for pointers");            \
    static void name##_start(void *source, struct A##_operation *operation)                                            \
    {                                                                                                                  \
        struct child##_op *op = (struct child##_op *)operation->memory;                                                \
        PROBE(RECEIVER_BUILT);                                                                                         \
        child##_connect(op, make((struct S *)source, &operation->request), (struct A##_receiver){operation});          \
        child##_start(op);                                                                                             \
    }                                                                                                                  \
    static const struct A##_table name = {.start = name##_start};

#define SENDER_TABLE(N, A, R)                                                                                          \
    struct N##_sender {                                                                                                \
        const struct A##_table *table;                                                                                 \
        void *source;                                                                                                  \
        __typeof__(((struct A##_operation *)0)->request) request;                                                      \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        const struct A##_table *table;                                                                                 \
        void *source;                                                                                                  \
        struct A##_operation operation;                                                                                \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED };                   \
    TABLE_SENDER_COMPLETIONS(N, A, R)                                                                                  \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->table = sender.table;                                                                                      \
        op->source = sender.source;                                                                                    \
        op->operation.consumer = &N##_consumer;                                                                        \
        op->operation.request = sender.request;                                                                        \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        PROBE(TABLE_CALL);                                                                                             \
        op->table->start(op->source, &op->operation);                                                                  \
    }

/* The consumer's end, behind its table. */
#define TABLE_SENDER_COMPLETIONS(N, A, R)                                                                              \
    static void N##_consume_value(struct A##_operation *operation, A##_in value)                                       \
    {                                                                                                                  \
        SENDER_VALUE_TYPE(R, value);                                                                                   \
        PROBE(SET_VALUE);                                                                                              \
        R##_set_value(&CONTAINER_OF(operation, struct N##_op, operation)->receiver, value);                            \
    }                                                                                                                  \
    static void N##_consume_error(struct A##_operation *operation, int error)                                          \
    {                                                                                                                  \
        PROBE(SET_ERROR);                                                                                              \
        R##_set_error(&CONTAINER_OF(operation, struct N##_op, operation)->receiver, error);                            \
    }                                                                                                                  \
    static void N##_consume_stopped(struct A##_operation *operation)                                                   \
    {                                                                                                                  \
        PROBE(SET_STOPPED);                                                                                            \
        R##_set_stopped(&CONTAINER_OF(operation, struct N##_op, operation)->receiver);                                 \
    }                                                                                                                  \
    static const struct io_env *N##_consumer_env(const struct A##_operation *operation)                                \
    {                                                                                                                  \
        return R##_get_env(&CONTAINER_OF(operation, struct N##_op, operation)->receiver);                              \
    }                                                                                                                  \
    static const struct A##_completion_table N##_consumer = {                                                          \
        .set_value = N##_consume_value,                                                                                \
        .set_error = N##_consume_error,                                                                                \
        .set_stopped = N##_consume_stopped,                                                                            \
        .get_env = N##_consumer_env,                                                                                   \
    };

#endif
