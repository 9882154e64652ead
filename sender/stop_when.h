/* stop_when(source, trigger): source, which is asked to stop when trigger completes (libunifex's stop_when,
 * unifex/stop_when.hpp).
 *
 *     RECEIVER(N_source, in);  RECEIVER(N_trigger, unit);      in is R_in; of trigger any type, its value is dropped
 *     ...the stage `source`, completing into N_source, the stage `trigger`, into N_trigger...
 *     SENDER_STOP_WHEN(N, source, trigger, R);
 *
 * Completes as source does, when both have ended. trigger counts however it completes, and is asked to stop when source
 * has ended. A stop request of the receiver's is passed on to both, which are started even if it came before.
 */
#ifndef ABREAST_SENDER_STOP_WHEN_H
#define ABREAST_SENDER_STOP_WHEN_H

#include "sender/children.h"

#define SENDER_STOP_WHEN(N, source_, trigger_, R)                                                                      \
    SENDER_CHILDREN_OP(N, (source_, trigger_), R##_in result, true, R)                                                 \
    SENDER_START_CHILDREN(N, (source_, trigger_), R)                                                                   \
    SENDER_CHILDREN_COMPLETE(N, false, R)                                                                              \
    enum {                                                                                                             \
        N##_completions = (source_##_completions & ~COMPLETES_INLINE) |                                                \
                          (source_##_completions & trigger_##_completions & COMPLETES_INLINE)                          \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        sender_children_link(op->stop, R##_get_env(&op->receiver)->stop, N##_on_stop);                                 \
        N##_start_children(op);                                                                                        \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_end(struct N##_op *op)                                                                    \
    {                                                                                                                  \
        stop_source_request_stop(&op->stop->source);                                                                   \
        N##_release(op);                                                                                               \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_source_end(struct N##_##source_##_receiver *self, int disposition)                        \
    {                                                                                                                  \
        struct N##_op *op = SENDER_PARENT(N, source_, source_, self);                                                  \
        atomic_store_explicit(&op->children.disposition, disposition, memory_order_relaxed);                           \
        N##_end(op);                                                                                                   \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_##source_##_set_value(struct N##_##source_##_receiver *self, N##_##source_##_in value)    \
    {                                                                                                                  \
        SENDER_VALUE_TYPE(R, value);                                                                                   \
        SENDER_PARENT(N, source_, source_, self)->result = value;                                                      \
        N##_source_end(self, CHILDREN_VALUE);                                                                          \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_##source_##_set_error(struct N##_##source_##_receiver *self, int error)                   \
    {                                                                                                                  \
        N##_source_end(self, error);                                                                                   \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_##source_##_set_stopped(struct N##_##source_##_receiver *self)                            \
    {                                                                                                                  \
        N##_source_end(self, CHILDREN_STOPPED);                                                                        \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_##trigger_##_set_value(struct N##_##trigger_##_receiver *self, N##_##trigger_##_in value) \
    {                                                                                                                  \
        (void)value;                                                                                                   \
        N##_end(SENDER_PARENT(N, trigger_, trigger_, self));                                                           \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_##trigger_##_set_error(struct N##_##trigger_##_receiver *self, int error)                 \
    {                                                                                                                  \
        (void)error;                                                                                                   \
        N##_end(SENDER_PARENT(N, trigger_, trigger_, self));                                                           \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_##trigger_##_set_stopped(struct N##_##trigger_##_receiver *self)                          \
    {                                                                                                                  \
        N##_end(SENDER_PARENT(N, trigger_, trigger_, self));                                                           \
    }

#endif
