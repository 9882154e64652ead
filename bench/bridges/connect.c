/* An awaitable as a sender: by a bridge coroutine whose frame comes from malloc, from the environment's allocator, or
 * lies in the operation state; and by a callback handle. Beside them the sender that needs no bridge. */
#include "bench/bridges/awaitables.h"
#include "bench/bridges/consumer.h"
#include "sender/connect_awaitable.h"
#include "sender/just.h"
#include "sender/schedule.h"
#include "sender/then.h"

/* The bridges, as stages with a destructor each. */
#define NOTHING_TO_DESTROY(N)                                                                                          \
    SENDER_FUNCTION void N##_destroy(struct N##_op *op)                                                                \
    {                                                                                                                  \
        (void)op;                                                                                                      \
    }

#define ALLOCATED(N, T, R) SENDER_CONNECT_AWAITABLE(N, T, R)
#define ALLOCATOR(N, T, R) SENDER_CONNECT_AWAITABLE_ALLOCATOR(N, T, R)
#define INLINE_FRAME(N, T, R) SENDER_CONNECT_AWAITABLE_INLINE_FRAME(N, T, R) NOTHING_TO_DESTROY(N)
#define HANDLE(N, T, R) SENDER_CONNECT_AWAITABLE_IN_PLACE(N, T, R) NOTHING_TO_DESTROY(N)

/* Of the awaitable only what it is made of is set, as where a coroutine awaits it. */
#define BRIDGED(N, BRIDGE, T)                                                                                          \
    BRIDGE(N##_operation, T, N)                                                                                        \
    SENDER_FUNCTION struct N##_operation_sender N##_make(struct mitigation_job *job)                                   \
    {                                                                                                                  \
        struct N##_operation_sender sender;                                                                            \
        sender.awaitable.job = job;                                                                                    \
        return sender;                                                                                                 \
    }

/* The form `name` of an operation, STAGES(N, ...), with either consumer. */
#define FORM(name, frame_, inside_, STAGES, ...)                                                                       \
    CONSUMER(name);                                                                                                    \
    STAGES(name, __VA_ARGS__)                                                                                          \
    CONSUMER_LOOP(name)                                                                                                \
    CONSUMER(name##_nested);                                                                                           \
    STAGES(name##_nested, __VA_ARGS__)                                                                                 \
    CONSUMER_NESTED(name##_nested)                                                                                     \
    const struct bridge_form BRIDGE_FORM(name) = {                                                                     \
        .form = &name##_form,                                                                                          \
        .nested = &name##_nested_form,                                                                                 \
        .op_state_bytes = sizeof(struct name##_operation_op),                                                          \
        .frame_bytes = frame_,                                                                                         \
        .inside = inside_,                                                                                             \
    };

/* Every bridge over T. */
#define FRAME_OF(name) sizeof(struct name##_operation_bridge)
#define BRIDGES(T)                                                                                                     \
    FORM(allocated_##T, FRAME_OF(allocated_##T), false, BRIDGED, ALLOCATED, T)                                         \
    FORM(allocator_##T, FRAME_OF(allocator_##T), false, BRIDGED, ALLOCATOR, T)                                         \
    FORM(inline_frame_##T, FRAME_OF(inline_frame_##T), true, BRIDGED, INLINE_FRAME, T)                                 \
    FORM(handle_##T, 0, false, BRIDGED, HANDLE, T)

BRIDGES(ready)
BRIDGES(transfer)
BRIDGES(later)

/* Without a bridge: just(value); schedule | then(deliver), on a run_loop, and on it as a type-erased scheduler. */
#define DIRECT_READY(N, ...)                                                                                           \
    SENDER_JUST(N##_operation, N)                                                                                      \
    NOTHING_TO_DESTROY(N##_operation)                                                                                  \
    SENDER_FUNCTION struct N##_operation_sender N##_make(struct mitigation_job *job)                                   \
    {                                                                                                                  \
        return (struct N##_operation_sender){.value = (ssize_t)job->made};                                             \
    }

struct deliver {
    struct mitigation_job *job;
};

static inline ssize_t deliver_call(struct deliver *self, struct unit value)
{
    (void)value;
    return (ssize_t)self->job->made;
}

#define DIRECT_LATER(N, context, scheduler_)                                                                           \
    RECEIVER(N##_operation, struct unit);                                                                              \
    SENDER_SCHEDULE(N##_posted, context, N##_operation)                                                                \
    SENDER_THEN(N##_operation, N##_posted, deliver, N)                                                                 \
    NOTHING_TO_DESTROY(N##_operation)                                                                                  \
    SENDER_FUNCTION struct N##_operation_sender N##_make(struct mitigation_job *job)                                   \
    {                                                                                                                  \
        return (struct N##_operation_sender){.child = {scheduler_}, .function = {job}};                                \
    }

FORM(direct_ready, 0, false, DIRECT_READY)
FORM(direct_later, 0, false, DIRECT_LATER, run_loop, &job->loop)
FORM(direct_erased_later, 0, false, DIRECT_LATER, task_scheduler, task_scheduler_of(&job->env))
