#include "bench/futures.h"

#include "bench/stack/pipelines.h"
#include "sender/just.h"
#include "sender/let.h"
#include "sender/returning/algorithms.h"
#include "sender/returning/awaitable.h"
#include "sender/returning/when_all.h"
#include "sender/sender_awaitable.h"
#include "sender/tail/algorithms.h"
#include "sender/tail/awaitable.h"
#include "sender/tail/when_all.h"
#include "sender/then.h"
#include "sender/when_all.h"

/* The same pipelines in each protocol. */
PIPELINES(SENDER, p2300_, sender_task)
PIPELINES(RETURNING, returning_, returning_task)
PIPELINES(TAIL, tail_, tail_task)

/* Their parts, by name: what has a start, and what has completion functions. */
#define PARTS_alone(start, complete, N) start(N##_just) complete(N)
#define PARTS_one(start, complete, N) start(N##_just) complete(N##_1) start(N##_1) complete(N)
#define PARTS_three(start, complete, N)                                                                                \
    start(N##_just) complete(N##_1) start(N##_1) complete(N##_2) start(N##_2) complete(N##_3) start(N##_3) complete(N)
#define PARTS_eight(start, complete, N)                                                                                \
    start(N##_just) complete(N##_1) start(N##_1) complete(N##_2) start(N##_2) complete(N##_3) start(N##_3)             \
        complete(N##_4) start(N##_4) complete(N##_5) start(N##_5) complete(N##_6) start(N##_6) complete(N##_7)         \
            start(N##_7) complete(N##_8) start(N##_8) complete(N)
#define PARTS_let(start, complete, N)                                                                                  \
    start(N##_just) complete(N##_let) start(N##_let) start(N##_next) complete(N##_let_inner) complete(N)
#define PARTS_all(start, complete, N)                                                                                  \
    start(N##_a) start(N##_b) complete(N##_all_##N##_a) complete(N##_all_##N##_b) start(N##_all) complete(N##_sum)     \
        start(N##_sum) complete(N)

/* Their last stages, which complete into the awaiter. */
#define LAST_alone(N) N##_just
#define LAST_one(N) N##_1
#define LAST_three(N) N##_3
#define LAST_eight(N) N##_8
#define LAST_let(N) N##_let
#define LAST_all(N) N##_sum

/* The terms of the sums over the parts. Every operation state of `tail` hands its value over in its slot, once. */
#define NO_BYTES(N)
#define SLOT_BYTES(N) +sizeof(((struct N##_op *)NULL)->value)
#define ONE(N) +1
#define THREE(N) +3
#define DIFFERS(function, ...) (!__builtin_types_compatible_p(__typeof__(function), __VA_ARGS__))
#define START_DIFFERS(N) +DIFFERS(N##_start, void(struct N##_op *))
#define COMPLETE_DIFFERS(N)                                                                                            \
    +DIFFERS(N##_set_value, void(struct N##_receiver *, N##_in)) +                                                     \
        DIFFERS(N##_set_error, void(struct N##_receiver *, int)) +                                                     \
        DIFFERS(N##_set_stopped, void(struct N##_receiver *))

_Static_assert(0 PARTS_eight(START_DIFFERS, COMPLETE_DIFFERS, p2300_eight) == 0, "today's signatures are today's");

/* The frame of a coroutine that awaits N in a loop and keeps nothing else. */
#define FRAME_BYTES(N, promise_)                                                                                       \
    sizeof(struct {                                                                                                    \
        struct promise_ promise;                                                                                       \
        struct N awaitable;                                                                                            \
        ssize_t value;                                                                                                 \
    })

#define OP_BYTES(stage) OP_BYTES_OF(stage)
#define OP_BYTES_OF(stage) sizeof(struct stage##_op)

#define COST(name, which)                                                                                              \
    {                                                                                                                  \
        .pipeline = (name),                                                                                            \
        .p2300 = {OP_BYTES(LAST_##which(p2300_##which)), FRAME_BYTES(p2300_##which, sender_task)},                     \
        .returning = {OP_BYTES(LAST_##which(returning_##which)), FRAME_BYTES(returning_##which, returning_task)},      \
        .tail = {OP_BYTES(LAST_##which(tail_##which)), FRAME_BYTES(tail_##which, tail_task)},                          \
        .tail_value_bytes = 0 PARTS_##which(SLOT_BYTES, NO_BYTES, tail_##which),                                       \
        .functions = 0 PARTS_##which(ONE, THREE, p2300_##which),                                                       \
        .returning_changed = 0 PARTS_##which(START_DIFFERS, COMPLETE_DIFFERS, returning_##which),                      \
        .tail_changed = 0 PARTS_##which(START_DIFFERS, COMPLETE_DIFFERS, tail_##which),                                \
    }

const struct future_cost future_costs[] = {
    COST("just", alone),         COST("then-1", one),        COST("then-3", three), COST("then-8", eight),
    COST("with-let_value", let), COST("with-when_all", all), {.pipeline = NULL},
};
