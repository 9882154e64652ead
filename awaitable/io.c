#include "awaitable/io.h"

static void complete(struct io_op *op)
{
    struct io_awaitable *self = CONTAINER_OF(op, struct io_awaitable, request.op);
    io_request_finish(&self->request);
    PROBE(SIGNAL);
    safe_resume(probe_nested(executor_dispatch(self->executor, &self->continuation)));
}

struct coro *io_awaitable_suspend(struct io_awaitable *self, enum io_kind kind, struct coro *caller,
                                  const struct io_env *env)
{
    PROBE(LAUNCH);
    self->continuation.coro = caller;
    if (self->request.op.posted) {
        PROBE(SIGNAL);
        executor_post(env->executor, &self->continuation);
        return noop_coroutine();
    }
    self->request.op.complete = complete;
    self->executor = env->executor;
    if (io_request_submit(&self->request, kind, env->stop))
        return noop_coroutine();
    PROBE(SIGNAL);
    return caller;
}
