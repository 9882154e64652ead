/* The sender sides of the scenes: each is a coroutine of the sender model, and awaits a sender by a bridge. */
#include "bench/stack/mechanism.h"
#include "demo/recorder/world.h"
#include "sender/any_sender.h"
#include "sender/continues_on.h"
#include "sender/handshake_awaitable.h"
#include "sender/io.h"
#include "sender/sender_awaitable.h"
#include "sender/task_sender.h"
#include "sender/then.h"
#include "sender/when_all.h"

/* Creates the coroutine `name` and launches it. */
#define BEGIN(name)                                                                                                    \
    static void name##_begin(struct world *world)                                                                      \
    {                                                                                                                  \
        struct name *self = (struct name *)sender_task_create(world->env.allocator, sizeof *self, name##_body, NULL);  \
        if (self)                                                                                                      \
            self->world = world;                                                                                       \
        world_launch_sender_task(world, self ? &self->task : NULL);                                                    \
    }

/* ---- A read through the bridge as P2300R10 writes it: set_value resumes ---- */

SENDER_AWAITABLE_RECEIVER(as_written, sender_task)
SENDER_READ_SOME(as_written_read, as_written)
SENDER_AWAITABLE(as_written, as_written_read)

struct reading {
    struct sender_task task;
    struct world *world;
    struct as_written awaitable;
    ssize_t got;
};

static void reading_body(struct coro *handle)
{
    struct reading *self = (struct reading *)handle;
    struct world *world = self->world;

    CO_BEGIN(self);
    while (world_goes_on(world)) {
        MARK(ASK);
        CO_AWAIT_SENDER(self->got, self, as_written, &self->awaitable,
                        ((struct as_written_read_sender){world->stream, world->value, sizeof world->value[0]}));
        MARK(GOT);
        world_got(world, self->got);
    }
    SENDER_TASK_RETURN(self, world->status);
    CO_END;
}

BEGIN(reading)

static const struct part reading_parts[] = {AWAITER(reading, awaitable, reading_body),
                                            OP_STATE(reading, awaitable.state, as_written_read, reading_body),
                                            {.kind = NULL}};

/* ---- The same, where await_suspend agrees with the receiver, and returns the handle ---- */

HANDSHAKE_AWAITABLE_RECEIVER(agreed, sender_task, exchange)
SENDER_READ_SOME(agreed_read, agreed)
HANDSHAKE_AWAITABLE(agreed, agreed_read, exchange)

struct agreeing {
    struct sender_task task;
    struct world *world;
    struct agreed awaitable;
    ssize_t got;
};

static void agreeing_body(struct coro *handle)
{
    struct agreeing *self = (struct agreeing *)handle;
    struct world *world = self->world;

    CO_BEGIN(self);
    while (world_goes_on(world)) {
        MARK(ASK);
        CO_AWAIT_SENDER_TRANSFER(self->got, self, agreed, &self->awaitable,
                                 ((struct agreed_read_sender){world->stream, world->value, sizeof world->value[0]}));
        MARK(GOT);
        world_got(world, self->got);
    }
    SENDER_TASK_RETURN(self, world->status);
    CO_END;
}

BEGIN(agreeing)

static const struct part agreeing_parts[] = {AWAITER(agreeing, awaitable, agreeing_body),
                                             OP_STATE(agreeing, awaitable.state, agreed_read, agreeing_body),
                                             {.kind = NULL}};

/* ---- continues_on(read, trampoline), through the bridge as P2300R10 writes it ---- */

SENDER_AWAITABLE_RECEIVER(bounced, sender_task);
RECEIVER(on_trampoline, ssize_t);
SENDER_READ_SOME(bounced_read, on_trampoline);
SENDER_CONTINUES_ON(on_trampoline, bounced_read, trampoline, bounced);
SENDER_AWAITABLE(bounced, on_trampoline);

struct bouncing {
    struct sender_task task;
    struct world *world;
    struct trampoline trampoline;
    struct bounced awaitable;
    ssize_t got;
};

static void bouncing_body(struct coro *handle)
{
    struct bouncing *self = (struct bouncing *)handle;
    struct world *world = self->world;

    CO_BEGIN(self);
    self->trampoline = (struct trampoline)TRAMPOLINE_DEFAULTS;
    while (world_goes_on(world)) {
        MARK(ASK);
        CO_AWAIT_SENDER(
            self->got, self, bounced, &self->awaitable,
            ((struct on_trampoline_sender){{world->stream, world->value, sizeof world->value[0]}, &self->trampoline}));
        MARK(GOT);
        world_got(world, self->got);
    }
    SENDER_TASK_RETURN(self, world->status);
    CO_END;
}

BEGIN(bouncing)

static const struct part bouncing_parts[] = {
    AWAITER(bouncing, awaitable, bouncing_body),
    OP_STATE(bouncing, awaitable.state, on_trampoline, bouncing_body),
    OP_STATE(bouncing, awaitable.state.schedule, on_trampoline_schedule, bouncing_body),
    OP_STATE(bouncing, awaitable.state.child, bounced_read, bouncing_body),
    {.kind = NULL}};

/* ---- read | then | then | then; as in all that is not about the stack, through the bridge that libraries ship ---- */

struct add_one {
};

static inline ssize_t add_one_call(struct add_one *self, ssize_t value)
{
    (void)self;
    return value + 1;
}

HANDSHAKE_AWAITABLE_RECEIVER(stepped, sender_task, exchange)
RECEIVER(step_1, ssize_t);
RECEIVER(step_2, ssize_t);
RECEIVER(step_3, ssize_t);
SENDER_READ_SOME(stepped_read, step_1)
SENDER_THEN(step_1, stepped_read, add_one, step_2)
SENDER_THEN(step_2, step_1, add_one, step_3)
SENDER_THEN(step_3, step_2, add_one, stepped)
HANDSHAKE_AWAITABLE(stepped, step_3, exchange)

struct stepping {
    struct sender_task task;
    struct world *world;
    struct stepped awaitable;
    ssize_t got;
};

static void stepping_body(struct coro *handle)
{
    struct stepping *self = (struct stepping *)handle;
    struct world *world = self->world;

    CO_BEGIN(self);
    while (world_goes_on(world)) {
        MARK(ASK);
        CO_AWAIT_SENDER_TRANSFER(
            self->got, self, stepped, &self->awaitable,
            ((struct step_3_sender){.child.child.child = {world->stream, world->value, sizeof world->value[0]}}));
        MARK(GOT);
        world_got(world, self->got);
    }
    SENDER_TASK_RETURN(self, world->status);
    CO_END;
}

BEGIN(stepping)

static const struct part stepping_parts[] = {
    AWAITER(stepping, awaitable, stepping_body),
    OP_STATE(stepping, awaitable.state, step_3, stepping_body),
    OP_STATE(stepping, awaitable.state.child, step_2, stepping_body),
    OP_STATE(stepping, awaitable.state.child.child, step_1, stepping_body),
    OP_STATE(stepping, awaitable.state.child.child.child, stepped_read, stepping_body),
    {.kind = NULL}};

/* ---- A read behind any_sender, whose customary buffer is too small for it ---- */

ANY_SENDER(any_read, ssize_t);
SENDER_READ_SOME(concrete_read, any_read)
ANY_SENDER_OF(concrete_read, any_read)

HANDSHAKE_AWAITABLE_RECEIVER(erased, sender_task, exchange)
SENDER_ANY(any_stage, any_read, ANY_SENDER_BYTES, erased)
HANDSHAKE_AWAITABLE(erased, any_stage, exchange)

struct erasing {
    struct sender_task task;
    struct world *world;
    struct erased awaitable;
    ssize_t got;
};

static struct any_stage_sender erased_read(struct world *world)
{
    struct concrete_read_sender read = {world->stream, world->value, sizeof world->value[0]};
    return (struct any_stage_sender){concrete_read_erase(read, NULL)};
}

static void erasing_body(struct coro *handle)
{
    struct erasing *self = (struct erasing *)handle;
    struct world *world = self->world;

    CO_BEGIN(self);
    while (world_goes_on(world)) {
        MARK(ASK);
        CO_AWAIT_SENDER_TRANSFER(self->got, self, erased, &self->awaitable, erased_read(world));
        MARK(GOT);
        world_got(world, self->got);
    }
    SENDER_TASK_RETURN(self, world->status);
    CO_END;
}

BEGIN(erasing)

static const struct part erasing_parts[] = {AWAITER(erasing, awaitable, erasing_body),
                                            OP_STATE(erasing, awaitable.state, any_stage, erasing_body),
                                            OP_STATE_IN_BLOCK(concrete_read),
                                            {.kind = NULL}};

/* ---- Children, which are told their allocator ---- */

struct child {
    struct sender_task task;
    struct world *world;
};

static void child_body(struct coro *handle)
{
    struct child *self = (struct child *)handle;
    CO_BEGIN(self);
    SENDER_TASK_RETURN(self, 0);
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

HANDSHAKE_AWAITABLE_RECEIVER(called, sender_task, exchange)
SENDER_TASK(called_task, called)
HANDSHAKE_AWAITABLE(called, called_task, exchange)

struct parent {
    struct sender_task task;
    struct world *world;
    struct neighbour neighbour;
    struct child *child;
    struct called awaitable;
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
            safe_resume(&self->neighbour.coro);
        if (world->made == 2)
            coro_resume(&self->neighbour.coro);
        MARK(ASK);
        self->child = (struct child *)sender_task_create(world->env.allocator, sizeof *self->child, child_body, NULL);
        if (!self->child)
            SENDER_TASK_RETURN(self, -ENOMEM);
        CO_AWAIT_SENDER_TRANSFER(self->got, self, called, &self->awaitable,
                                 ((struct called_task_sender){&self->child->task}));
        called_task_destroy(&self->awaitable.state);
        MARK(GOT);
        world_got(world, self->got);
    }
    SENDER_TASK_RETURN(self, world->status);
    CO_END;
}

BEGIN(parent)

static const struct part parent_parts[] = {AWAITER(parent, awaitable, parent_body),
                                           OP_STATE(parent, awaitable.state, called_task, parent_body),
                                           {.kind = NULL}};

/* ---- when_all(read, read) | then, which adds what they gave ---- */

HANDSHAKE_AWAITABLE_RECEIVER(joined, sender_task, exchange)
RECEIVER(both_first, ssize_t);
RECEIVER(both_second, ssize_t);
WHEN_ALL_VALUES(both, (first, second));
RECEIVER(sum, struct both_values);
SENDER_READ_SOME(first, both_first)
SENDER_READ_SOME(second, both_second)
SENDER_WHEN_ALL(both, (first, second), sum);

struct add {
};

static inline ssize_t add_call(struct add *self, struct both_values values)
{
    (void)self;
    return values.first + values.second;
}

SENDER_THEN(sum, both, add, joined)
HANDSHAKE_AWAITABLE(joined, sum, exchange)

struct joining {
    struct sender_task task;
    struct world *world;
    struct joined awaitable;
    ssize_t got;
};

static struct sum_sender two_reads(struct world *world)
{
    return (struct sum_sender){.child = {.first = {world->stream, &world->value[0], sizeof world->value[0]},
                                         .second = {world->stream, &world->value[1], sizeof world->value[1]}}};
}

static void joining_body(struct coro *handle)
{
    struct joining *self = (struct joining *)handle;
    struct world *world = self->world;

    CO_BEGIN(self);
    while (world_goes_on(world)) {
        MARK(ASK);
        CO_AWAIT_SENDER_TRANSFER(self->got, self, joined, &self->awaitable, two_reads(world));
        MARK(GOT);
        world_got(world, self->got);
    }
    SENDER_TASK_RETURN(self, world->status);
    CO_END;
}

BEGIN(joining)

static const struct part joining_parts[] = {AWAITER(joining, awaitable, joining_body),
                                            OP_STATE(joining, awaitable.state, sum, joining_body),
                                            OP_STATE(joining, awaitable.state.child, both, joining_body),
                                            OP_STATE(joining, awaitable.state.child.first, first, joining_body),
                                            OP_STATE(joining, awaitable.state.child.second, second, joining_body),
                                            {.kind = NULL}};

const struct side sender_sides[] = {
    {"sender", "p2300", NULL, NULL, reading_begin, reading_parts},
    {"sender", "handshake", NULL, NULL, agreeing_begin, agreeing_parts},
    {"sender", "trampoline", NULL, NULL, bouncing_begin, bouncing_parts},
    {"sender", "then", "P2300R10: read | then | then | then, awaited by the handshake that beman and stdexec ship",
     TAIL_CALL, stepping_begin, stepping_parts},
    {"sender", "any-sender",
     "stdexec's any_sender, awaited by the handshake: the operation state is larger than 64 bytes, and is allocated",
     TAIL_CALL, erasing_begin, erasing_parts},
    {"sender", "task", "P3552: a task awaits a task, which is told its allocator; by the handshake", TAIL_CALL,
     parent_begin, parent_parts},
    {"sender", "when-all", "P2300R10: when_all of two reads, and then; awaited by the handshake",
     "construction (the reactor resumes)", joining_begin, joining_parts},
    {.model = NULL},
};
