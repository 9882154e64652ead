/* The chain of `conns` as a pipeline of senders, whose operation state is in the connection:
 *
 *     repeat_until(just() | let_value(handle))
 *
 * where handle goes on as `just() | let_value(parse)`, and parse as `read_some(session) | then(consume)`. The locals
 * are what the functions of let_value keep: behind the operation state, where a tuple of them would be.
 */
#include "bench/conns/forms.h"
#include "sender/io.h"
#include "sender/just.h"
#include "sender/let.h"
#include "sender/repeat_until.h"
#include "sender/then.h"

#include <errno.h>

/* The final receiver. */
typedef struct unit session_in;

struct session_receiver {
    struct session *session;
};

static unsigned char *locals(struct session *session, enum level level);

static void session_set_value(struct session_receiver *self, struct unit value)
{
    (void)value;
    session_leave(self->session, SESSION, locals(self->session, SESSION));
    session_ended(self->session, 0);
}

static void session_set_error(struct session_receiver *self, int error)
{
    session_ended(self->session, -error);
}

static void session_set_stopped(struct session_receiver *self)
{
    session_ended(self->session, -ECANCELED);
}

static const struct io_env *session_get_env(const struct session_receiver *self)
{
    return self->session->env;
}

/* The stages, each with the type of the value that it receives. */
RECEIVER(consumed, ssize_t);
RECEIVER(parsed, struct unit);
RECEIVER(parsed_inner, bool);
RECEIVER(handled, struct unit);
RECEIVER(handled_inner, bool);
RECEIVER(looped, bool);

SENDER_READ_SOME(reading, consumed)

struct consume {
    struct session *session;
};

static bool consume_call(struct consume *self, ssize_t got)
{
    struct session *session = self->session;
    session_took(session, locals(session, READER), got);
    session_leave(session, PARSER, locals(session, PARSER));
    session_leave(session, HANDLER, locals(session, HANDLER));
    return got == 0;
}

SENDER_THEN(consumed, reading, consume, parsed_inner)
SENDER_JUST(parsing, parsed)

struct parse {
    struct session *session;
};

static struct consumed_sender parse_call(struct parse *self, struct unit *value)
{
    (void)value;
    struct session *session = self->session;
    unsigned char *buffer = locals(session, READER);
    session_enter(session, PARSER, locals(session, PARSER));
    session_enter(session, READER, buffer);
    return (struct consumed_sender){.child = {&session->stream, buffer, session->locals[READER]},
                                    .function = {session}};
}

SENDER_LET_VALUE(parsed, parsing, parse, consumed, handled_inner)
SENDER_JUST(handling, handled)

struct handle {
    struct session *session;
};

static struct parsed_sender handle_call(struct handle *self, struct unit *value)
{
    (void)value;
    session_enter(self->session, HANDLER, locals(self->session, HANDLER));
    return (struct parsed_sender){.function = {self->session}};
}

SENDER_LET_VALUE(handled, handling, handle, parsed, looped)
SENDER_REPEAT_UNTIL_ON_ONE_THREAD(looped, handled, session)

struct pipeline_session {
    struct session session;
    struct looped_op op;
};

static unsigned char *locals(struct session *session, enum level level)
{
    return session_locals(session, sizeof(struct pipeline_session), level);
}

static int start(struct session *session)
{
    struct pipeline_session *self = (struct pipeline_session *)session;
    session_enter(session, SESSION, locals(session, SESSION));
    PROBE(RECEIVER_BUILT);
    looped_connect(&self->op, (struct looped_sender){.child = {.function = {session}}},
                   (struct session_receiver){session});
    looped_start(&self->op);
    return 0;
}

const struct conns_form conns_pipeline = {
    .model = "sender",
    .mechanism = "pipeline",
    .models = "a pipeline, its operation state in the connection",
    .session_bytes = sizeof(struct pipeline_session),
    .parts = {.connection = sizeof(struct session) - sizeof(struct stream),
              .stream = sizeof(struct stream),
              .children = sizeof(struct looped_op) - sizeof(struct io_request),
              .operation = sizeof(struct io_request)},
    .start = start,
};
