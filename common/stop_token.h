/* Stop source, token and callback: std::inplace_stop_source ([stopsource.inplace]) in C.
 *
 * A source owns the state; a token is a pointer to it (null: can never stop); a callback is embedded in the operation
 * that wants to be told, and links itself into the source without allocating.
 *
 * As in stdexec and libunifex a bit of the state guards the list, for a few instructions at a time, and whoever has to
 * wait yields: there is no mutex. A source is 32 bytes, a callback 32; those of stdexec are 24, and 48 beside its
 * function.
 *
 * Owns: the source's storage is the caller's and outlives its tokens and callbacks.
 * Threads: every call from any thread. request_stop runs the callbacks on the calling thread; deregistering a callback
 * that is running on another thread waits until it has returned, and on the same thread returns at once.
 */
#ifndef ABREAST_COMMON_STOP_TOKEN_H
#define ABREAST_COMMON_STOP_TOKEN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#ifndef __cplusplus /* awaitable/cxx/c.hpp has C++'s words for it */
#include <stdatomic.h>
#endif

struct stop_callback {
    void (*invoke)(struct stop_callback *); /* set by the caller before stop_callback_register */
    struct stop_callback *next, **link;     /* the source's, while registered */
    struct stop_source *source;
};

enum { STOP_REQUESTED = 1, STOP_LOCKED = 2 };

struct stop_source {
    _Atomic unsigned char state;
    /* while STOP_LOCKED */
    struct stop_callback *callbacks;
    struct stop_callback *running; /* the callback that request_stop is in, or null */
    pthread_t runner;
};

struct stop_token {
    struct stop_source *source;
};

static inline void stop_source_init(struct stop_source *source)
{
    *source = (struct stop_source){0};
}

static inline struct stop_token stop_source_token(struct stop_source *source)
{
    return (struct stop_token){source};
}

/* True for the one call that made the request; false when stop had been requested before. */
bool stop_source_request_stop(struct stop_source *);

static inline bool stop_possible(struct stop_token token)
{
    return token.source != NULL;
}

static inline bool stop_requested(struct stop_token token)
{
    return token.source && (atomic_load_explicit(&token.source->state, memory_order_acquire) & STOP_REQUESTED);
}

/* Registers; if stop had been requested already, invokes the callback before returning. With a token that can never
 * stop it does nothing, and deregistering is then free too. */
void stop_callback_register(struct stop_callback *, struct stop_token);
void stop_callback_deregister(struct stop_callback *);

#endif
