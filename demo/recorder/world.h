/* The world of a scene: one thread's run_loop, the sim reactor, one stream, and a heap that is watched.
 *
 * A side of a scene is a program that runs in it: it asks for reads, or for children, and says so by MARK, so that two
 * programs of different models can be shown step by step beside each other.
 *
 * Owns: all that it opens. Threads: one. Errors: 0 or negative errno.
 */
#ifndef ABREAST_DEMO_RECORDER_WORLD_H
#define ABREAST_DEMO_RECORDER_WORLD_H

#include "awaitable/run.h"
#include "common/probe.h"
#include "common/run_loop.h"
#include "common/stream.h"
#include "sender/task.h"

#include <errno.h>

/* What both sides of a scene do, whatever their model: recorded like the probe's events, and numbered after them. */
#define MARKS(X)                                                                                                       \
    X(ASK)       /* the program is about to ask for a read, or for a child */                                          \
    X(GOT)       /* the program has what it asked for */                                                               \
    X(STOP)      /* somebody requests stop */                                                                          \
    X(NEIGHBOUR) /* another coroutine of this thread ran here */                                                       \
    X(END)       /* the program has ended */

enum mark {
    MARKS_BEGIN = PROBE_EVENT_COUNT - 1,
#define X(name) MARK_##name,
    MARKS(X)
#undef X
        EVENTS_END
};

#define MARK(name) PROBE_TRAP(MARK_##name)

/* An allocator whose blocks are recorded, with the name of where they come from. */
struct watched_allocator {
    struct frame_allocator base;
    const char *name;
};

struct world {
    uint64_t reads; /* to do */
    uint64_t made;
    uint64_t checksum;
    uint64_t value[2]; /* where reads put their bytes */
    int status;        /* 0 or negative errno */

    struct stream *stream;
    struct io_env env;
    struct run_loop loop;
    struct watched_allocator own, neighbours; /* env's, and another coroutine's */

    struct run_async launch;
    struct sender_task_state state;
    struct sender_task *task;
    struct memory_stream memory;
    struct reactor *reactor;
    struct stop_source stop;
};

/* The program has what it asked for. */
static inline void world_got(struct world *world, ssize_t got)
{
    world->made++;
    world->checksum = (world->checksum ^ world->value[0]) * 6364136223846793005u;
    if (got < 0)
        world->status = (int)got;
}

static inline bool world_goes_on(const struct world *world)
{
    return world->made < world->reads && world->status == 0;
}

/* Launches, to be called by a side's `begin`. Null: there was no memory. */
void world_launch_task(struct world *, struct task *);
void world_launch_sender_task(struct world *, struct sender_task *);

/* One part of memory that the recorder cannot see the making of: an awaiter or an operation state, in a coroutine's
 * frame or in the last block that was allocated. It is made at `event` in `function`, and gone when the await is over
 * or its frame is. */
struct part {
    const char *kind; /* "awaiter" or "operation state" */
    const char *name;
    enum probe_event event;
    const char *function;
    const char *body; /* the coroutine whose frame it is in; null: the last block */
    size_t bytes, offset;
};

/* An awaiter `member` of the frame of type `frame`, made in the body of that coroutine. */
#define AWAITER(frame, member, body_)                                                                                  \
    {.kind = "awaiter",                                                                                                \
     .name = #member,                                                                                                  \
     .event = PROBE_TRANSFORM,                                                                                         \
     .function = #body_,                                                                                               \
     .body = #body_,                                                                                                   \
     .bytes = sizeof(((struct frame *)0)->member),                                                                     \
     .offset = offsetof(struct frame, member)}

/* The operation state of the stage `stage`, which is `member` of that frame. */
#define OP_STATE(frame, member, stage, body_)                                                                          \
    {.kind = "operation state",                                                                                        \
     .name = #stage,                                                                                                   \
     .event = PROBE_OP_STATE_BUILT,                                                                                    \
     .function = #stage "_connect",                                                                                    \
     .body = #body_,                                                                                                   \
     .bytes = sizeof(((struct frame *)0)->member),                                                                     \
     .offset = offsetof(struct frame, member)}

/* The operation state of `stage` in a block of its own. */
#define OP_STATE_IN_BLOCK(stage)                                                                                       \
    {.kind = "operation state",                                                                                        \
     .name = #stage,                                                                                                   \
     .event = PROBE_OP_STATE_BUILT,                                                                                    \
     .function = #stage "_connect",                                                                                    \
     .bytes = sizeof(struct stage##_op)}

struct side {
    const char *model;
    const char *mechanism;
    const char *models;   /* null: as bench/stack/mechanisms.def says */
    const char *rests_on; /* what it rests on that the stack does not grow; null: as there */
    void (*begin)(struct world *);
    const struct part *parts; /* the last has no kind */
};

extern const struct side awaitable_sides[], sender_sides[]; /* the last has no model */

enum world_kind { WORLD_READY, WORLD_LATER, WORLD_STOPPED };

/* Runs the side from begin to end. 0; what went wrong otherwise, -EILSEQ where it did not do its work. */
int world_run(const struct side *, enum world_kind, uint64_t reads);

#endif
