/* The chain of `conns` as tasks of the sender model: each level is a coroutine that awaits the next as a sender, over
 * the bridge of P2300R10; its state, and where the child's result goes, are in the awaiting frame. The tasks are told
 * their allocator. */
#include "bench/conns/forms.h"
#include "sender/io.h"
#include "sender/sender_awaitable.h"
#include "sender/task_sender.h"

#include <errno.h>

SENDER_AWAITABLE_RECEIVER(read_some, sender_task);
SENDER_READ_SOME(async_read, read_some)
SENDER_AWAITABLE(read_some, async_read)

SENDER_AWAITABLE_RECEIVER(await_task, sender_task);
SENDER_TASK(async_task, await_task)
SENDER_AWAITABLE(await_task, async_task)

/* The frame of a level, and the task: null when the frame allocator has nothing left. The locals are its last part. */
#define TASK(N, level_)                                                                                                \
    static void N##_body(struct coro *);                                                                               \
    static struct sender_task *N##_create(struct session *session)                                                     \
    {                                                                                                                  \
        size_t bytes = sizeof(struct N) + session->locals[level_];                                                     \
        struct N *self = (struct N *)sender_task_create(session->env->allocator, bytes, N##_body, NULL);               \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        self->session = session;                                                                                       \
        return &self->task;                                                                                            \
    }

struct reader {
    struct sender_task task;
    struct session *session;
    struct read_some reading;
};

TASK(reader, READER)

static void reader_body(struct coro *handle)
{
    struct reader *self = (struct reader *)handle;
    struct session *session = self->session;
    unsigned char *buffer = (unsigned char *)(self + 1);
    ssize_t got;

    CO_BEGIN(self);
    session_enter(session, READER, buffer);
    struct async_read_sender read = {&session->stream, buffer, session->locals[READER]};
    CO_AWAIT_SENDER(got, self, read_some, &self->reading, read);
    session_took(session, buffer, got);
    SENDER_TASK_RETURN(self, got);
    CO_END;
}

/* A level that awaits the next; the session goes on until its stream ends. */
#define LINK(N, level_, inner)                                                                                         \
    struct N {                                                                                                         \
        struct sender_task task;                                                                                       \
        struct session *session;                                                                                       \
        struct await_task child;                                                                                       \
    };                                                                                                                 \
    TASK(N, level_)                                                                                                    \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N *self = (struct N *)handle;                                                                           \
        struct session *session = self->session;                                                                       \
        unsigned char *locals = (unsigned char *)(self + 1);                                                           \
        ssize_t got;                                                                                                   \
        CO_BEGIN(self);                                                                                                \
        session_enter(session, level_, locals);                                                                        \
        do {                                                                                                           \
            struct async_task_sender child = {inner##_create(session)};                                                \
            if (!child.task)                                                                                           \
                SENDER_TASK_RETURN(self, -ENOMEM);                                                                     \
            CO_AWAIT_SENDER(got, self, await_task, &self->child, child);                                               \
            async_task_destroy(&self->child.state);                                                                    \
        } while (level_ == SESSION && got > 0);                                                                        \
        session_leave(session, level_, locals);                                                                        \
        SENDER_TASK_RETURN(self, got);                                                                                 \
        CO_END;                                                                                                        \
    }

LINK(parser, PARSER, reader)
LINK(handler, HANDLER, parser)
LINK(outermost, SESSION, handler)

/* What a connected task is: the state that it completes, and the task. */
struct launch {
    struct sender_task_state state;
    struct sender_task *task;
};

_Static_assert(sizeof(struct outermost) + LOCALS_MOST <= FRAME_MOST &&
                   sizeof(struct reader) + LOCALS_MOST <= FRAME_MOST,
               "a frame is too large");

struct task_session {
    struct session session;
    struct launch launch;
};

static void ended(struct sender_task_state *state, ssize_t status)
{
    struct task_session *self = CONTAINER_OF(state, struct task_session, launch.state);
    coro_destroy(&self->launch.task->frame.coro);
    session_ended(&self->session, status);
}

static void ended_stopped(struct sender_task_state *state)
{
    ended(state, -ECANCELED);
}

static int start(struct session *session)
{
    struct task_session *self = (struct task_session *)session;
    self->launch.task = outermost_create(session);
    if (!self->launch.task)
        return -ENOMEM;
    self->launch.state =
        (struct sender_task_state){.env = session->env, .set_value = ended, .set_stopped = ended_stopped};
    sender_task_start(self->launch.task, &self->launch.state);
    return 0;
}

enum {
    LINK_BYTES = sizeof(struct outermost) + sizeof(struct handler) + sizeof(struct parser),
    PROMISE_BYTES = LEVELS * sizeof(struct sender_task),
    CHILD_BYTES = (LEVELS - 1) * sizeof(struct await_task) + sizeof(struct read_some) - sizeof(struct io_request),
    FRAME_BYTES = LINK_BYTES + sizeof(struct reader),
};

const struct conns_form conns_sender_task = {
    .model = "sender",
    .mechanism = "p2300-task",
    .models = "a chain of tasks that are senders, a frame each",
    .session_bytes = sizeof(struct task_session),
    .frames = LEVELS,
    .frame_bytes = FRAME_BYTES,
    .parts = {.connection = sizeof(struct session) - sizeof(struct stream),
              .stream = sizeof(struct stream),
              .launch = sizeof(struct launch),
              .promises = PROMISE_BYTES,
              .children = CHILD_BYTES,
              .operation = sizeof(struct io_request),
              .bodies = FRAME_BYTES - PROMISE_BYTES - CHILD_BYTES - sizeof(struct io_request)},
    .start = start,
};
