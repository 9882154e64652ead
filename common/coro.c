#include "common/coro.h"

#if defined ABREAST_TRANSFER_DRIVER
_Thread_local struct coro *coro_transfer_slot;
#endif

static void noop(struct coro *self)
{
    (void)self;
}

struct coro noop_coroutine_frame = {.resume = noop, .destroy = noop};
