#include "bench/grid/job.h"
#include "sender/schedule.h"

#include <errno.h>

RECEIVER_WITH(scheduled, struct unit, struct scheduled_resume *operation;);
SENDER_SCHEDULE(scheduling, thread_pool, scheduled)

struct scheduled_resume {
    struct coro *coro;
    struct frame_allocator *allocator;
    struct scheduling_op op;
};

SENDER_FUNCTION void scheduled_set_value(struct scheduled_receiver *self, struct unit value)
{
    struct scheduled_resume *operation = self->operation;
    struct coro *coro = operation->coro;
    (void)value;
    frame_deallocate(operation->allocator, operation, sizeof *operation);
    safe_resume(coro);
}

/* With an environment that never stops, schedule does not complete so. */
SENDER_FUNCTION void scheduled_set_stopped(struct scheduled_receiver *self)
{
    scheduled_set_value(self, (struct unit){});
}

SENDER_FUNCTION void scheduled_set_error(struct scheduled_receiver *self, int error)
{
    (void)error;
    scheduled_set_value(self, (struct unit){});
}

SENDER_FUNCTION const struct io_env *scheduled_get_env(const struct scheduled_receiver *self)
{
    static const struct io_env empty;
    (void)self;
    return &empty;
}

/* Where there is no memory C++ throws, from a function that cannot fail. This pool can be given the coroutine, so that
 * it ends, but not as a run that counts. */
static void post(void *context, struct continuation *continuation)
{
    struct grid_scheduling *self = context;
    struct scheduled_resume *operation = frame_allocate(self->allocator, sizeof *operation);
    if (!operation) {
        CONTAINER_OF(self, struct grid_job, scheduling)->status = -ENOMEM;
        thread_pool_post(self->pool, continuation);
        return;
    }
    operation->coro = continuation->coro;
    operation->allocator = self->allocator;
    scheduling_connect(&operation->op, (struct scheduling_sender){self->pool}, (struct scheduled_receiver){operation});
    scheduling_start(&operation->op);
}

static void post_work(void *context, struct work *work)
{
    struct grid_scheduling *self = context;
    thread_pool_post_work(self->pool, work);
}

static struct coro *dispatch(void *context, struct continuation *continuation)
{
    (void)context;
    return continuation->coro;
}

struct executor_ref grid_scheduling_executor(struct grid_scheduling *self)
{
    static const struct executor_ops ops = {
        .name = "scheduling", .dispatch = dispatch, .post = post, .post_work = post_work};
    return (struct executor_ref){.ops = &ops, .context = self};
}
