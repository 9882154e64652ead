/* What an operation with several children has ([exec.when.all]): the count of those that have not completed, and, where
 * one of them may end the others' work, a stop source of its own for them, linked to the receiver's stop token while
 * they run.
 *
 * For the authors of algorithms. start calls sender_children_link, every completion function of a child calls
 * sender_children_release when it has left its result, and whoever is told true completes the receiver: all have ended,
 * and the link is gone.
 *
 * A stop request of the receiver's may make every child complete before it returns, and the receiver destroy the
 * operation. So while it is passed on it holds a count too, as in libunifex's stop_when and stdexec's when_all; unless
 * the count already is zero, when somebody else is completing (stdexec at 2c56ffe7, September 2026, then completes
 * twice).
 *
 * The environment is kept here, because receivers answer get_env by address. A C++ receiver makes it at each query, and
 * its operation state is smaller by the size of a struct io_env. Without a stop source the children are given the
 * receiver's own environment.
 *
 * Threads: the children complete on any thread, at the same time. Whoever asks the others to stop does so on its own
 * thread: children that do I/O want all of them on the reactor's (common/io_request.h).
 */
#ifndef ABREAST_SENDER_CHILDREN_H
#define ABREAST_SENDER_CHILDREN_H

#include "sender/sender.h"

#include <stdatomic.h>

/* How an operation with several children is going to complete; an error is its errno, > 0. */
enum { CHILDREN_UNDECIDED = 0, CHILDREN_STOPPED = -1, CHILDREN_VALUE = -2 };

struct sender_children {
    _Atomic unsigned pending; /* children that have not completed, and a stop request that is being passed on */
    _Atomic int disposition;
};

struct sender_children_stop {
    struct stop_source source;
    struct io_env env;            /* the children's: the receiver's, with our stop token */
    struct stop_callback on_stop; /* of the receiver's token */
};

static inline void sender_children_init(struct sender_children *self, unsigned count)
{
    atomic_init(&self->pending, count);
    atomic_init(&self->disposition, CHILDREN_UNDECIDED);
}

static inline void sender_children_stop_init(struct sender_children_stop *self, const struct io_env *env)
{
    stop_source_init(&self->source);
    self->env = *env;
    self->env.stop = stop_source_token(&self->source);
}

/* Links to the receiver's stop token: a request calls `invoke`, at once when there has been one. */
static inline void sender_children_link(struct sender_children_stop *self, struct stop_token outer,
                                        void (*invoke)(struct stop_callback *))
{
    self->on_stop.invoke = invoke;
    stop_callback_register(&self->on_stop, outer);
}

/* A child has completed: true when it was the last. `stop`, here and below, is null where there is no stop source. */
static inline bool sender_children_release(struct sender_children *self, struct sender_children_stop *stop)
{
    if (atomic_fetch_sub_explicit(&self->pending, 1, memory_order_acq_rel) > 1)
        return false;
    if (stop)
        stop_callback_deregister(&stop->on_stop);
    return true;
}

/* The same for children that complete inline, one after the other inside start, and have no stop source that anybody
 * else could use: nobody else counts meanwhile. */
static inline bool sender_children_release_inline(struct sender_children *self, struct sender_children_stop *stop)
{
    unsigned pending = atomic_load_explicit(&self->pending, memory_order_relaxed) - 1;
    (void)stop;
    atomic_store_explicit(&self->pending, pending, memory_order_relaxed);
    return pending == 0;
}

/* What `invoke` does: asks the children to stop. True when the last of them has completed meanwhile. */
static inline bool sender_children_pass_on_stop(struct sender_children *self, struct sender_children_stop *stop)
{
    unsigned pending = atomic_load_explicit(&self->pending, memory_order_relaxed);
    do {
        if (pending == 0) /* whoever was last is waiting, in its deregistering, for us to return */
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&self->pending, &pending, pending + 1, memory_order_relaxed,
                                                    memory_order_relaxed));
    stop_source_request_stop(&stop->source);
    return sender_children_release(self, stop);
}

/* SENDER_EACH(X, N, R, (a, b, ...)): X(N, R, a) X(N, R, b) ..., for 2 to 8 children. */
#define SENDER_EACH(X, N, R, list) SENDER_EACH_OF(X, N, R, SENDER_EACH_UNPACK list)
#define SENDER_EACH_UNPACK(...) __VA_ARGS__
#define SENDER_EACH_OF(X, N, R, ...)                                                                                   \
    SENDER_EACH_PICK(__VA_ARGS__, SENDER_EACH_8, SENDER_EACH_7, SENDER_EACH_6, SENDER_EACH_5, SENDER_EACH_4,           \
                     SENDER_EACH_3, SENDER_EACH_2, too_few_children)(X, N, R, __VA_ARGS__)
