/* The same value through the same functions as in then.c, where each makes something asynchronous of its result.
 *
 *   let-value             just | let_value(f) x depth, where f makes just(result); its operation states share storage
 *   let-value-as-written  they do not, and the receivers have pointers
 *   ready-each            a coroutine awaits the value, and then what each function makes; and ready-each-known
 */
#include "bench/opstate/awaiting.h"
#include "bench/opstate/lets.h"
#include "bench/opstate/then.h"

/* clang-format off */

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
