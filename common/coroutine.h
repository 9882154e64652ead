/* Writing a stackless coroutine in C, the way a C++ compiler lowers one.
 *
 * A coroutine is a struct, its frame, that holds everything that lives across a suspension point, and a body function
 * that is entered anew at each resumption. The frame's first member is its promise, named `task`, which starts with a
 * struct frame: the frame header, where the memory came from, and the index of the suspension point where it stands.
 *
 *     struct copy { struct task task; ...what lives across a suspension... };
 *
 *     static void copy_body(struct coro *handle)
 *     {
 *         struct copy *self = (struct copy *)handle;
 *         CO_BEGIN(self);
 *         ...
 *         CO_END;
 *     }
 *
 * Between CO_BEGIN and CO_END ordinary control flow works, loops included, with two limits: a plain local variable does
 * not survive a suspension, and there is at most one suspension point to a source line.
 */
#ifndef ABREAST_COMMON_COROUTINE_H
#define ABREAST_COMMON_COROUTINE_H

#include "common/frame_allocator.h"
#include "common/probe.h"

struct frame {
    struct coro coro;
    struct frame_allocator *allocator; /* null: malloc */
    unsigned bytes;
    unsigned resume_point;
};

/* The ramp function: allocates a coroutine frame of `bytes` and suspends it at its start. Only the struct frame is set;
 * the rest is as a C++ compiler leaves local variables: whoever creates the coroutine sets what its body and its
 * `destroy` read first. `destroy` frees the frame of a coroutine that owns more than its own memory, and ends by
 * calling frame_destroy; null: frame_destroy itself. Null when the allocator has nothing left. */
void *frame_create(struct frame_allocator *, size_t bytes, void (*body)(struct coro *), void (*destroy)(struct coro *));

/* Gives the frame back to the allocator that it came from. */
void frame_destroy(struct coro *);

#define CO_BEGIN(self)                                                                                                 \
    switch ((self)->task.frame.resume_point) {                                                                         \
    case 0:                                                                                                            \
        PROBE(RESUME);

#define CO_END                                                                                                         \
    default:                                                                                                           \
        __builtin_unreachable();                                                                                       \
        }

#ifdef ABREAST_PROBE
/* The handle that an await_suspend returned is about to be resumed, by symmetric transfer or by a nested call;
 * noop_coroutine() is nobody's. */
static inline struct coro *probe_transfer(struct coro *next)
{
    if (next != noop_coroutine())
        PROBE(TRANSFER);
    return next;
}

static inline struct coro *probe_nested(struct coro *next)
{
    if (next != noop_coroutine())
        PROBE(NESTED_RESUME);
    return next;
}
#else
#define probe_transfer(next) (next)
#define probe_nested(next) (next)
#endif

/* A suspension point: stores where to go on, leaves the body by the statement `leave`, and continues here. */
#define CO_SUSPEND(self, leave)                                                                                        \
    do {                                                                                                               \
        (self)->task.frame.resume_point = __LINE__;                                                                    \
        leave;                                                                                                         \
    case __LINE__:                                                                                                     \
        PROBE(RESUME);                                                                                                 \
    } while (0)

#endif
