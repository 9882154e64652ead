#include "common/io_request.h"

#include "common/coro.h"

static void cancel(struct stop_callback *callback)
{
    stream_cancel(&CONTAINER_OF(callback, struct io_request, on_stop)->op);
}

bool io_request_submit_stoppable(struct io_request *request, enum io_kind kind, struct stop_token stop)
{
    if (stop_requested(stop)) {
        request->op.result = -ECANCELED;
        return false;
    }
    inline_budget_refill(request->op.stream->budget);
    stream_submit(&request->op, kind);
    request->on_stop.invoke = cancel;
    stop_callback_register(&request->on_stop, stop);
    return true;
}

static void complete_posted(struct work *turn)
{
    struct io_request *request = CONTAINER_OF(turn, struct io_request, turn);
    request->on_stop.source = NULL; /* never registered */
    request->op.complete(&request->op);
}

void io_request_post(struct io_request *request, struct executor_ref executor)
{
    request->turn.execute = complete_posted;
    executor_post_work(executor, &request->turn);
}
