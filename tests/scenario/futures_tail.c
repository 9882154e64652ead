/* sender/tail: guaranteed tail calls. */
#include "sender/tail/algorithms.h"
#include "sender/tail/awaitable.h"
#include "sender/tail/contexts.h"
#include "sender/tail/when_all.h"

#if TAIL_AVAILABLE
#define P(name) TAIL##name
#define PREFIXED(before, after) before##tail##after
#define AWAITED(N) TAIL_AWAITABLE_RECEIVER(N, tail_task)
#define AWAIT CO_AWAIT_TAIL
#define TASK tail_task
#define TASK_CREATE tail_task_create

struct root {
    struct tail_task_state state;
    struct tail_task *task;
    void (*done)(struct root *);
    ssize_t result;
};

static void root_set_value(struct coro *state)
{
    struct root *self = CONTAINER_OF((struct tail_task_state *)state, struct root, state);
    self->result = self->state.value;
    self->done(self);
}

static void root_set_stopped(struct coro *state)
{
    ((struct tail_task_state *)state)->value = -ECANCELED;
    root_set_value(state);
}

static void root_start(struct root *self, const struct io_env *env)
{
    self->state = (struct tail_task_state){.env = env, .set_value = root_set_value, .set_stopped = root_set_stopped};
    self->task->state = &self->state;
    coro_resume(&self->task->frame.coro);
}

#include "tests/scenario/futures.h"
#else
#include "tests/scenario/world.h"

#define NOT_HERE(name)                                                                                                 \
    void scenario_tail_##name(struct world *world)                                                                     \
    {                                                                                                                  \
        (void)world;                                                                                                   \
        skip(TAIL_UNAVAILABLE);                                                                                        \
    }

NOT_HERE(million_inline_completions_need_no_stack)
NOT_HERE(completion_later_is_resumed_by_the_loop)
NOT_HERE(completion_on_another_thread)
NOT_HERE(stop_ends_a_pending_read)
NOT_HERE(errors_pass_every_algorithm)
NOT_HERE(stopped_passes_every_algorithm)
NOT_HERE(echo_of_many_pieces)
#endif