#define SENDER_EACH_PICK(a, b, c, d, e, f, g, h, each, ...) each
#define SENDER_EACH_1(X, N, R, a) X(N, R, a)
#define SENDER_EACH_2(X, N, R, a, ...) X(N, R, a) SENDER_EACH_1(X, N, R, __VA_ARGS__)
#define SENDER_EACH_3(X, N, R, a, ...) X(N, R, a) SENDER_EACH_2(X, N, R, __VA_ARGS__)
#define SENDER_EACH_4(X, N, R, a, ...) X(N, R, a) SENDER_EACH_3(X, N, R, __VA_ARGS__)
#define SENDER_EACH_5(X, N, R, a, ...) X(N, R, a) SENDER_EACH_4(X, N, R, __VA_ARGS__)
#define SENDER_EACH_6(X, N, R, a, ...) X(N, R, a) SENDER_EACH_5(X, N, R, __VA_ARGS__)
#define SENDER_EACH_7(X, N, R, a, ...) X(N, R, a) SENDER_EACH_6(X, N, R, __VA_ARGS__)
#define SENDER_EACH_8(X, N, R, a, ...) X(N, R, a) SENDER_EACH_7(X, N, R, __VA_ARGS__)

/* For SENDER_EACH: what each child contributes. */
#define SENDER_EACH_SENDER(N, R, child_) struct child_##_sender child_;
#define SENDER_EACH_OP(N, R, child_) struct child_##_op child_;
#define SENDER_EACH_COUNT(N, R, child_) +1
#define SENDER_EACH_ALL(N, R, child_) &child_##_completions
#define SENDER_EACH_ANY(N, R, child_) | child_##_completions
#define SENDER_EACH_CONNECT(N, R, child_)                                                                              \
    PROBE(RECEIVER_BUILT);                                                                                             \
    child_##_connect(&op->child_, sender.child_, (struct N##_##child_##_receiver){});
#define SENDER_EACH_START(N, R, child_) child_##_start(&op->child_);
#define SENDER_EACH_ENV(N, R, child_)                                                                                  \
    SENDER_FUNCTION const struct io_env *N##_##child_##_get_env(const struct N##_##child_##_receiver *self)            \
    {                                                                                                                  \
        return N##_child_env(SENDER_PARENT(N, child_, child_, self));                                                  \
    }

/* The members of the operation that this is about, and their functions: N_child_env, N_init_children and N_of_on_stop.
 * `stops`, a constant expression: whether there is a stop source; `stop` has no elements where there is none. */
