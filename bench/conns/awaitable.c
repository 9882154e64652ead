/* The chain of `conns` as awaitable tasks: each level is a coroutine with a frame of its own. */
#include "awaitable/io.h"
#include "awaitable/run.h"
#include "bench/conns/forms.h"

#include <errno.h>

/* The frame of a level, and the task: null when the frame allocator has nothing left. The locals are its last part. */
#define TASK(N, level_)                                                                                                \
    static void N##_body(struct coro *);                                                                               \
    static struct task *N##_create(struct session *session)                                                            \
    {                                                                                                                  \
        size_t bytes = sizeof(struct N) + session->locals[level_];                                                     \
        struct N *self = (struct N *)task_create(bytes, N##_body, NULL);                                               \
        if (!self)                                                                                                     \
            return NULL;                                                                                               \
        self->session = session;                                                                                       \
        return &self->task;                                                                                            \
    }

struct reader {
    struct task task;
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
    read_some(&self->reading, &session->stream, buffer, session->locals[READER]);
    CO_AWAIT(got, self, read_some, &self->reading);
    session_took(session, buffer, got);
    CO_RETURN(self, got);
    CO_END;
}

/* A level that awaits the next; the session goes on until its stream ends. */
#define LINK(N, level_, inner)                                                                                         \
    struct N {                                                                                                         \
        struct task task;                                                                                              \
        struct session *session;                                                                                       \
        struct task *child;                                                                                            \
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
            self->child = inner##_create(session);                                                                     \
            if (!self->child)                                                                                          \
                CO_RETURN(self, -ENOMEM);                                                                              \
            CO_AWAIT(got, self, task, self->child);                                                                    \
            coro_destroy(&self->child->frame.coro);                                                                    \
        } while (level_ == SESSION && got > 0);                                                                        \
        session_leave(session, level_, locals);                                                                        \
        CO_RETURN(self, got);                                                                                          \
        CO_END;                                                                                                        \
    }

LINK(parser, PARSER, reader)
LINK(handler, HANDLER, parser)
LINK(outermost, SESSION, handler)

_Static_assert(sizeof(struct outermost) + LOCALS_MOST <= FRAME_MOST &&
                   sizeof(struct reader) + LOCALS_MOST <= FRAME_MOST,
               "a frame is too large");

struct task_session {
    struct session session;
    struct run_async launch;
};

static void ended(struct run_async *launch, ssize_t status)
{
    session_ended(&CONTAINER_OF(launch, struct task_session, launch)->session, status);
}

static int start(struct session *session)
{
    struct frame_allocator *saved = get_current_frame_allocator();
    set_current_frame_allocator(session->env->allocator);
    struct task *task = outermost_create(session);
    set_current_frame_allocator(saved);
    if (!task)
        return -ENOMEM;
    run_async(&((struct task_session *)session)->launch, task, session->env, ended);
    return 0;
}

enum {
    LINK_BYTES = sizeof(struct outermost) + sizeof(struct handler) + sizeof(struct parser),
    PROMISE_BYTES = LEVELS * sizeof(struct task),
    CHILD_BYTES = (LEVELS - 1) * sizeof(struct task *) + sizeof(struct read_some) - sizeof(struct io_request),
    FRAME_BYTES = LINK_BYTES + sizeof(struct reader),
};

const struct conns_form conns_task = {
    .model = "awaitable",
    .mechanism = "task",
    .models = "a chain of tasks, a frame each",
    .session_bytes = sizeof(struct task_session),
    .frames = LEVELS,
    .frame_bytes = FRAME_BYTES,
    .parts = {.connection = sizeof(struct session) - sizeof(struct stream),
              .stream = sizeof(struct stream),
              .launch = sizeof(struct run_async),
              .promises = PROMISE_BYTES,
              .children = CHILD_BYTES,
              .operation = sizeof(struct io_request),
              .bodies = FRAME_BYTES - PROMISE_BYTES - CHILD_BYTES - sizeof(struct io_request)},
    .start = start,
};
