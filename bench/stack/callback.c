/* Completion handlers, as in the Networking TS and Asio: an asynchronous operation takes a handler, and its completion
 * calls it. The handler of one operation starts the next.
 *
 *   complete=inline   the handler is called inside the initiating function, when the operation has completed by then:
 *                     what Asio does where the handler's associated immediate executor runs it at once
 *   complete=post     never inside the initiating function, but as if by post: Networking TS
 *                     [async.reqmts.async.completion], Asio's rule otherwise
 *
 * An operation is a node of the execution context's queue with a pointer to the function that completes it, as Asio's
 * type `operation`. That moves the handler out before it calls it, for the handler may use the operation's memory for
 * the next; the copy, and with it the guard of outstanding work ([async.reqmts.async.work]; Asio's handler_work), lives
 * until the call has returned (detail/reactive_socket_recv_op.hpp, do_complete), so the call is never the last thing.
 */
#include "bench/stack/mechanism.h"
#include "common/run_loop.h"

#include <errno.h>

struct session;

struct handler {
    struct session *session;
};

/* What keeps an execution context from running out of work while an operation is outstanding. */
struct work_guard {
    unsigned *outstanding;
};

static struct work_guard work_guard_start(unsigned *outstanding)
{
    ++*outstanding;
    return (struct work_guard){outstanding};
}

static void work_guard_finish(struct work_guard *guard)
{
    --*guard->outstanding;
}

struct operation {
    struct work work;
    struct handler handler;
    struct work_guard guard;
    uint64_t value;
};

struct session {
    struct stack_job *job;
    struct run_loop *loop; /* null: complete inline */
    unsigned outstanding;  /* operations; the context's, were there more than one session */
    struct operation operation;
};

static void session_next(struct session *);

static void handler_call(struct handler handler, uint64_t value)
{
    stack_job_completed(handler.session->job, value);
    session_next(handler.session);
}

static void operation_complete(struct work *work)
{
    struct operation *operation = CONTAINER_OF(work, struct operation, work);
    struct handler handler = operation->handler;
    struct work_guard guard = operation->guard;
    handler_call(handler, operation->value);
    work_guard_finish(&guard);
}

/* The initiating function of an operation that completes at once. */
static void async_get(struct run_loop *loop, struct operation *operation, uint64_t value, struct handler handler)
{
    operation->work.execute = operation_complete;
    operation->handler = handler;
    operation->guard = work_guard_start(&handler.session->outstanding);
    operation->value = value;
    if (loop)
        run_loop_post_work(loop, &operation->work);
    else
        operation->work.execute(&operation->work);
}

static void session_next(struct session *self)
{
    if (self->job->made < self->job->completions)
        async_get(self->loop, &self->operation, self->job->made, (struct handler){self});
    else if (self->loop)
        run_loop_finish(self->loop);
}

static int run_inline(struct stack_job *job)
{
    struct session session = {.job = job};
    session_next(&session);
    return session.outstanding ? -EBUSY : 0;
}

static int run_posted(struct stack_job *job)
{
    struct run_loop loop;
    int status = run_loop_init(&loop, NULL);
    if (status)
        return status;
    struct session session = {.job = job, .loop = &loop};
    session_next(&session);
    status = run_loop_run(&loop);
    run_loop_destroy(&loop);
    if (status == 0 && session.outstanding)
        status = -EBUSY;
    return status;
}

const struct stack_variant callback_variants[] = {
    {.name = "complete=inline", .run = run_inline},
    {.name = "complete=post", .run = run_posted, .rests_on = QUEUE},
    {.name = NULL},
};
