#include "awaitable/io.h"

void io_awaitable_complete(struct io_op *op)
{
    struct io_awaitable *self = CONTAINER_OF(op, struct io_awaitable, request.op);
    io_request_finish(&self->request);
    PROBE(SIGNAL);
    safe_resume(probe_nested(executor_dispatch(self->executor, &self->continuation)));
}
