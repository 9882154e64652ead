#include "awaitable/run.h"
#include "bench/frames/chains.h"

/* What it was told is read before there is a child: a compiler lets the two share their place. A link has no more than
 * that, so that a frame of 64 bytes is one. */
struct link {
    struct task task;
    union {
        uint64_t told;
        struct task *child;
    };
    unsigned char locals[];
};
_Static_assert(sizeof(struct link) == 64, "the smallest frame of the experiment");

static struct task *link_create(const struct io_env *env, uint64_t told);

static void link_body(struct coro *handle)
{
    struct link *self = (struct link *)handle;

    CO_BEGIN(self);
    if (chain_height(self->told) == 1)
        CO_RETURN(self, 1);
    self->child = link_create(self->task.env, chain_told_below(self->told));
    if (!self->child)
        CO_RETURN(self, -ENOMEM);
    CO_AWAIT(self->task.result, self, task, self->child);
    coro_destroy(&self->child->frame.coro);
    CO_RETURN(self, self->task.result < 0 ? self->task.result : self->task.result + 1);
    CO_END;
}

static struct task *link_create(const struct io_env *env, uint64_t told)
{
    size_t bytes = chain_bytes(env, told);
    struct link *self = (struct link *)task_create(bytes, link_body, NULL);
    if (!self)
        return NULL;
    self->told = told;
    if (bytes > sizeof *self)
        self->locals[0] = 1;
    return &self->task;
}

struct task *chain_link_create(const struct io_env *env, uint64_t position)
{
    return link_create(env, position << 8 | 1);
}

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
        self->child = link_create(self->task.env, chain_told(self->order));
        if (!self->child)
            CO_RETURN(self, -ENOMEM);
        CO_AWAIT(self->got, self, task, self->child);
        coro_destroy(&self->child->frame.coro);
        self->got = chain_accept(self->order, self->got);
        if (self->got < 0)
            CO_RETURN(self, self->got);
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

void chain_awaitable_launch(struct chain_order *order)
{
    struct root root = {.task.frame.coro = {.resume = root_body, .destroy = not_freed}, .order = order};
    run_async(&root.launch, &root.task, order->env, root_done);
}
