/* The forms of the chain of `conns`, and what an idle connection of each is made of.
 *
 * A form that is a chain of coroutines has the locals of each level in its frame. Of one in C++ (bench/cxx/conns.cpp)
 * the parts say what its source declares; what the compiler adds is the rest of what a run has counted. In the others
 * nothing is allocated but the connection: locals and operation state lie in it, behind the session.
 */
#ifndef ABREAST_BENCH_CONNS_FORMS_H
#define ABREAST_BENCH_CONNS_FORMS_H

#include "bench/conns/session.h"

/* What an idle connection is made of, beside its locals, bytes. */
struct conns_parts {
    size_t connection; /* the session without its stream */
    size_t stream;
    size_t launch;    /* who is told when the outermost task has ended */
    size_t promises;  /* of all tasks: frame header, allocator, continuation or state, environment, result */
    size_t children;  /* what awaits a child: of each task that does, or operation states around the read's */
    size_t operation; /* the io_request of the read */
    size_t bodies;    /* what else lives in the frames */
};

struct conns_form {
    const char *model;
    const char *mechanism;
    const char *models;
    const char *unavailable; /* why this build has not got it; null: it has */
    bool fixed;              /* all its locals are of LOCALS_LEAST bytes: with frames=fixed alone */
    size_t session_bytes;    /* of the connection, which starts with a struct session; without locals */
    size_t frames;           /* of a chain; 0: locals and all else are in the connection */
    size_t frame_bytes;      /* of all of them, without locals; 0: what the compiler made of them, which a run counts */
    struct conns_parts parts;
    /* Runs until the chain waits for its first read. 0 or -ENOMEM; the locals are drawn, the stream is open. */
    int (*start)(struct session *);
};

extern const struct conns_form conns_floor, conns_task, conns_pipeline, conns_sender_task, conns_cxx_task;

/* All of them, the floor first, those with fixed locals last; null at the end. */
extern const struct conns_form *const conns_forms[];

/* Where the locals of a level are, in a connection that has them behind its `session_bytes`. */
static inline unsigned char *session_locals(struct session *session, size_t session_bytes, enum level level)
{
    unsigned char *locals = (unsigned char *)session + session_bytes;
    for (unsigned before = 0; before < (unsigned)level; before++)
        locals += session->locals[before];
    return locals;
}

#endif
