/* upon_error, upon_stopped(child, f): makes a value of an error, f(error), or of stopped, f() ([exec.then]). The other
 * completions pass through; where child never completes so, all do.
 *
 *     RECEIVER(N, in);                          in is R_in
 *     ...the stage `child`, completing into N...
 *     SENDER_UPON_ERROR(N, child, F, R);        R_in F_call(struct F *, int error)
 *     SENDER_UPON_STOPPED(N, child, F, R);      R_in F_call(struct F *)
 */
#ifndef ABREAST_SENDER_UPON_H
#define ABREAST_SENDER_UPON_H

#include "sender/then.h"

#define SENDER_UPON_ERROR(N, child_, F, R)                                                                             \
    SENDER_THEN_OP(N, child_, F, COMPLETES_WITH_ERROR, struct child_##_op child, R)                                    \
    SENDER_START_CHILD(N, child_)                                                                                      \
    SENDER_FORWARD_VALUE(N, N, child_, child, R)                                                                       \
    SENDER_FUNCTION void N##_set_error(struct N##_receiver *self, int error)                                           \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child, self);                                                     \
        SENDER_VALUE_TYPE(R, F##_call(&op->function, error));                                                          \
        PROBE(SET_VALUE);                                                                                              \
        R##_set_value(&op->receiver, F##_call(&op->function, error));                                                  \
    }                                                                                                                  \
    SENDER_FORWARD_STOPPED(N, N, child_, child, R)

#define SENDER_UPON_STOPPED(N, child_, F, R)                                                                           \
    SENDER_THEN_OP(N, child_, F, COMPLETES_WITH_STOPPED, struct child_##_op child, R)                                  \
    SENDER_START_CHILD(N, child_)                                                                                      \
    SENDER_FORWARD_VALUE(N, N, child_, child, R)                                                                       \
    SENDER_FORWARD_ERROR(N, N, child_, child, R)                                                                       \
    SENDER_FUNCTION void N##_set_stopped(struct N##_receiver *self)                                                    \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, child_, child, self);                                                     \
        SENDER_VALUE_TYPE(R, F##_call(&op->function));                                                                 \
        PROBE(SET_VALUE);                                                                                              \
        R##_set_value(&op->receiver, F##_call(&op->function));                                                         \
    }

#endif
