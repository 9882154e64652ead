#include "common/executor.h"

#include "common/frame_allocator.h"
#include "common/probe.h"

static struct coro *inline_dispatch(void *context, struct continuation *continuation)
{
    (void)context;
    return continuation->coro;
}

static void inline_post(void *context, struct continuation *continuation)
{
    (void)context;
    PROBE(POST);
    safe_resume(continuation->coro);
}

static void inline_post_work(void *context, struct work *work)
{
    (void)context;
    PROBE(POST);
    work->execute(work);
}

struct executor_ref inline_executor(void)
{
    static const struct executor_ops ops = {
        .name = "inline", .dispatch = inline_dispatch, .post = inline_post, .post_work = inline_post_work};
    return (struct executor_ref){.ops = &ops};
}

void work_run(uintptr_t node)
{
    if (node & WORK_QUEUE_TAG) {
        struct work *work = (struct work *)(node - WORK_QUEUE_TAG);
        work->execute(work);
    } else {
        safe_resume(((struct continuation *)node)->coro);
    }
}
