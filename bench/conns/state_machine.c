/* The chain of `conns` as a bare state machine: one io_request, and the locals of all levels behind it. */
#include "bench/conns/forms.h"
#include "common/io_request.h"

struct floor_session {
    struct session session;
    struct io_request request;
};

static unsigned char *locals(struct floor_session *self, enum level level)
{
    return session_locals(&self->session, sizeof *self, level);
}

/* The read has completed: false when the session is over. */
static bool step(struct floor_session *self)
{
    struct session *session = &self->session;
    ssize_t got = self->request.op.result;
    session_took(session, locals(self, READER), got);
    session_leave(session, PARSER, locals(self, PARSER));
    session_leave(session, HANDLER, locals(self, HANDLER));
    if (got > 0)
        return true;
    session_leave(session, SESSION, locals(self, SESSION));
    session_ended(session, got);
    return false;
}

static void run(struct floor_session *self);

static void complete(struct io_op *op)
{
    struct floor_session *self = CONTAINER_OF(op, struct floor_session, request.op);
    io_request_finish(&self->request);
    if (step(self))
        run(self);
}

static void run(struct floor_session *self)
{
    struct session *session = &self->session;
    do {
        for (enum level level = HANDLER; level < LEVELS; level++)
            session_enter(session, level, locals(self, level));
        io_op_prepare(&self->request.op, &session->stream, locals(self, READER), session->locals[READER]);
        if (!io_request_begin(&self->request, IO_READ, session->env, complete))
            return;
    } while (step(self));
}

static int start(struct session *session)
{
    struct floor_session *self = (struct floor_session *)session;
    session_enter(session, SESSION, locals(self, SESSION));
    run(self);
    return 0;
}

const struct conns_form conns_floor = {
    .model = "raw",
    .mechanism = "floor",
    .models = "a bare state machine, all in the connection",
    .session_bytes = sizeof(struct floor_session),
    .parts = {.connection = sizeof(struct session) - sizeof(struct stream),
              .stream = sizeof(struct stream),
              .operation = sizeof(struct io_request)},
    .start = start,
};
