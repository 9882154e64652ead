/* The probe: one macro that records a protocol event.
 *
 * Compiled with -DABREAST_PROBE an event adds one to the calling thread's counter; otherwise PROBE is nothing at all,
 * as in every timed build. Tests and the deterministic experiments read the counters.
 */
#ifndef ABREAST_COMMON_PROBE_H
#define ABREAST_COMMON_PROBE_H

#include <stdint.h>

/* One list makes the enumeration and the counters. */
#define PROBE_EVENTS(X)                                                                                                \
    X(TRANSFORM)        /* await_transform made an awaiter of the operand of co_await */                               \
    X(READINESS)        /* await_ready was asked */                                                                    \
    X(READY)            /* await_ready answered true */                                                                \
    X(SUSPEND)          /* a coroutine suspended and called await_suspend */                                           \
    X(LAUNCH)           /* await_suspend started the operation */                                                      \
    X(TRANSFER)         /* the handle that await_suspend returned was resumed (symmetric transfer) */                  \
    X(NESTED_RESUME)    /* a completion called resume() on its own stack */                                            \
    X(CONNECT)          /* connect(sender, receiver) */                                                                \
    X(START)            /* start(operation state) */                                                                   \
    X(SIGNAL)           /* the operation told whoever waits for it that it is complete */                              \
    X(EXTRACT)          /* await_resume handed the result over */                                                      \
    X(SET_VALUE)        /* a value completion reached a receiver */                                                    \
    X(SET_ERROR)        /* an error completion reached a receiver */                                                   \
    X(SET_STOPPED)      /* a stopped completion reached a receiver */                                                  \
    X(OP_STATE_BUILT)   /* an operation state came into being */                                                       \
    X(RECEIVER_BUILT)   /* a receiver was made for connect */                                                          \
    X(TABLE_CALL)       /* a call went through a table of functions: type erasure */                                   \
    X(VARIANT_EMPLACED) /* a result was stored in the awaiting coroutine's variant */                                  \
    X(POST)             /* a node was queued on an executor */                                                         \
    X(ALLOCATE)         /* a frame allocation was asked for */                                                         \
    X(SUBMIT)           /* an operation was handed to the reactor */                                                   \
    X(COMPLETE)         /* the reactor delivered a completion */

enum probe_event {
#define X(event) PROBE_##event,
    PROBE_EVENTS(X)
#undef X
        PROBE_EVENT_COUNT
};

/* The calling thread's counters, by event. All zero where the probe is compiled out. */
extern _Thread_local uint64_t probe_counters[PROBE_EVENT_COUNT];

void probe_reset(void);

#ifdef ABREAST_PROBE
#define PROBE(event) ((void)probe_counters[PROBE_##event]++)
#else
#define PROBE(event) ((void)0)
#endif

#endif
