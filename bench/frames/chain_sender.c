#include "bench/frames/chains.h"
#include "sender/sender_awaitable.h"
#include "sender/task_sender.h"

SENDER_AWAITABLE_RECEIVER(await_link, sender_task);
SENDER_TASK(link_sender, await_link)
SENDER_AWAITABLE(await_link, link_sender)

/* The operation state of the task below lies in the frame: it is 112 bytes at least. */
struct sender_link {
    struct sender_task task;
    struct await_link child;
    uint64_t told;
    unsigned char locals[];
};

static struct sender_task *sender_link_create(const struct io_env *env, uint64_t told);

static void sender_link_body(struct coro *handle)
{
    struct sender_link *self = (struct sender_link *)handle;
    struct link_sender_sender child;
    ssize_t got;

    CO_BEGIN(self);
    if (chain_height(self->told) == 1)
        SENDER_TASK_RETURN(self, 1);
    child.task = sender_link_create(self->task.state->env, chain_told_below(self->told));
    if (!child.task)
        SENDER_TASK_RETURN(self, -ENOMEM);
    CO_AWAIT_SENDER(got, self, await_link, &self->child, child);
    link_sender_destroy(&self->child.state);
    SENDER_TASK_RETURN(self, got < 0 ? got : got + 1);
    CO_END;
}

static void sender_link_destroy(struct coro *handle)
{
    link_sender_destroy(&((struct sender_link *)handle)->child.state);
    frame_destroy(handle);
}

static struct sender_task *sender_link_create(const struct io_env *env, uint64_t told)
{
    size_t bytes = chain_bytes(env, told);
    if (bytes < sizeof(struct sender_link))
        bytes = sizeof(struct sender_link);
    struct sender_link *self =
        (struct sender_link *)sender_task_create(env->allocator, bytes, sender_link_body, sender_link_destroy);
    if (!self)
        return NULL;
    self->child.state.task = NULL;
    self->told = told;
    if (bytes > sizeof *self)
        self->locals[0] = 1;
    return &self->task;
}

struct sender_root {
    struct sender_task task;
    struct chain_order *order;
    struct await_link child;
    struct sender_task_state state;
};

static void sender_root_body(struct coro *handle)
{
    struct sender_root *self = (struct sender_root *)handle;
    struct link_sender_sender child;
    ssize_t got;

    CO_BEGIN(self);
    while (self->order->frames > 0) {
        child.task = sender_link_create(self->task.state->env, chain_told(self->order));
        if (!child.task)
            SENDER_TASK_RETURN(self, -ENOMEM);
        CO_AWAIT_SENDER(got, self, await_link, &self->child, child);
        link_sender_destroy(&self->child.state);
        got = chain_accept(self->order, got);
        if (got < 0)
            SENDER_TASK_RETURN(self, got);
    }
    SENDER_TASK_RETURN(self, 0);
    CO_END;
}

static void not_freed(struct coro *handle)
{
    (void)handle;
}

static void sender_root_value(struct sender_task_state *state, ssize_t result)
{
    CONTAINER_OF(state, struct sender_root, state)->order->result = result;
}

static void sender_root_stopped(struct sender_task_state *state)
{
    CONTAINER_OF(state, struct sender_root, state)->order->result = -ECANCELED;
}

void chain_sender_launch(struct chain_order *order)
{
    struct sender_root root = {
        .task.frame.coro = {.resume = sender_root_body, .destroy = not_freed},
        .order = order,
        .state = {.env = order->env, .set_value = sender_root_value, .set_stopped = sender_root_stopped},
    };
    sender_task_start(&root.task, &root.state);
}
