#include "awaitable/io.h"

static void complete(struct io_op *op)
{
    struct io_awaitable *self = CONTAINER_OF(op, struct io_awaitable, request.op);
    io_request_finish(&self->request);
    safe_resume(executor_dispatch(self->executor, &self->continuation));
}

struct coro *io_awaitable_suspend(struct io_awaitable *self, enum io_kind kind, struct coro *caller,
                                  const struct io_env *env)
{
    self->continuation.coro = caller;
    if (self->request.op.posted) {
        executor_post(env->executor, &self->continuation);
        return noop_coroutine();
    }
    self->request.op.complete = complete;
    self->executor = env->executor;
    return io_request_submit(&self->request, kind, env->stop) ? noop_coroutine() : caller;
}
