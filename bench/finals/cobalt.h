/* What Boost.Cobalt's task and promise share. The result does not lie in the coroutine frame but in a receiver, in the
 * object that the call returned; so a coroutine destroys its own frame at its final suspension point, before it goes to
 * who awaits it (detail/task.hpp:358, detail/promise.hpp:383). Where nobody does, the final awaiter is ready: the
 * coroutine does not suspend there, and its frame goes as the body ends. (The executor and the cancellation slot, which
 * co_await hands down too, are left out.) */
#ifndef ABREAST_BENCH_FINALS_COBALT_H
#define ABREAST_BENCH_FINALS_COBALT_H

#include "bench/finals/shapes.h"

struct cobalt_receiver {
    ssize_t value;
    bool done;
    struct coro *awaited_from; /* null: nobody awaits yet */
};

struct cobalt_promise {
    struct frame frame;
    struct cobalt_receiver *receiver;
};

static inline void cobalt_connect(struct cobalt_receiver *receiver, struct cobalt_promise *promise)
{
    receiver->done = false;
    receiver->awaited_from = NULL;
    promise->receiver = receiver;
}

static inline void cobalt_set_value(struct cobalt_promise *promise, ssize_t value)
{
    promise->receiver->value = value;
    promise->receiver->done = true;
}

static inline bool cobalt_final_ready(const struct cobalt_promise *promise)
{
    return !promise->receiver->awaited_from;
}

static inline struct coro *cobalt_final_await_suspend(struct cobalt_promise *promise)
{
    struct coro *awaited_from = promise->receiver->awaited_from;
    promise->receiver->awaited_from = NULL;
    coro_destroy(&promise->frame.coro);
    return awaited_from;
}

#define FINAL_COBALT(self, L)                                                                                          \
    do {                                                                                                               \
        (self)->task.frame.coro.resume = NULL;                                                                         \
        if (cobalt_final_ready(&(self)->task)) {                                                                       \
            coro_destroy(&(self)->task.frame.coro);                                                                    \
            return;                                                                                                    \
        }                                                                                                              \
        TRANSFER_TO(L##_final_suspend(&(self)->task));                                                                 \
    } while (0)

#endif
