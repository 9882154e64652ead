/* The same value through the same functions as in then.c, where each makes something asynchronous of its result.
 *
 *   let-value             just | let_value(f) x depth, where f makes just(result); its operation states share storage
 *   let-value-as-written  they do not, and the receivers have pointers
 *   ready-each            a coroutine awaits the value, and then what each function makes; and ready-each-known
 */
#include "bench/opstate/awaiting.h"
#include "bench/opstate/pipeline.h"
#include "bench/opstate/then.h"

/* clang-format off */

/* Stages of the pipeline P, completing into R: P_0 is just, P_1 .. P_depth are let_value, each with its own just. */
#define SHARED_RECEIVERS(N, R)                                                                                         \
    RECEIVER(N, uint64_t);                                                                                             \
    RECEIVER(N##_inner, uint64_t)
#define WRITTEN_RECEIVERS(N, R) LET_VALUE_AS_WRITTEN_RECEIVERS(N, uint64_t, uint64_t, R)
#define LET_BEFORE(KIND, N, F, R)                                                                                      \
    KIND##_RECEIVERS(N, R);                                                                                            \
    SENDER_JUST(N##_made, N##_inner)                                                                                   \
    struct N##_make {                                                                                                  \
        struct F function;                                                                                             \
    };                                                                                                                 \
    SENDER_FUNCTION struct N##_made_sender N##_make_call(struct N##_make *self, uint64_t *value)                       \
    {                                                                                                                  \
        return (struct N##_made_sender){F##_call(&self->function, *value)};                                            \
    }
#define SHARED_LET(N, child, R) SENDER_LET_VALUE(N, child, N##_make, N##_made, R)
#define WRITTEN_LET(N, child, R) SENDER_LET_VALUE_AS_WRITTEN(N, child, N##_make, N##_made, R)
#define LETS_0(K, P, F, R) SENDER_JUST(P##_0, R)
#define LETS_1(K, P, F, R) LET_BEFORE(K, P##_1, F, R) LETS_0(K, P, F, P##_1) K##_LET(P##_1, P##_0, R)
#define LETS_2(K, P, F, R) LET_BEFORE(K, P##_2, F, R) LETS_1(K, P, F, P##_2) K##_LET(P##_2, P##_1, R)
#define LETS_3(K, P, F, R) LET_BEFORE(K, P##_3, F, R) LETS_2(K, P, F, P##_3) K##_LET(P##_3, P##_2, R)
#define LETS_4(K, P, F, R) LET_BEFORE(K, P##_4, F, R) LETS_3(K, P, F, P##_4) K##_LET(P##_4, P##_3, R)
#define LETS_5(K, P, F, R) LET_BEFORE(K, P##_5, F, R) LETS_4(K, P, F, P##_5) K##_LET(P##_5, P##_4, R)
#define LETS_6(K, P, F, R) LET_BEFORE(K, P##_6, F, R) LETS_5(K, P, F, P##_6) K##_LET(P##_6, P##_5, R)
#define LETS_7(K, P, F, R) LET_BEFORE(K, P##_7, F, R) LETS_6(K, P, F, P##_7) K##_LET(P##_7, P##_6, R)
#define LETS_8(K, P, F, R) LET_BEFORE(K, P##_8, F, R) LETS_7(K, P, F, P##_8) K##_LET(P##_8, P##_7, R)
#define LETS_9(K, P, F, R) LET_BEFORE(K, P##_9, F, R) LETS_8(K, P, F, P##_9) K##_LET(P##_9, P##_8, R)
#define LETS_10(K, P, F, R) LET_BEFORE(K, P##_10, F, R) LETS_9(K, P, F, P##_10) K##_LET(P##_10, P##_9, R)
#define LETS_11(K, P, F, R) LET_BEFORE(K, P##_11, F, R) LETS_10(K, P, F, P##_11) K##_LET(P##_11, P##_10, R)
#define LETS_12(K, P, F, R) LET_BEFORE(K, P##_12, F, R) LETS_11(K, P, F, P##_12) K##_LET(P##_12, P##_11, R)
#define LETS_13(K, P, F, R) LET_BEFORE(K, P##_13, F, R) LETS_12(K, P, F, P##_13) K##_LET(P##_13, P##_12, R)
#define LETS_14(K, P, F, R) LET_BEFORE(K, P##_14, F, R) LETS_13(K, P, F, P##_14) K##_LET(P##_14, P##_13, R)
#define LETS_15(K, P, F, R) LET_BEFORE(K, P##_15, F, R) LETS_14(K, P, F, P##_15) K##_LET(P##_15, P##_14, R)
#define LETS_16(K, P, F, R) LET_BEFORE(K, P##_16, F, R) LETS_15(K, P, F, P##_16) K##_LET(P##_16, P##_15, R)

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

#define SHARED(depth, F, modes) PIPELINE_FORM(let_pipeline_##depth##_##F, SHARED, lets_##depth##_##F, depth, F)
#define WRITTEN(depth, F, modes) PIPELINE_FORM(let_written_##depth##_##F, WRITTEN, written_##depth##_##F, depth, F)
#define PIPELINE_FORM(form_, KIND, P, depth, F)                                                                        \
    LETS_##depth(KIND, P, F, end)                                                                                      \
        RUN_PIPELINE(P##_run, P##_##depth, end, LETTING_##depth(F, keys.of, next_input(state->value)))                 \
            const struct form form_ = {.run = P##_run, PIPELINE_SIZES(P##_##depth)};

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

OPSTATE_NESTED_GROUPS(SHARED)
OPSTATE_NESTED_GROUPS(WRITTEN)
OPSTATE_NESTED_GROUPS(READY)
OPSTATE_NESTED_GROUPS(KNOWN)
