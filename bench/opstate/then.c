/* just | then x depth: a value that goes through `depth` functions.
 *
 *   floor         calls them
 *   pipeline      a sender with a then for each, connected and started anew for each operation
 *   pipeline-as-written  the same where receivers have the pointer of P2300R10's basic-receiver
 *   ready         a coroutine awaits the value, and calls the functions in its body; and ready-known
 *   task-in-task  each function is a coroutine of its own that awaits the one before it: a frame for each
 */
#include "bench/opstate/then.h"
#include "bench/opstate/awaiting.h"
#include "bench/opstate/pipeline.h"

#define FLOOR(depth, F, modes)                                                                                         \
    static int floor_##depth##_##F##_run(struct opstate *state)                                                        \
    {                                                                                                                  \
        struct opstate_keys keys = state->keys;                                                                        \
        for (; state->operations; state->operations--) {                                                               \
            uint64_t value = next_input(state->value);                                                                 \
            STEPS_##depth(F, keys.of, value);                                                                          \
            state->value = value;                                                                                      \
        }                                                                                                              \
        return 0;                                                                                                      \
    }                                                                                                                  \
    const struct form then_floor_##depth##_##F = {.run = floor_##depth##_##F##_run};

#define STAGES(depth, F, modes) STAGES_##depth(NESTED, pipeline_##depth##_##F, F, end)
#define PIPELINE(depth, F, modes) PIPELINE_FORM(then_pipeline_##depth##_##F, pipeline_##depth##_##F, depth, F)
#define WRITTEN(depth, F, modes)                                                                                       \
    STAGES_##depth(WRITTEN, written_##depth##_##F, F, end)                                                             \
        PIPELINE_FORM(then_written_##depth##_##F, written_##depth##_##F, depth, F)
#define PIPELINE_FORM(form_, P, depth, F)                                                                              \
    RUN_PIPELINE(P##_run, P##_##depth, end, EXPRESSION_##depth(F, keys.of, next_input(state->value)))                  \
    const struct form form_ = {.run = P##_run, PIPELINE_SIZES(P##_##depth)};
#define SIZES(depth, F, modes)                                                                                         \
    const struct form then_sizes_##depth##_##F = {PIPELINE_SIZES(pipeline_##depth##_##F##_##depth)};

#define READY(depth, F, modes) READY_FORM(ready_##depth##_##F, CO_AWAIT, depth, F)
#define KNOWN(depth, F, modes) READY_FORM(known_##depth##_##F, CO_AWAIT_KNOWN, depth, F)
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
            AWAIT(value, self, ready_value, &self->awaiting);                                                          \
            STEPS_##depth(F, keys.of, value);                                                                          \
            state->value = value;                                                                                      \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    ROOT_COROUTINE(N)                                                                                                  \
    AWAITING_FORM(then_##N, N, struct ready_value)

/* A coroutine that calls one function, on what the coroutine below it returns; the lowest starts from the value. */
struct step_frame {
    struct task task;
    const struct opstate *state;
    unsigned depth;
    struct task *child;
    ssize_t got;
};

#define STEP_TASK(F)                                                                                                   \
    static struct task *step_##F##_make(const struct opstate *state, unsigned depth);                                  \
    static void step_##F##_body(struct coro *handle)                                                                   \
    {                                                                                                                  \
        struct step_frame *self = (struct step_frame *)handle;                                                         \
        CO_BEGIN(self);                                                                                                \
        if (self->depth == 1) {                                                                                        \
            self->got = (ssize_t)next_input(self->state->value);                                                       \
        } else {                                                                                                       \
            self->child = step_##F##_make(self->state, self->depth - 1);                                               \
            if (!self->child)                                                                                          \
                CO_RETURN(self, 0);                                                                                    \
            CO_AWAIT(self->got, self, task, self->child);                                                              \
            coro_destroy(&self->child->frame.coro);                                                                    \
        }                                                                                                              \
        {                                                                                                              \
            uint64_t value = (uint64_t)self->got;                                                                      \
            STEP(F, self->state->keys.of, self->depth - 1, value);                                                     \
            CO_RETURN(self, (ssize_t)value);                                                                           \
        }                                                                                                              \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct task *step_##F##_make(const struct opstate *state, unsigned depth)                                   \
    {                                                                                                                  \
        struct step_frame *self = (struct step_frame *)task_create(sizeof *self, step_##F##_body, NULL);               \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        self->state = state;                                                                                           \
        self->depth = depth;                                                                                           \
        return &self->task;                                                                                            \
    }

#define NESTED(depth_, F, modes)                                                                                       \
    struct nested_##depth_##_##F##_frame {                                                                             \
        struct task task;                                                                                              \
        struct opstate *state;                                                                                         \
        struct task *child;                                                                                            \
        ssize_t got;                                                                                                   \
    };                                                                                                                 \
    static void nested_##depth_##_##F##_body(struct coro *handle)                                                      \
    {                                                                                                                  \
        struct nested_##depth_##_##F##_frame *self = (struct nested_##depth_##_##F##_frame *)handle;                   \
        CO_BEGIN(self);                                                                                                \
        for (; self->state->operations; self->state->operations--) {                                                   \
            self->child = step_##F##_make(self->state, depth_);                                                        \
            if (!self->child)                                                                                          \
                CO_RETURN(self, 0);                                                                                    \
            CO_AWAIT(self->got, self, task, self->child);                                                              \
            coro_destroy(&self->child->frame.coro);                                                                    \
            self->state->value = (uint64_t)self->got;                                                                  \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    ROOT_COROUTINE(nested_##depth_##_##F)                                                                              \
    const struct form then_nested_##depth_##_##F = {                                                                   \
        .run = nested_##depth_##_##F##_run,                                                                            \
        .sizes.frame = sizeof(struct step_frame),                                                                      \
    };

/* The executables of cells do without the sizes of what they do not run. */
#if defined ABREAST_EXPERIMENTS
OPSTATE_GROUPS(STAGES)
#else
OPSTATE_DEPTHS(STAGES)
OPSTATE_DEPTHS(SIZES)
#endif
OPSTATE_GROUPS(FLOOR)
OPSTATE_GROUPS(PIPELINE)
OPSTATE_NESTED_GROUPS(WRITTEN)
OPSTATE_GROUPS(READY)
OPSTATE_GROUPS(KNOWN)
STEP_TASK(S0)
STEP_TASK(S8)
OPSTATE_NESTED_GROUPS(NESTED)
