/* What the sender model has in place of a chain of coroutines: the chain `let-value` of delivery.h, a pipeline of four
 * nested let_value. Each level is
 *
 *     just() | let_value(the level below) | then(add one's own height)
 *
 * and the last just(1). So it does what the links of the other chains do: it begins, calls the one below, and adds to
 * what that returned. The operation state of each level lies in the one above, and that of all in the frame of the root
 * coroutine, which awaits them; there is nothing to allocate. That is what P2300 offers where the shape of the work is
 * known when it is compiled. A level that is reached again by recursion would need a type of its own, without end.
 */
#include "bench/frames/delivery.h"

#include "sender/just.h"
#include "sender/let.h"
#include "sender/sender_awaitable.h"
#include "sender/then.h"

enum { LEVELS = 4 };

SENDER_AWAITABLE_RECEIVER(await_levels, sender_task);

/* The receivers of a level: of its let_value, of its just, and of the level below. */
#define LEVEL_RECEIVERS(N)                                                                                             \
    RECEIVER(N, ssize_t);                                                                                              \
    RECEIVER(N##_let, struct unit);                                                                                    \
    RECEIVER(N##_let_inner, ssize_t);

LEVEL_RECEIVERS(level_4)
LEVEL_RECEIVERS(level_3)
LEVEL_RECEIVERS(level_2)

/* Level N, whose result goes to R; `below` is the sender of the level below. */
#define LEVEL(N, height, below, below_sender, R)                                                                       \
    SENDER_JUST(N##_begin, N##_let)                                                                                    \
    struct N##_call {                                                                                                  \
    };                                                                                                                 \
    static inline struct below##_sender N##_call_call(struct N##_call *self, struct unit *nothing)                     \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        (void)nothing;                                                                                                 \
        return (struct below##_sender)below_sender;                                                                    \
    }                                                                                                                  \
    SENDER_LET_VALUE(N##_let, N##_begin, N##_call, below, N)                                                           \
    struct N##_add {                                                                                                   \
    };                                                                                                                 \
    static inline ssize_t N##_add_call(struct N##_add *self, ssize_t got)                                              \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        return got + (height);                                                                                         \
    }                                                                                                                  \
    SENDER_THEN(N, N##_let, N##_add, R)

SENDER_JUST(level_1, level_2_let_inner)
LEVEL(level_2, 2, level_1, {1}, level_3_let_inner)
LEVEL(level_3, 3, level_2, {}, level_4_let_inner)
LEVEL(level_4, LEVELS, level_3, {}, await_levels)
SENDER_AWAITABLE(await_levels, level_4)

struct root {
    struct sender_task task;
    struct order *order;
    struct await_levels child;
    ssize_t got;
};

static void root_body(struct coro *handle)
{
    struct root *self = (struct root *)handle;

    CO_BEGIN(self);
    while (self->order->frames > 0) {
        CO_AWAIT_SENDER(self->got, self, await_levels, &self->child, (struct level_4_sender){});
        self->got = accept_chain(self->order, LEVELS, self->got);
        if (self->got < 0)
            SENDER_TASK_RETURN(self, self->got);
    }
    SENDER_TASK_RETURN(self, 0);
    CO_END;
}

static void launch(struct order *order, const struct io_env *env)
{
    if (order->frames % LEVELS) {
        order->result = -EINVAL;
        return;
    }
    struct root root = {
        .task.frame.coro = {.resume = root_body, .destroy = delivery_not_freed},
        .order = order,
    };
    delivery_launch_sender_root(&root.task, order, env);
}

const struct delivery_chain delivery_let_value = {launch, sizeof(struct level_4_op) / LEVELS};
