/* when_all of 2, 4 or 8 children, each a value that goes through one function of eight bytes, folded into one.
 *
 *   floor            calls the functions
 *   pipeline         a sender, when_all(just | then, ...): as stdexec ships it, without a stop source, for nobody fails
 *   as-written       the same with the stop source and callback that P2300R10's text has in every when_all
 *   inline-known     as pipeline, and nothing counts atomically, for all children are known to complete inline: no
 *                    library has it
 *   array            as pipeline, the children in an array, and each with its index
 *   ready            a coroutine awaits the children's awaitables together; all are ready
 *   task-in-task     it awaits tasks together: each child has a frame
 */
#include "awaitable/when_all.h"
#include "awaitable/when_all_of.h"
#include "bench/opstate/awaiting.h"
#include "bench/opstate/children.h"
#include "bench/opstate/when_all.h"

#define FLOOR(count, modes)                                                                                            \
    static int floor_##count##_run(struct opstate *state)                                                              \
    {                                                                                                                  \
        struct opstate_keys keys = state->keys;                                                                        \
        for (; state->operations; state->operations--) {                                                               \
            uint64_t value = next_input(state->value), folded = 0;                                                     \
            for (unsigned i = 0; i < (count); i++)                                                                     \
                folded = fold(folded, (uint64_t)half_call(&(struct half){keys.of[i]}, value));                         \
            state->value = folded;                                                                                     \
        }                                                                                                              \
        return 0;                                                                                                      \
    }                                                                                                                  \
    const struct form when_all_floor_##count = {.run = floor_##count##_run};

/* ---- Senders ---- */

#define CHILD_INITIALISER(start, index)                                                                                \
    {                                                                                                                  \
        .child = {.value = (start)}, .function = { keys.of[index] }                                                    \
    }

#define NAMED_FOLD(N, child, index) folded = fold(folded, (uint64_t)values.child);
#define NAMED_EXPRESSION(N, child, index) .child = CHILD_INITIALISER(next_input(state->value), index),

