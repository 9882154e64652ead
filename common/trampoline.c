#include "common/trampoline.h"

#include "common/frame_allocator.h"

_Thread_local struct trampoline_run *trampoline_current;

static void post(void *context, struct continuation *continuation)
{
    struct trampoline_run *current = trampoline_current;
    if (!current) {
        struct trampoline_run run;
        trampoline_begin(&run, context);
        safe_resume(continuation->coro);
        trampoline_drain(&run);
    } else if (trampoline_nests(current, (uintptr_t)&current)) {
        safe_resume(continuation->coro);
    } else {
        PROBE(POST);
        work_queue_push_continuation(&current->queue, continuation);
    }
}

/* A symmetric transfer adds nothing to the stack, so whoever is on a trampoline already may go on. */
static struct coro *dispatch(void *context, struct continuation *continuation)
{
    if (trampoline_current)
        return continuation->coro;
    post(context, continuation);
    return noop_coroutine();
}

static void post_work(void *context, struct work *work)
{
    trampoline_post_work(context, work);
}

struct executor_ref trampoline_executor(struct trampoline *trampoline)
{
    static const struct executor_ops ops = {
        .name = "trampoline", .dispatch = dispatch, .post = post, .post_work = post_work};
    return (struct executor_ref){.ops = &ops, .context = trampoline};
}
