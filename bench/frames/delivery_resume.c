/* What the frame allocator channel costs at a resumption: a coroutine that does nothing but suspend again, resumed as
 * an event loop resumes it. The plain one is what a coroutine costs that was told its allocator. */
#include "bench/frames/delivery.h"

#include "awaitable/run.h"

#include <stdlib.h>

/* Suspends; whoever has the handle resumes. */
struct park {
    struct coro *caller;
};

static bool park_await_ready(struct park *self)
{
    (void)self;
    return false;
}

static struct coro *park_await_suspend(struct park *self, struct coro *caller, const struct io_env *env)
{
    (void)env;
    self->caller = caller;
    return noop_coroutine();
}

static int park_await_resume(struct park *self)
{
    (void)self;
    return 0;
}

/* What outlives a run. */
struct parked {
    struct io_env env;
    struct run_async launch;
    struct park park;
    uint64_t resumed;
    void (*resume)(struct coro *);
};

struct resident {
    struct task task;
    struct parked *parked;
    int got;
};

#define RESIDENT(N, AWAIT)                                                                                             \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct resident *self = (struct resident *)handle;                                                             \
                                                                                                                       \
        CO_BEGIN(self);                                                                                                \
        for (;;) {                                                                                                     \
            AWAIT(self->got, self, park, &self->parked->park);                                                         \
            self->parked->resumed++;                                                                                   \
        }                                                                                                              \
        CO_END;                                                                                                        \
    }

RESIDENT(restoring, CO_AWAIT)
RESIDENT(told, CO_AWAIT_TOLD)

static void resume_safely(struct coro *coro)
{
    safe_resume(coro);
}

static void resume_plainly(struct coro *coro)
{
    coro_resume(coro);
}

static void never_ends(struct run_async *launch, ssize_t result)
{
    (void)launch;
    (void)result;
}

int delivery_resume_open(const struct cell *cell, const struct run_options *options, void **state)
{
    (void)options;
    const struct spoilage_protection *protection = cell->parameters;
    struct parked *parked = malloc(sizeof *parked);
    if (!parked)
        return -ENOMEM;
    *parked = (struct parked){
        .env = {.executor = inline_executor(), .allocator = recycling_frame_allocator()},
        .resume = protection->safe_resume ? resume_safely : resume_plainly,
    };
    struct resident *resident =
        (struct resident *)task_create(sizeof *resident, protection->await_restore ? restoring_body : told_body, NULL);
    if (!resident) {
        free(parked);
        return -ENOMEM;
    }
    resident->parked = parked;
    run_async(&parked->launch, &resident->task, &parked->env, never_ends);
    *state = parked;
    return 0;
}

int delivery_resume_run(void *state, uint64_t operations, struct outcome *outcome)
{
    struct parked *parked = state;
    struct frame_allocator *saved = get_current_frame_allocator();
    uint64_t before = parked->resumed;
    for (uint64_t left = operations; left > 0; left--)
        parked->resume(parked->park.caller);
    set_current_frame_allocator(saved);
    *outcome = (struct outcome){.operations = operations, .checksum = parked->resumed - before};
    return 0;
}

void delivery_resume_close(void *state)
{
    struct parked *parked = state;
    run_async_abandon(&parked->launch);
    free(parked);
}
