/* The probe: one macro that records a protocol event.
 *
 * Compiled with -DABREAST_PROBE an event adds one to the calling thread's counter; otherwise PROBE is nothing at all,
 * as in every timed build. Tests and the deterministic experiments read the counters.
 *
 * Compiled with -DABREAST_TRACE as well an event is one trap instruction, which demo/recorder catches on a stack of its
 * own: it clobbers no register and calls nothing, so that a stack grows as it does without. A note of each, struct
 * probe_site, is in the section probe_sites. x86-64 only, and not position-independent.
 *
 * The seven phases of one co_await (P4255R0 6), and the events by which each is seen to have work:
 *
 *     transform   TRANSFORM              the promise's await_transform, as_awaitable included, makes the awaiter
 *     connect     CONNECT
 *     readiness   READINESS              await_ready is asked, also where its answer is a constant
 *     suspend     SUSPEND
 *     launch      LAUNCH or START        by an await_suspend of its own, or by a sender's start
 *     complete    SIGNAL or SET_*        to a handle, or to a receiver
 *     extract     EXTRACT
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
    X(LAUNCH)           /* an awaitable's own await_suspend started the operation: no start, no operation state */     \
    X(RESUME)           /* a suspended coroutine was resumed, by whatever means; its first resumption too */           \
    X(TRANSFER)         /* ... by symmetric transfer: await_suspend returned its handle, and no noop_coroutine() */    \
    X(NESTED_RESUME)    /* ... by a call of resume() on the stack of a completion, or of start */                      \
    X(CONNECT)          /* connect(sender, receiver) */                                                                \
    X(START)            /* start(operation state) */                                                                   \
    X(SIGNAL)           /* an awaitable is complete, and gives the handle of whoever awaits it to be resumed */        \
    X(EXTRACT)          /* await_resume handed the result over */                                                      \
    X(SET_VALUE)        /* a value completion reached a receiver */                                                    \
    X(SET_ERROR)        /* an error completion reached a receiver */                                                   \
    X(SET_STOPPED)      /* a stopped completion reached a receiver */                                                  \
    X(OP_STATE_BUILT)   /* an operation state came into being */                                                       \
    X(RECEIVER_BUILT)   /* a receiver was made for connect */                                                          \
    X(TABLE_CALL)       /* a call through the table of an erased stream, sender, receiver or task */                   \
    X(EXECUTOR_CALL)    /* a call through the table of an executor_ref, or of a type-erased scheduler */               \
    X(VARIANT_EMPLACED) /* a completion was stored in a variant: an awaiter's, or continues_on's */                    \
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

#if defined ABREAST_TRACE
struct probe_site {
    uint64_t address; /* behind the trap */
    const char *function;
    const char *file;
    uint32_t event;
    uint32_t line;
};
#define PROBE_TRAP(number)                                                                                             \
    __asm__ volatile("int3\n0:\n"                                                                                      \
                     ".pushsection probe_sites,\"a\",@progbits\n"                                                      \
                     ".balign 8\n"                                                                                     \
                     ".quad 0b, %c[function], %c[file]\n"                                                              \
                     ".long %c[event], %c[line]\n"                                                                     \
                     ".popsection" ::[function] "i"(__func__),                                                         \
                     [file] "i"(__FILE__), [event] "i"(number), [line] "i"(__LINE__))
#define PROBE(event) PROBE_TRAP(PROBE_##event)
#elif defined ABREAST_PROBE
#define PROBE(event) ((void)probe_counters[PROBE_##event]++)
#else
#define PROBE(event) ((void)0)
#endif

#endif
