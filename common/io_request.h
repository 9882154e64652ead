/* An I/O operation that can be stopped: what both models embed in the awaitable or operation state of read_some and
 * write_some, so that they pay for the same thing.
 *
 * Lifetime: must not move between io_request_submit and its completion.
 * Threads: the reactor's thread; stop must be requested on it too (post to its run_loop from elsewhere).
 */
#ifndef ABREAST_COMMON_IO_REQUEST_H
#define ABREAST_COMMON_IO_REQUEST_H

#include "common/executor.h"
#include "common/io_env.h"
#include "common/stop_token.h"
#include "common/stream.h"

#include <errno.h>

struct io_request {
    struct io_op op;
    union {
        struct stop_callback on_stop; /* in flight */
        struct work turn;             /* complete, but over the inline budget: how it is posted to the executor */
    };
};

/* io_request_submit where stop is possible. */
bool io_request_submit_stoppable(struct io_request *, enum io_kind, struct stop_token);

/* Submits op, which the caller prepared and gave a `complete`; a stop request then cancels it. False when stop had been
 * requested already: nothing was submitted, and op.result is -ECANCELED. */
static inline bool io_request_submit(struct io_request *request, enum io_kind kind, struct stop_token stop)
{
    if (stop_possible(stop))
        return io_request_submit_stoppable(request, kind, stop);
    request->on_stop.source = NULL;
    inline_budget_refill(request->op.stream->budget);
    stream_submit(&request->op, kind);
    return true;
}

/* For an operation that is done, but over the inline budget: has `complete` called from the executor. It goes by the
 * pointer, so that a sender's inlined path has no further caller, and stays inlined. */
void io_request_post(struct io_request *, struct executor_ref);

/* The speculative attempt of an operation that the caller has prepared: true when it is done, and whoever waits for it
 * may go on at once. Else op.posted tells whether it is done, but over the inline budget. */
static inline bool io_request_try(struct io_request *request, enum io_kind kind)
{
    struct io_op *op = &request->op;
    bool done = stream_try(op, kind);
    if (done && inline_budget_take(op->stream->budget))
        return true;
    op->posted = done;
    return false;
}

/* Starts it where there is one step and not two, await_ready and await_suspend: true when it is over, op.result being
 * the outcome; false when `complete` is going to be called. A read looks at the stop token first, as the awaitable loop
 * does at the top of each turn; an operation that has to wait always does. A template of C++ has it inlined at each
 * use; so has each sender here, also where a file has several. */
__attribute__((always_inline)) static inline bool io_request_begin(struct io_request *request, enum io_kind kind,
                                                                   const struct io_env *env,
                                                                   void (*complete)(struct io_op *))
{
    if (kind == IO_READ && stop_requested(env->stop)) {
        request->op.result = -ECANCELED;
    } else if (!stream_try(&request->op, kind)) {
        request->op.complete = complete;
        if (io_request_submit(request, kind, env->stop))
            return false;
    } else if (!inline_budget_take(request->op.stream->budget)) {
        request->op.complete = complete;
        io_request_post(request, env->executor);
        return false;
    }
    return true;
}

/* To be called first by `complete`: from here on a stop request is too late. */
static inline void io_request_finish(struct io_request *request)
{
    if (request->on_stop.source)
        stop_callback_deregister(&request->on_stop);
}

#endif
