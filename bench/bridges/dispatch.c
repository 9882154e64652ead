/* One dispatch through executor_ref (P4003R4 4.3), on the executor's own context, where it returns the handle: beside a
 * loop that reads the handle itself. Which continuation is dispatched depends on what came of the one before, so that
 * the time is that of one after the other. The executors are compiled apart, as those of a library are, so that no
 * compiler sees which function the table has. */
#include "bench/bridges/bridge.h"

#include <errno.h>

struct dispatching {
    struct work work;
    struct run_loop loop;
    struct executor_ref executor;
    bool direct;
    uint64_t operations;
    uint64_t checksum;
};

static struct coro handles[2];

/* The handle's number is the high bit of the checksum, and the two cancel. */
static void dispatch_all(struct work *work)
{
    struct dispatching *self = CONTAINER_OF(work, struct dispatching, work);
    struct continuation continuations[2] = {{.coro = &handles[0]}, {.coro = &handles[1]}};
    uint64_t checksum = 0;
    for (uint64_t i = 0; i < self->operations; i++) {
        struct continuation *continuation = &continuations[checksum >> 63];
        struct coro *next = self->direct ? continuation->coro : executor_dispatch(self->executor, continuation);
        checksum = mitigation_fold(checksum, i + (uint64_t)(next - handles) - (checksum >> 63));
    }
    self->checksum = checksum;
    run_loop_finish(&self->loop);
}

int dispatch_run(enum dispatch_by by, uint64_t operations, uint64_t *checksum)
{
    struct dispatching self = {
        .work = {.execute = dispatch_all}, .direct = by == DISPATCH_DIRECT, .operations = operations};
    int status = run_loop_init(&self.loop, NULL);
    if (status)
        return status;
    self.executor = by == DISPATCH_RUN_LOOP ? run_loop_executor(&self.loop) : inline_executor();
    run_loop_post_work(&self.loop, &self.work);
    status = run_loop_run(&self.loop);
    run_loop_destroy(&self.loop);
    *checksum = self.checksum;
    return status;
}