#define SIZES(N)                                                                                                       \
    .sizes = {                                                                                                         \
        .op_state = sizeof(struct N##_op),                                                                             \
        .align = _Alignof(struct N##_op),                                                                              \
        .environment = N##_stops ? sizeof(struct io_env) : 0,                                                          \
    }

#define NAMED(form_, N, WHEN_ALL, count)                                                                               \
    CHILDREN_##count(NAMED_RECEIVER, N) WHEN_ALL_VALUES(N, NAMES_##count(N));                                          \
    static inline void N##_keep(struct opstate *state, struct N##_values values)                                       \
    {                                                                                                                  \
        uint64_t folded = 0;                                                                                           \
        CHILDREN_##count(NAMED_FOLD, N) state->value = folded;                                                         \
    }                                                                                                                  \
    END_RECEIVER(N##_end, struct N##_values, N##_keep)                                                                 \
    CHILDREN_##count(NAMED_CHILD, N) WHEN_ALL(N, NAMES_##count(N), N##_end)                                            \
        RUN_PIPELINE(N##_run, N, N##_end, CHILDREN_##count(NAMED_EXPRESSION, N))                                       \
            const struct form when_all_##form_##_##count = {.run = N##_run, SIZES(N)};

#define PIPELINE(count, modes) NAMED(pipeline, all##count, SENDER_WHEN_ALL, count)
#define AS_WRITTEN(count, modes) NAMED(as_written, written##count, SENDER_WHEN_ALL_AS_WRITTEN, count)
#define INLINE_KNOWN(count, modes) NAMED(known, known##count, SENDER_WHEN_ALL_INLINE, count)

#define INDEXED_EXPRESSION(N, child, index) CHILD_INITIALISER(next_input(state->value), index),
#define ARRAY(count, modes)                                                                                            \
    RECEIVER_IN_ARRAY(array##count##_each, ssize_t);                                                                   \
    WHEN_ALL_ARRAY_VALUES(array##count, count);                                                                        \
    static inline void array##count##_keep(struct opstate *state, struct array##count##_values values)                 \
    {                                                                                                                  \
        uint64_t folded = 0;                                                                                           \
        for (unsigned i = 0; i < (count); i++)                                                                         \
            folded = fold(folded, (uint64_t)values.each[i]);                                                           \
        state->value = folded;                                                                                         \
    }                                                                                                                  \
    END_RECEIVER(array##count##_end, struct array##count##_values, array##count##_keep)                                \
    CHILD(array##count##_child, array##count##_each)                                                                   \
    SENDER_WHEN_ALL_ARRAY(array##count, array##count##_child, count, array##count##_end)                               \
    RUN_PIPELINE(array##count##_run, array##count, array##count##_end,                                                 \
                 .each = {CHILDREN_##count(INDEXED_EXPRESSION, )})                                                     \
    const struct form when_all_array_##count = {.run = array##count##_run, SIZES(array##count)};

/* ---- Awaitables ---- */

/* What a ready awaitable gives, through a child's function. */
struct half_of {
    uint64_t value;
    struct half function;
};

static inline bool half_of_await_ready(struct half_of *self)
{
    (void)self;
    return true;
}

static inline struct coro *half_of_await_suspend(struct half_of *self, struct coro *caller, const struct io_env *env)
{
    (void)self;
    (void)env;
    return caller;
}

static inline ssize_t half_of_await_resume(struct half_of *self)
{
    return half_call(&self->function, self->value);
}

#define READY(count, modes)                                                                                            \
    WHEN_ALL_OF(ready##count##_all, half_of, count)                                                                    \
    struct ready##count##_frame {                                                                                      \
        struct task task;                                                                                              \
        struct opstate *state;                                                                                         \
        struct ready##count##_all all;                                                                                 \
    };                                                                                                                 \
    static void ready##count##_body(struct coro *handle)                                                               \
    {                                                                                                                  \
        struct ready##count##_frame *self = (struct ready##count##_frame *)handle;                                     \
        struct opstate *state = self->state;                                                                           \
        struct opstate_keys keys = state->keys;                                                                        \
        ssize_t status;                                                                                                \
        CO_BEGIN(self);                                                                                                \
        for (; state->operations; state->operations--) {                                                               \
            for (unsigned i = 0; i < (count); i++)                                                                     \
                self->all.each[i].awaitable = (struct half_of){next_input(state->value), {keys.of[i]}};                \
            ready##count##_all(&self->all);                                                                            \
            CO_AWAIT(status, self, ready##count##_all, &self->all);                                                    \
            (void)status;                                                                                              \
            uint64_t folded = 0;                                                                                       \
            for (unsigned i = 0; i < (count); i++)                                                                     \
                folded = fold(folded, (uint64_t)self->all.each[i].result);                                             \
            state->value = folded;                                                                                     \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    ROOT_COROUTINE(ready##count)                                                                                       \
    AWAITING_FORM(when_all_ready_##count, ready##count, struct ready##count##_all)

/* A child as a coroutine. */
struct half_frame {
    struct task task;
    uint64_t value;
    struct half function;
};

static void half_body(struct coro *handle)
{
    struct half_frame *self = (struct half_frame *)handle;
    CO_BEGIN(self);
    CO_RETURN(self, half_call(&self->function, self->value));
    CO_END;
}

static struct task *half_make(uint64_t value, uint64_t key)
{
    struct half_frame *self = (struct half_frame *)task_create(sizeof *self, half_body, NULL);
    if (!self)
        return NULL;
    self->value = value;
    self->function.key = key;
    return &self->task;
}

#define NESTED(count, modes)                                                                                           \
    struct tasks##count##_all {                                                                                        \
        struct when_child children[count];                                                                             \
        struct when_all all;                                                                                           \
    };                                                                                                                 \
    struct tasks##count##_frame {                                                                                      \
        struct task task;                                                                                              \
        struct opstate *state;                                                                                         \
        struct tasks##count##_all tasks;                                                                               \
        ssize_t status;                                                                                                \
    };                                                                                                                 \
    static void tasks##count##_body(struct coro *handle)                                                               \
    {                                                                                                                  \
        struct tasks##count##_frame *self = (struct tasks##count##_frame *)handle;                                     \
        struct opstate *state = self->state;                                                                           \
        CO_BEGIN(self);                                                                                                \
        for (; state->operations; state->operations--) {                                                               \
            for (unsigned i = 0; i < (count); i++)                                                                     \
                self->tasks.children[i].task = half_make(next_input(state->value), state->keys.of[i]);                 \
            when_all(&self->tasks.all, self->tasks.children, count);                                                   \
            CO_AWAIT(self->status, self, when_all, &self->tasks.all);                                                  \
            if (self->status < 0)                                                                                      \
                CO_RETURN(self, self->status);                                                                         \
            uint64_t folded = 0;                                                                                       \
            for (unsigned i = 0; i < (count); i++)                                                                     \
                folded = fold(folded, (uint64_t)self->tasks.children[i].result);                                       \
            state->value = folded;                                                                                     \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    ROOT_COROUTINE(tasks##count)                                                                                       \
    const struct form when_all_nested_##count = {                                                                      \
        .run = tasks##count##_run,                                                                                     \
        .sizes = {.awaitable = sizeof(struct tasks##count##_all),                                                      \
                  .align = _Alignof(struct tasks##count##_all),                                                        \
                  .frame = sizeof(struct half_frame)},                                                                 \
    };

OPSTATE_WHEN_ALL_GROUPS(FLOOR)
OPSTATE_WHEN_ALL_GROUPS(PIPELINE)
OPSTATE_WHEN_ALL_GROUPS(AS_WRITTEN)
OPSTATE_WHEN_ALL_GROUPS(INLINE_KNOWN)
OPSTATE_WHEN_ALL_GROUPS(ARRAY)
OPSTATE_WHEN_ALL_GROUPS(READY)
OPSTATE_WHEN_ALL_GROUPS(NESTED)
