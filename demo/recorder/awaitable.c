/* The awaitable sides of the scenes. */
#include "awaitable/any_stream.h"
#include "awaitable/io.h"
#include "awaitable/when_all_of.h"
#include "demo/recorder/world.h"

/* ---- A read, as P4003 has it: await_ready makes the attempt ---- */

struct reading {
    struct task task;
    struct world *world;
    struct read_some awaitable;
    ssize_t got;
};

static void reading_body(struct coro *handle)
{
    struct reading *self = (struct reading *)handle;
    struct world *world = self->world;

    CO_BEGIN(self);
    while (world_goes_on(world)) {
        MARK(ASK);
        read_some(&self->awaitable, world->stream, world->value, sizeof world->value[0]);
        CO_AWAIT(self->got, self, read_some, &self->awaitable);
        MARK(GOT);
        world_got(world, self->got);
    }
    CO_RETURN(self, world->status);
    CO_END;
}

/* Creates the coroutine `name` and launches it. */
#define BEGIN(name)                                                                                                    \
    static void name##_begin(struct world *world)                                                                      \
    {                                                                                                                  \
        struct name *self = (struct name *)task_create(sizeof *self, name##_body, NULL);                               \
        if (self)                                                                                                      \
            self->world = world;                                                                                       \
        world_launch_task(world, self ? &self->task : NULL);                                                           \
    }

BEGIN(reading)

static const struct part reading_parts[] = {AWAITER(reading, awaitable, reading_body), {.kind = NULL}};

/* ---- The same, where await_suspend makes the attempt and returns the caller's handle ---- */

struct attempt {
    struct io_awaitable io;
};

static inline void attempt(struct attempt *self, struct stream *stream, void *buffer, size_t size)
{
    io_op_prepare(&self->io.request.op, stream, buffer, size);
}

static inline bool attempt_await_ready(struct attempt *self)
{
    (void)self;
    return false;
}

static inline struct coro *attempt_await_suspend(struct attempt *self, struct coro *caller, const struct io_env *env)
{
    if (!io_awaitable_ready(&self->io, IO_READ))
        return io_awaitable_suspend(&self->io, IO_READ, caller, env);
    PROBE(LAUNCH);
    PROBE(SIGNAL);
    return caller;
}

static inline ssize_t attempt_await_resume(struct attempt *self)
{
    return self->io.request.op.result;
}

struct transferring {
    struct task task;
    struct world *world;
    struct attempt awaitable;
    ssize_t got;
};

static void transferring_body(struct coro *handle)
{
    struct transferring *self = (struct transferring *)handle;
    struct world *world = self->world;

    CO_BEGIN(self);
    while (world_goes_on(world)) {
        MARK(ASK);
        attempt(&self->awaitable, world->stream, world->value, sizeof world->value[0]);
        CO_AWAIT(self->got, self, attempt, &self->awaitable);
        MARK(GOT);
        world_got(world, self->got);
    }
    CO_RETURN(self, world->status);
    CO_END;
}

BEGIN(transferring)

static const struct part transferring_parts[] = {AWAITER(transferring, awaitable, transferring_body), {.kind = NULL}};

/* ---- A read, and three steps on what it gave ---- */

struct stepping {
    struct task task;
    struct world *world;
    struct read_some awaitable;
    ssize_t got;
};

static inline ssize_t add_one(ssize_t value)
{
    return value + 1;
}

static void stepping_body(struct coro *handle)
{
    struct stepping *self = (struct stepping *)handle;
    struct world *world = self->world;

    CO_BEGIN(self);
    while (world_goes_on(world)) {
        MARK(ASK);
        read_some(&self->awaitable, world->stream, world->value, sizeof world->value[0]);
        CO_AWAIT(self->got, self, read_some, &self->awaitable);
        self->got = add_one(add_one(add_one(self->got)));
        MARK(GOT);
        world_got(world, self->got);
    }
    CO_RETURN(self, world->status);
    CO_END;
}

BEGIN(stepping)

static const struct part stepping_parts[] = {AWAITER(stepping, awaitable, stepping_body), {.kind = NULL}};

/* ---- A read from a stream of any type ---- */

ANY_STREAM_TABLE(stream_table, stream, read_some, any_stream_trivial);

struct erased {
    struct task task;
    struct world *world;
    struct any_read_stream any;
    struct any_read_some awaitable;
    ssize_t got;
};

static void erased_body(struct coro *handle)
{
    struct erased *self = (struct erased *)handle;
    struct world *world = self->world;

    CO_BEGIN(self);
    if (any_read_stream_wrap(&self->any, &stream_table, world->stream, self->task.env->allocator))
        CO_RETURN(self, -ENOMEM);
    while (world_goes_on(world)) {
        MARK(ASK);
        any_read_some(&self->awaitable, &self->any, world->value, sizeof world->value[0]);
        CO_AWAIT(self->got, self, any_read_some, &self->awaitable);
        MARK(GOT);
        world_got(world, self->got);
    }
    any_read_stream_destroy(&self->any);
    CO_RETURN(self, world->status);
    CO_END;
}

BEGIN(erased)

static const struct part erased_parts[] = {AWAITER(erased, awaitable, erased_body), {.kind = NULL}};

/* ---- Children, whose frames come from where the channel says ---- */

struct child {
    struct task task;
    struct world *world;
};

static void child_body(struct coro *handle)
{
    struct child *self = (struct child *)handle;
    CO_BEGIN(self);
    CO_RETURN(self, 0);
    CO_END;
}

/* Another coroutine of this thread, which leaves its own allocator in the channel. */
struct neighbour {
    struct coro coro;
    struct world *world;
};

static void neighbour_body(struct coro *handle)
{
    struct world *world = ((struct neighbour *)handle)->world;
    MARK(NEIGHBOUR);
    set_current_frame_allocator(&world->neighbours.base);
}

struct parent {
    struct task task;
    struct world *world;
    struct neighbour neighbour;
    struct child *child;
    ssize_t got;
};

static void parent_body(struct coro *handle)
{
    struct parent *self = (struct parent *)handle;
    struct world *world = self->world;

    CO_BEGIN(self);
    self->neighbour = (struct neighbour){{.resume = neighbour_body}, world};
    while (world_goes_on(world)) {
        if (world->made == 1)
            safe_resume(&self->neighbour.coro); /* saves the channel, and brings it back */
        if (world->made == 2)
            coro_resume(&self->neighbour.coro); /* does not */
        MARK(ASK);
        self->child = (struct child *)task_create(sizeof *self->child, child_body, NULL);
        if (!self->child)
            CO_RETURN(self, -ENOMEM);
        CO_AWAIT(self->got, self, task, &self->child->task);
        coro_destroy(&self->child->task.frame.coro);
        MARK(GOT);
        world_got(world, self->got);
    }
    CO_RETURN(self, world->status);
    CO_END;
}

BEGIN(parent)

static const struct part parent_parts[] = {{.kind = NULL}};

/* ---- Two reads at the same time ---- */

WHEN_ALL_OF(both, read_some, 2)

struct joining {
    struct task task;
    struct world *world;
    struct both all;
    ssize_t got;
};

static void joining_body(struct coro *handle)
{
    struct joining *self = (struct joining *)handle;
    struct world *world = self->world;

    CO_BEGIN(self);
    while (world_goes_on(world)) {
        MARK(ASK);
        for (unsigned i = 0; i < 2; i++)
            read_some(&self->all.each[i].awaitable, world->stream, &world->value[i], sizeof world->value[i]);
        both(&self->all);
        CO_AWAIT(self->got, self, both, &self->all);
        MARK(GOT);
        world_got(world, self->got);
    }
    CO_RETURN(self, world->status);
    CO_END;
}

BEGIN(joining)

static const struct part joining_parts[] = {AWAITER(joining, all, joining_body), {.kind = NULL}};

const struct side awaitable_sides[] = {
    {"awaitable", "read-some", "P4003: await_ready makes the attempt", "construction (nothing is resumed)",
     reading_begin, reading_parts},
    {"awaitable", "transfer", "Corosio: await_suspend makes the attempt, and returns the caller's handle", NULL,
     transferring_begin, transferring_parts},
    {"awaitable", "steps", "C++20: three function calls after the await", "construction (nothing is resumed)",
     stepping_begin, stepping_parts},
    {"awaitable", "any-stream", "Capy's any_read_stream: the awaitable behind a table, in memory allocated once",
     "construction (nothing is resumed)", erased_begin, erased_parts},
    {"awaitable", "task-in-task", NULL, NULL, parent_begin, parent_parts},
    {"awaitable", "when-all", "P4003: awaitables at the same time, each with a synthetic frame",
     "construction (the reactor resumes)", joining_begin, joining_parts},
    {.model = NULL},
};
