/* The chains `elided` of delivery.h: the frame of each link has that of the link below as its member, down to the last,
 * and the root has the first. A link below costs neither an allocation nor a call of `destroy`, for there is nothing in
 * it that has a destructor. It starts, suspends, transfers and returns as the others do. */
#include "bench/frames/delivery.h"

#include "sender/sender_awaitable.h"
#include "sender/task_sender.h"

/* ---- Tasks of the awaitable model ---- */

/* Behind it lies the frame of the link below. */
struct elided_link {
    struct task task;
    ssize_t got;
    unsigned char local[LOCAL_BYTES];
};

static void link_body(struct coro *handle);

/* What is left of the ramp function. */
static struct task *link_begin(struct elided_link *self, unsigned depth)
{
    self->task.frame.coro = (struct coro){.resume = link_body, .destroy = delivery_not_freed};
    self->task.frame.resume_point = 0;
    self->local[0] = (unsigned char)depth;
    return &self->task;
}

static void link_body(struct coro *handle)
{
    struct elided_link *self = (struct elided_link *)handle;

    CO_BEGIN(self);
    if (self->local[0] == 1)
        CO_RETURN(self, 1);
    link_begin(self + 1, self->local[0] - 1u);
    CO_AWAIT_TOLD(self->got, self, task, &self[1].task);
    CO_RETURN(self, self->got < 0 ? self->got : self->got + self->local[0]);
    CO_END;
}

struct root {
    struct task task;
    struct order *order;
    ssize_t got;
    struct elided_link links[DELIVERY_DEPTH_MOST];
};

static void root_body(struct coro *handle)
{
    struct root *self = (struct root *)handle;

    CO_BEGIN(self);
    while (self->order->frames > 0) {
        link_begin(self->links, next_depth(self->order));
        CO_AWAIT_TOLD(self->got, self, task, &self->links[0].task);
        self->got = accept_chain(self->order, next_depth(self->order), self->got);
        if (self->got < 0)
            CO_RETURN(self, self->got);
    }
    CO_RETURN(self, 0);
    CO_END;
}

static void launch(struct order *order, const struct io_env *env)
{
    struct root root;
    root.task.frame = (struct frame){.coro = {.resume = root_body, .destroy = delivery_not_freed}};
    root.order = order;
    delivery_launch_root(&root.task, order, env);
}

const struct delivery_chain delivery_elided = {launch, sizeof(struct elided_link)};

/* ---- Tasks of the sender model ---- */

SENDER_AWAITABLE_RECEIVER(await_task, sender_task);
SENDER_TASK(task_sender, await_task)
SENDER_AWAITABLE(await_task, task_sender)

struct elided_sender_link {
    struct sender_task task;
    struct await_task child;
    ssize_t got;
    unsigned char local[LOCAL_BYTES];
};

static void sender_link_body(struct coro *handle);

static struct sender_task *sender_link_begin(struct elided_sender_link *self, unsigned depth)
{
    self->task.frame.coro = (struct coro){.resume = sender_link_body, .destroy = delivery_not_freed};
    self->task.frame.resume_point = 0;
    self->local[0] = (unsigned char)depth;
    return &self->task;
}

static void sender_link_body(struct coro *handle)
{
    struct elided_sender_link *self = (struct elided_sender_link *)handle;
    struct task_sender_sender child;

    CO_BEGIN(self);
    if (self->local[0] == 1)
        SENDER_TASK_RETURN(self, 1);
    child.task = sender_link_begin(self + 1, self->local[0] - 1u);
    CO_AWAIT_SENDER(self->got, self, await_task, &self->child, child);
    SENDER_TASK_RETURN(self, self->got < 0 ? self->got : self->got + self->local[0]);
    CO_END;
}

struct sender_root {
    struct sender_task task;
    struct order *order;
    struct await_task child;
    ssize_t got;
    struct elided_sender_link links[DELIVERY_DEPTH_MOST];
};

static void sender_root_body(struct coro *handle)
{
    struct sender_root *self = (struct sender_root *)handle;
    struct task_sender_sender child;

    CO_BEGIN(self);
    while (self->order->frames > 0) {
        child.task = sender_link_begin(self->links, next_depth(self->order));
        CO_AWAIT_SENDER(self->got, self, await_task, &self->child, child);
        self->got = accept_chain(self->order, next_depth(self->order), self->got);
        if (self->got < 0)
            SENDER_TASK_RETURN(self, self->got);
    }
    SENDER_TASK_RETURN(self, 0);
    CO_END;
}

static void sender_launch(struct order *order, const struct io_env *env)
{
    struct sender_root root;
    root.task.frame = (struct frame){.coro = {.resume = sender_root_body, .destroy = delivery_not_freed}};
    root.order = order;
    delivery_launch_sender_root(&root.task, order, env);
}

const struct delivery_chain delivery_sender_elided = {sender_launch, sizeof(struct elided_sender_link)};
