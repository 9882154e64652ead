/* The same value through the same functions as in then.c, where each makes something asynchronous of its result.
 *
 *   let-value    just | let_value(f) x depth, where f makes just(result)
 *   ready-each   a coroutine awaits the value, and then what each function makes; and ready-each-known
 */
#include "bench/opstate/awaiting.h"
#include "bench/opstate/pipeline.h"
#include "bench/opstate/then.h"
#include "sender/let.h"

/* clang-format off */

/* Stages of the pipeline P, completing into R: P_0 is just, P_1 .. P_depth are let_value, each with its own just. */
#define LET_BEFORE(N, F)                                                                                               \
    RECEIVER(N, uint64_t);                                                                                             \
    RECEIVER(N##_inner, uint64_t);                                                                                     \
    SENDER_JUST(N##_made, N##_inner)                                                                                   \
    struct N##_make {                                                                                                  \
        struct F function;                                                                                             \
    };                                                                                                                 \
    SENDER_FUNCTION struct N##_made_sender N##_make_call(struct N##_make *self, uint64_t *value)                       \
    {                                                                                                                  \
        return (struct N##_made_sender){F##_call(&self->function, *value)};                                            \
    }
#define LET(N, child, F, R) SENDER_LET_VALUE(N, child, N##_make, N##_made, R)
#define LETS_0(P, F, R) SENDER_JUST(P##_0, R)
#define LETS_1(P, F, R) LET_BEFORE(P##_1, F) LETS_0(P, F, P##_1) LET(P##_1, P##_0, F, R)
#define LETS_2(P, F, R) LET_BEFORE(P##_2, F) LETS_1(P, F, P##_2) LET(P##_2, P##_1, F, R)
#define LETS_3(P, F, R) LET_BEFORE(P##_3, F) LETS_2(P, F, P##_3) LET(P##_3, P##_2, F, R)
#define LETS_4(P, F, R) LET_BEFORE(P##_4, F) LETS_3(P, F, P##_4) LET(P##_4, P##_3, F, R)
#define LETS_5(P, F, R) LET_BEFORE(P##_5, F) LETS_4(P, F, P##_5) LET(P##_5, P##_4, F, R)
#define LETS_6(P, F, R) LET_BEFORE(P##_6, F) LETS_5(P, F, P##_6) LET(P##_6, P##_5, F, R)
#define LETS_7(P, F, R) LET_BEFORE(P##_7, F) LETS_6(P, F, P##_7) LET(P##_7, P##_6, F, R)
#define LETS_8(P, F, R) LET_BEFORE(P##_8, F) LETS_7(P, F, P##_8) LET(P##_8, P##_7, F, R)
#define LETS_9(P, F, R) LET_BEFORE(P##_9, F) LETS_8(P, F, P##_9) LET(P##_9, P##_8, F, R)
#define LETS_10(P, F, R) LET_BEFORE(P##_10, F) LETS_9(P, F, P##_10) LET(P##_10, P##_9, F, R)
#define LETS_11(P, F, R) LET_BEFORE(P##_11, F) LETS_10(P, F, P##_11) LET(P##_11, P##_10, F, R)
#define LETS_12(P, F, R) LET_BEFORE(P##_12, F) LETS_11(P, F, P##_12) LET(P##_12, P##_11, F, R)
#define LETS_13(P, F, R) LET_BEFORE(P##_13, F) LETS_12(P, F, P##_13) LET(P##_13, P##_12, F, R)
#define LETS_14(P, F, R) LET_BEFORE(P##_14, F) LETS_13(P, F, P##_14) LET(P##_14, P##_13, F, R)
#define LETS_15(P, F, R) LET_BEFORE(P##_15, F) LETS_14(P, F, P##_15) LET(P##_15, P##_14, F, R)
#define LETS_16(P, F, R) LET_BEFORE(P##_16, F) LETS_15(P, F, P##_16) LET(P##_16, P##_15, F, R)

/* The expression just(value) | let_value(f0) | let_value(f1) ... as an initialiser. */
#define LET_WITH(F, keys, index) .function = {F##_make(keys, index)}
#define LETTING_0(F, keys, start) .value = (start)
#define LETTING_1(F, keys, start) .child = {LETTING_0(F, keys, start)}, LET_WITH(F, keys, 0)
#define LETTING_2(F, keys, start) .child = {LETTING_1(F, keys, start)}, LET_WITH(F, keys, 1)
#define LETTING_3(F, keys, start) .child = {LETTING_2(F, keys, start)}, LET_WITH(F, keys, 2)
#define LETTING_4(F, keys, start) .child = {LETTING_3(F, keys, start)}, LET_WITH(F, keys, 3)
#define LETTING_5(F, keys, start) .child = {LETTING_4(F, keys, start)}, LET_WITH(F, keys, 4)
#define LETTING_6(F, keys, start) .child = {LETTING_5(F, keys, start)}, LET_WITH(F, keys, 5)
#define LETTING_7(F, keys, start) .child = {LETTING_6(F, keys, start)}, LET_WITH(F, keys, 6)
#define LETTING_8(F, keys, start) .child = {LETTING_7(F, keys, start)}, LET_WITH(F, keys, 7)
#define LETTING_9(F, keys, start) .child = {LETTING_8(F, keys, start)}, LET_WITH(F, keys, 8)
#define LETTING_10(F, keys, start) .child = {LETTING_9(F, keys, start)}, LET_WITH(F, keys, 9)
#define LETTING_11(F, keys, start) .child = {LETTING_10(F, keys, start)}, LET_WITH(F, keys, 10)
#define LETTING_12(F, keys, start) .child = {LETTING_11(F, keys, start)}, LET_WITH(F, keys, 11)
#define LETTING_13(F, keys, start) .child = {LETTING_12(F, keys, start)}, LET_WITH(F, keys, 12)
#define LETTING_14(F, keys, start) .child = {LETTING_13(F, keys, start)}, LET_WITH(F, keys, 13)
#define LETTING_15(F, keys, start) .child = {LETTING_14(F, keys, start)}, LET_WITH(F, keys, 14)
#define LETTING_16(F, keys, start) .child = {LETTING_15(F, keys, start)}, LET_WITH(F, keys, 15)

/* clang-format on */

#define PIPELINE(depth, F, modes)                                                                                      \
    LETS_##depth(lets_##depth##_##F, F, end) RUN_PIPELINE(lets_##depth##_##F##_run, lets_##depth##_##F##_##depth, end, \
                                                          LETTING_##depth(F, keys.of, next_input(state->value)))       \
        const struct form let_pipeline_##depth##_##F = {                                                               \
            .run = lets_##depth##_##F##_run,                                                                           \
            PIPELINE_SIZES(lets_##depth##_##F##_##depth),                                                              \
    };

/* Each function's result is awaited in its turn. A suspension point is a source line's, and these are all on one, so
 * they are counted: CO_AWAIT with the number of the point given. */
#define CO_AWAIT_AT(point, result, self, T, awaitable)                                                                 \
    do {                                                                                                               \
        if (!T##_await_ready(awaitable)) {                                                                             \
            (self)->task.frame.resume_point = (point);                                                                 \
            TRANSFER_TO(T##_await_suspend(awaitable, &(self)->task.frame.coro, (self)->task.env));                     \
        case (point):;                                                                                                 \
        }                                                                                                              \
        set_current_frame_allocator((self)->task.env->allocator);                                                      \
        (result) = T##_await_resume(awaitable);                                                                        \
    } while (0)
#define CO_AWAIT_KNOWN_AT(point, result, self, T, awaitable) CO_AWAIT_KNOWN(result, self, T, awaitable)

/* The value is in the awaitable; the function makes the next one of what its await gave. */
#define AWAIT_VALUE(AWAIT, point) AWAIT(point, value, self, ready_value, &self->awaiting)
#define EACH(AWAIT, F, index)                                                                                          \
    STEP(F, keys.of, index, value);                                                                                    \
    self->awaiting.value = value;                                                                                      \
    AWAIT_VALUE(AWAIT, 2 + (index));
#define EACH_1(AWAIT, F) EACH(AWAIT, F, 0)
#define EACH_2(AWAIT, F) EACH_1(AWAIT, F) EACH(AWAIT, F, 1)
#define EACH_4(AWAIT, F) EACH_2(AWAIT, F) EACH(AWAIT, F, 2) EACH(AWAIT, F, 3)
#define EACH_8(AWAIT, F) EACH_4(AWAIT, F) EACH(AWAIT, F, 4) EACH(AWAIT, F, 5) EACH(AWAIT, F, 6) EACH(AWAIT, F, 7)
#define EACH_16(AWAIT, F)                                                                                              \
    EACH_8(AWAIT, F)                                                                                                   \
    EACH(AWAIT, F, 8)                                                                                                  \
    EACH(AWAIT, F, 9)                                                                                                  \
    EACH(AWAIT, F, 10)                                                                                                 \
    EACH(AWAIT, F, 11) EACH(AWAIT, F, 12) EACH(AWAIT, F, 13) EACH(AWAIT, F, 14) EACH(AWAIT, F, 15)

#define READY(depth, F, modes) READY_FORM(ready_##depth##_##F, CO_AWAIT_AT, depth, F)
#define KNOWN(depth, F, modes) READY_FORM(known_##depth##_##F, CO_AWAIT_KNOWN_AT, depth, F)
#define READY_FORM(N, AWAIT, depth, F)                                                                                 \
    struct N##_frame {                                                                                                 \
        struct task task;                                                                                              \
        struct opstate *state;                                                                                         \
        struct ready_value awaiting;                                                                                   \
    };                                                                                                                 \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N##_frame *self = (struct N##_frame *)handle;                                                           \
        struct opstate *state = self->state;                                                                           \
        struct opstate_keys keys = state->keys;                                                                        \
        uint64_t value;                                                                                                \
        CO_BEGIN(self);                                                                                                \
        for (; state->operations; state->operations--) {                                                               \
            self->awaiting.value = next_input(state->value);                                                           \
            AWAIT_VALUE(AWAIT, 1);                                                                                     \
            EACH_##depth(AWAIT, F) state->value = value;                                                               \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    ROOT_COROUTINE(N)                                                                                                  \
    AWAITING_FORM(let_##N, N, struct ready_value)

OPSTATE_NESTED_GROUPS(PIPELINE)
OPSTATE_NESTED_GROUPS(READY)
OPSTATE_NESTED_GROUPS(KNOWN)
