/* A connection of the experiment `conns`: a session awaits a handler for each request, which awaits a parser, which
 * awaits a reader, which waits in read_some for the next message. What each level keeps while it waits are its locals,
 * as many bytes as were drawn for it; a reader's are its buffer.
 *
 * A form is this chain by one mechanism (bench/conns/forms.h). It calls session_enter when a level begins,
 * session_leave when it ends, session_took when a read has completed and session_ended at its end.
 *
 * Owns: a session's memory is the server's (bench/conns/server.h), its locals are the form's.
 * Threads: one. Units: bytes. Errors: the first one stays in the server's `error`.
 */
#ifndef ABREAST_BENCH_CONNS_SESSION_H
#define ABREAST_BENCH_CONNS_SESSION_H

#include "common/io_env.h"
#include "common/stream.h"

#include <string.h>
#include <sys/types.h>

enum level { SESSION, HANDLER, PARSER, READER, LEVELS };

/* A message leaves the end of the reader's buffer as it was. No frame is of more than FRAME_MOST bytes, which recycling
 * allocators still recycle. */
enum { FRAME_MOST = 4096, LOCALS_LEAST = 64, LOCALS_MOST = FRAME_MOST - 256, MESSAGE_MOST = 56 };

struct server;

struct session {
    struct stream stream;
    struct server *server;
    const struct io_env *env;
    uint16_t locals[LEVELS]; /* bytes */
    bool ended;
};

/* The server's part: a level began; the application keeps an object of its own, if the workload has any. */
void session_keep_object(struct session *);

/* The server's part: `got` bytes have come, 0 at the end of the stream, or a negative errno. */
void session_took(struct session *, const unsigned char *bytes, ssize_t got);

/* The chain has ended; `status` is 0 at the end of the stream, or negative errno. */
void session_ended(struct session *, ssize_t status);

/* What a level found in its locals was not what it had left there. */
void session_spoiled(struct session *);

/* Writes to the first and the last byte, and so to every page that the locals lie in: an untouched page is no memory.
 */
static inline void session_enter(struct session *session, enum level level, unsigned char *locals)
{
    locals[0] = locals[session->locals[level] - 1] = (unsigned char)(level + 1);
    if (level != READER)
        session_keep_object(session);
}

static inline void session_leave(struct session *session, enum level level, const unsigned char *locals)
{
    if (locals[0] != level + 1 || locals[session->locals[level] - 1] != level + 1)
        session_spoiled(session);
}

#endif