#define SENDER_CHILDREN_MEMBERS(N)                                                                                     \
    struct sender_children children;                                                                                   \
    struct sender_children_stop stop[N##_stops];

#define SENDER_CHILDREN_STOPS(N, stops) enum { N##_stops = (stops) != 0 };

#define SENDER_CHILDREN_STOP(N, op) (N##_stops ? (op)->stop : NULL)

#define SENDER_CHILDREN_FUNCTIONS(N, R)                                                                                \
    SENDER_FUNCTION const struct io_env *N##_child_env(const struct N##_op *op)                                        \
    {                                                                                                                  \
        return N##_stops ? &op->stop->env : R##_get_env(&op->receiver);                                                \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_init_children(struct N##_op *op, unsigned count)                                          \
    {                                                                                                                  \
        sender_children_init(&op->children, count);                                                                    \
        if (N##_stops)                                                                                                 \
            sender_children_stop_init(op->stop, R##_get_env(&op->receiver));                                           \
    }                                                                                                                  \
    SENDER_FUNCTION struct N##_op *N##_of_on_stop(struct stop_callback *callback)                                      \
    {                                                                                                                  \
        return CONTAINER_OF(CONTAINER_OF(callback, struct sender_children_stop, on_stop), struct N##_op, stop);        \
    }

/* All but start and the completion functions, for named children: sender, operation, connect. The receiver of each is
 * N_child, where `child` is its name, and that is its name in the sender and in the operation too. `result` declares
 * the member of the operation that a value completion delivers. */
#define SENDER_CHILDREN_OP(N, list, result, stops, R)                                                                  \
    struct N##_sender {                                                                                                \
        SENDER_EACH(SENDER_EACH_SENDER, N, R, list)                                                                    \
    };                                                                                                                 \
    SENDER_CHILDREN_STOPS(N, stops)                                                                                    \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        SENDER_CHILDREN_MEMBERS(N)                                                                                     \
        result;                                                                                                        \
        SENDER_EACH(SENDER_EACH_OP, N, R, list)                                                                        \
    };                                                                                                                 \
    SENDER_CHILDREN_FUNCTIONS(N, R)                                                                                    \
    SENDER_EACH(SENDER_EACH_ENV, N, R, list)                                                                           \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        N##_init_children(op, SENDER_EACH(SENDER_EACH_COUNT, N, R, list));                                             \
        SENDER_EACH(SENDER_EACH_CONNECT, N, R, list)                                                                   \
    }

#define SENDER_START_CHILDREN(N, list, R)                                                                              \
    SENDER_FUNCTION void N##_start_children(struct N##_op *op)                                                         \
    {                                                                                                                  \
        SENDER_EACH(SENDER_EACH_START, N, R, list)                                                                     \
    }

/* The result as the receiver takes it: by value, or by its address. */
#define SENDER_CHILDREN_RESULT(R, result)                                                                              \
    __builtin_choose_expr(__builtin_types_compatible_p(R##_in, __typeof__(&(result))), &(result), result)

/* N_release, which completes the receiver when the last child has completed, and N_on_stop. `stopped` is an expression:
 * whether the completion is stopped whatever the disposition. */
#define SENDER_CHILDREN_COMPLETE(N, stopped, R) SENDER_CHILDREN_COMPLETE_BY(N, sender_children_release, stopped, R)
#define SENDER_CHILDREN_COMPLETE_BY(N, release, stopped, R)                                                            \
    SENDER_FUNCTION void N##_complete(struct N##_op *op)                                                               \
    {                                                                                                                  \
        int disposition = atomic_load_explicit(&op->children.disposition, memory_order_relaxed);                       \
        if (stopped)                                                                                                   \
            disposition = CHILDREN_STOPPED;                                                                            \
        if (disposition > 0) {                                                                                         \
            PROBE(SET_ERROR);                                                                                          \
            R##_set_error(&op->receiver, disposition);                                                                 \
        } else if (disposition == CHILDREN_STOPPED) {                                                                  \
            PROBE(SET_STOPPED);                                                                                        \
            R##_set_stopped(&op->receiver);                                                                            \
        } else {                                                                                                       \
            SENDER_VALUE_TYPE(R, SENDER_CHILDREN_RESULT(R, op->result));                                               \
            PROBE(SET_VALUE);                                                                                          \
            R##_set_value(&op->receiver, SENDER_CHILDREN_RESULT(R, op->result));                                       \
        }                                                                                                              \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_release(struct N##_op *op)                                                                \
    {                                                                                                                  \
        if (release(&op->children, SENDER_CHILDREN_STOP(N, op)))                                                       \
            N##_complete(op);                                                                                          \
    }                                                                                                                  \
    static void N##_on_stop(struct stop_callback *callback)                                                            \
    {                                                                                                                  \
        struct N##_op *op = N##_of_on_stop(callback);                                                                  \
        if (sender_children_pass_on_stop(&op->children, op->stop))                                                     \
            N##_complete(op);                                                                                          \
    }

/* N_stopped_before, which start begins with: links to the receiver's stop token. True when stop has been requested
 * already; the link is gone then. */
#define SENDER_CHILDREN_LINK(N, R)                                                                                     \
    SENDER_FUNCTION bool N##_stopped_before(struct N##_op *op)                                                         \
    {                                                                                                                  \
        if (!N##_stops)                                                                                                \
            return false;                                                                                              \
        sender_children_link(op->stop, R##_get_env(&op->receiver)->stop, N##_on_stop);                                 \
        if (!stop_requested(op->stop->env.stop))                                                                       \
            return false;                                                                                              \
        stop_callback_deregister(&op->stop->on_stop);                                                                  \
        return true;                                                                                                   \
    }

/* start: when stop has been requested already, and there is a stop source, completes with stopped, and starts nothing.
 */
#define SENDER_CHILDREN_START(N, R)                                                                                    \
    SENDER_CHILDREN_LINK(N, R)                                                                                         \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        if (!N##_stopped_before(op)) {                                                                                 \
            N##_start_children(op);                                                                                    \
            return;                                                                                                    \
        }                                                                                                              \
        PROBE(SET_STOPPED);                                                                                            \
        R##_set_stopped(&op->receiver);                                                                                \
    }

#endif
