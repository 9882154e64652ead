/* workload=p4003 in C. Where Capy's loop is launched on an event loop, here it is on the inline executor; how large
 * Capy's frames were on MSVC and Apple clang is not known. */
#include "awaitable/run.h"
#include "bench/frames/order.h"
#include "common/io_env.h"

#include <stdatomic.h>

/* Global, as there. */
static _Atomic uint64_t counter;

struct innermost {
    struct task task;
};

static void innermost_body(struct coro *handle)
{
    struct innermost *self = (struct innermost *)handle;

    CO_BEGIN(self);
    atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
    CO_RETURN(self, 0);
    CO_END;
}

static struct task *innermost(void)
{
    return task_create(sizeof(struct innermost), innermost_body, NULL);
}

struct caller {
    struct task task;
    int i;
    struct task *child;
    ssize_t got;
};

/* A coroutine that calls `callee` so many times. */
#define CALLER(name, callee, times)                                                                                    \
    static void name##_body(struct coro *handle)                                                                       \
    {                                                                                                                  \
        struct caller *self = (struct caller *)handle;                                                                 \
                                                                                                                       \
        CO_BEGIN(self);                                                                                                \
        for (self->i = 0; self->i < (times); self->i++) {                                                              \
            self->child = callee();                                                                                    \
            if (!self->child)                                                                                          \
                CO_RETURN(self, -ENOMEM);                                                                              \
            CO_AWAIT(self->got, self, task, self->child);                                                              \
            coro_destroy(&self->child->frame.coro);                                                                    \
            if (self->got < 0)                                                                                         \
                CO_RETURN(self, self->got);                                                                            \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct task *name(void)                                                                                     \
    {                                                                                                                  \
        return task_create(sizeof(struct caller), name##_body, NULL);                                                  \
    }

CALLER(third, innermost, TREE_THIRD)
CALLER(second, third, TREE_SECOND)
CALLER(first, second, TREE_FIRST)

struct root {
    struct task task;
    struct chain_order *order;
    struct task *child;
    ssize_t got;
    struct run_async launch;
};

static void root_body(struct coro *handle)
{
    struct root *self = (struct root *)handle;

    CO_BEGIN(self);
    while (self->order->frames > 0) {
        self->child = tree_next_frames(self->order) == TREE_FRAMES ? first() : innermost();
        if (!self->child)
            CO_RETURN(self, -ENOMEM);
        CO_AWAIT(self->got, self, task, self->child);
        coro_destroy(&self->child->frame.coro);
        if (self->got < 0)
            CO_RETURN(self, self->got);
        chain_made(self->order, tree_next_frames(self->order));
    }
    CO_RETURN(self, 0);
    CO_END;
}

static void not_freed(struct coro *handle)
{
    (void)handle;
}

static void root_done(struct run_async *launch, ssize_t result)
{
    CONTAINER_OF(launch, struct root, launch)->order->result = result;
}

void call_tree_launch(struct chain_order *order)
{
    uint64_t frames = order->frames, before = counter;
    struct root root = {.task.frame.coro = {.resume = root_body, .destroy = not_freed}, .order = order};
    run_async(&root.launch, &root.task, order->env, root_done);
    if (order->result >= 0 && counter - before != tree_innermost(frames))
        order->result = -EBADMSG;
}
