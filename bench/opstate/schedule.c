/* schedule on the run_loop: an operation is a round trip through its queue, and the next is made when it is back.
 *
 *   floor            queues a bare work item
 *   pipeline         a sender, schedule(run_loop)
 *   task-scheduler   the same through P3552R3's type-erased scheduler
 *   transfer         a coroutine awaits being posted to its executor, which P4003 has type-erased
 */
#include "sender/schedule.h"
#include "awaitable/run.h"
#include "bench/opstate/pipeline.h"
#include "bench/opstate/sources.h"

#include <errno.h>

/* One operation more is done; false: it was the last, and the loop is told. */
static bool another(struct opstate *state)
{
    state->value = next_input(state->value);
    if (--state->operations)
        return true;
    run_loop_finish(state->loop);
    return false;
}

struct turn {
    struct work work;
    struct opstate *state;
};

static void floor_turn(struct work *work)
{
    struct turn *turn = CONTAINER_OF(work, struct turn, work);
    if (another(turn->state))
        run_loop_post_work(turn->state->loop, work);
}

static int floor_run(struct opstate *state)
{
    struct turn turn = {{.execute = floor_turn}, state};
    run_loop_post_work(state->loop, &turn.work);
    return run_loop_run(state->loop);
}

const struct form schedule_floor = {.run = floor_run};

/* The operation completes into N_end, which connects and starts the next one in the same place. */
#define SCHEDULED(N, context, scheduler_)                                                                              \
    static void N##_next(struct opstate *state);                                                                       \
    static inline void N##_keep(struct opstate *state, struct unit unit)                                               \
    {                                                                                                                  \
        (void)unit;                                                                                                    \
        if (another(state))                                                                                            \
            N##_next(state);                                                                                           \
    }                                                                                                                  \
    END_RECEIVER(N##_end, struct unit, N##_keep)                                                                       \
    SENDER_SCHEDULE(N, context, N##_end)                                                                               \
    static void N##_next(struct opstate *state)                                                                        \
    {                                                                                                                  \
        struct N##_op *op = state->operation;                                                                          \
        _Static_assert(sizeof *op <= OPERATION_BYTES, "room for the operation state");                                 \
        N##_connect(op, (struct N##_sender){scheduler_}, (struct N##_end_receiver){state});                            \
        N##_start(op);                                                                                                 \
    }                                                                                                                  \
    static int N##_run(struct opstate *state)                                                                          \
    {                                                                                                                  \
        state->env.executor = run_loop_executor(state->loop);                                                          \
        N##_next(state);                                                                                               \
        return run_loop_run(state->loop);                                                                              \
    }                                                                                                                  \
    const struct form schedule_##N = {.run = N##_run, PIPELINE_SIZES(N)};

SCHEDULED(pipeline, run_loop, state->loop)
SCHEDULED(task_scheduler, task_scheduler, task_scheduler_of(&state->env))

/* The awaitable that posts its caller. */
struct posted {
    struct continuation continuation;
};

static inline bool posted_await_ready(struct posted *self)
{
    (void)self;
    return false;
}

static inline struct coro *posted_await_suspend(struct posted *self, struct coro *caller, const struct io_env *env)
{
    self->continuation.coro = caller;
    executor_post(env->executor, &self->continuation);
    return noop_coroutine();
}

static inline bool posted_await_resume(struct posted *self)
{
    (void)self;
    return true;
}

struct transfer_frame {
    struct task task;
    struct opstate *state;
    struct posted posted;
    bool back;
};

static void transfer_body(struct coro *handle)
{
    struct transfer_frame *self = (struct transfer_frame *)handle;
    CO_BEGIN(self);
    do {
        CO_AWAIT(self->back, self, posted, &self->posted);
    } while (another(self->state));
    CO_RETURN(self, 0);
    CO_END;
}

static void transfer_ended(struct run_async *launch, ssize_t result)
{
    (void)launch;
    (void)result;
}

static int transfer_run(struct opstate *state)
{
    struct run_async launch;
    struct frame_allocator *saved = get_current_frame_allocator();
    state->env.executor = run_loop_executor(state->loop);
    set_current_frame_allocator(state->env.allocator);
    struct transfer_frame *self = (struct transfer_frame *)task_create(sizeof *self, transfer_body, NULL);
    set_current_frame_allocator(saved);
    if (!self)
        return -ENOMEM;
    self->state = state;
    run_async(&launch, &self->task, &state->env, transfer_ended);
    return run_loop_run(state->loop);
}

const struct form schedule_transfer = {
    .run = transfer_run,
    .sizes = {.awaitable = sizeof(struct posted),
              .align = _Alignof(struct posted),
              .frame = sizeof(struct transfer_frame)},
};
