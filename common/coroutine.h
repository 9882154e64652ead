/* Writing a stackless coroutine in C, the way a C++ compiler lowers one.
 *
 * A coroutine is a struct, its frame, that holds everything that lives across a suspension point, and a body function
 * that is entered anew at each resumption. The frame's first member is its promise, named `task`, which starts with the
 * frame header (struct coro) and has an integer `resume_point`: the index of the suspension point where it stands.
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

#include "common/coro.h"

#define CO_BEGIN(self)                                                                                                 \
    switch ((self)->task.resume_point) {                                                                               \
    case 0:

#define CO_END                                                                                                         \
    default:                                                                                                           \
        __builtin_unreachable();                                                                                       \
        }

/* A suspension point: stores where to go on, leaves the body by the statement `leave`, and continues here. */
#define CO_SUSPEND(self, leave)                                                                                        \
    do {                                                                                                               \
        (self)->task.resume_point = __LINE__;                                                                          \
        leave;                                                                                                         \
    case __LINE__:;                                                                                                    \
    } while (0)

#endif
