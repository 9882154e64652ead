/* The sender protocol: P2300R10 std::execution, composed statically.
 *
 * In C++ templates give every sender expression its own types; here a macro for each algorithm does. A pipeline is
 * written in program order, one stage a line, and each stage has a name. A stage named N, whose result goes to the
 * receiver R, consists of
 *
 *     struct N_sender            the sender: a value that describes the work
 *     struct N_op                the operation state; it contains the operation states of what it is made of
 *     void N_connect(struct N_op *, struct N_sender, struct R_receiver)
 *     void N_start(struct N_op *)
 *     enum { N_completions }     its completion signatures, as a set of enum sender_completion
 *
 * and a receiver named R, with values of type R_in, of
 *
 *     struct R_receiver
 *     void R_set_value(struct R_receiver *, R_in)
 *     void R_set_error(struct R_receiver *, int error)       error > 0, an errno
 *     void R_set_stopped(struct R_receiver *)
 *     const struct io_env *R_get_env(const struct R_receiver *)
 *
 * All are static inline and no call goes through a table, so a pipeline is one struct and one run of inlined code.
 * RECEIVER(N, type) declares the receiver of a stage before the stage that feeds it is written, and is the arrow
 * between the two: it states the completion signature. A stage's receiver is an empty struct, for its place in memory
 * is known: the parent operation state lies around it, at a constant distance. The sizes are those of C++ receivers
 * nested by value; P2300R10's exposition-only basic-receiver spends a pointer a stage instead.
 *
 * The one value type of a stage is its receiver's N_in, so no variant of values is ever needed (into_variant). That
 * types agree is the compiler's ordinary check of the calls, made strict where C would convert (SENDER_VALUE_TYPE);
 * whether a sender can complete in a channel at all is in N_completions, for algorithms that require or forbid one.
 *
 * A function object F is `struct F` (empty when it has no state) with F_call(struct F *, in).
 *
 * Lifetime: an operation state must not move between connect and completion. A receiver may destroy the operation state
 * that completes it, so no algorithm touches its own after it has called a completion function.
 * Threads: an operation completes on any thread, once.
 */
#ifndef ABREAST_SENDER_SENDER_H
#define ABREAST_SENDER_SENDER_H

#include "common/coro.h"
#include "common/io_env.h"
#include "common/probe.h"

/* The type of a value completion without a value. */
struct unit {
};

#define RECEIVER(N, type) RECEIVER_WITH(N, type, )

/* A receiver for whom its place is not enough: it has members. */
#define RECEIVER_WITH(N, type, members)                                                                                \
    typedef type N##_in;                                                                                               \
    struct N##_receiver {                                                                                              \
        members                                                                                                        \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *, N##_in);                                                 \
    SENDER_FUNCTION void N##_set_error(struct N##_receiver *, int);                                                    \
    SENDER_FUNCTION void N##_set_stopped(struct N##_receiver *);                                                       \
    SENDER_FUNCTION const struct io_env *N##_get_env(const struct N##_receiver *)

/* The completion signatures of a sender ([exec.cmplsig]), and whether it is statically known that it completes before
 * start returns (stdexec's completion behaviour `inline`, 2026). */
enum sender_completion {
    COMPLETES_WITH_VALUE = 1,
    COMPLETES_WITH_ERROR = 2,
    COMPLETES_WITH_STOPPED = 4,
    COMPLETES_INLINE = 8,
};

/* The completions of a sender that goes on, where `child` completes in `channel`, as `inner`: of both the channels, and
 * inline when both are. */
#define SENDER_COMPLETIONS_LET(child, channel, inner)                                                                  \
    ((child) & (channel) ? ((child) & ~((channel) | COMPLETES_INLINE)) | ((inner) & ~COMPLETES_INLINE) |               \
                               ((child) & (inner) & COMPLETES_INLINE)                                                  \
                         : (child))

/* Stops the compilation unless `expression` has exactly the type of the values of receiver R. */
#define SENDER_VALUE_TYPE(R, expression)                                                                               \
    _Static_assert(__builtin_types_compatible_p(__typeof__(expression), R##_in),                                       \
                   "the receiver " #R " takes values of another type")

/* Stops the compilation unless the stage `child` can complete in the channel. */
#define SENDER_REQUIRES(child, channel)                                                                                \
    _Static_assert((child##_completions & (channel)) != 0, #child " never completes so: " #channel)

/* What every generated function is; a pipeline that cannot fail, say, leaves its set_error unused. */
#define SENDER_FUNCTION __attribute__((unused)) static inline

/* For the authors of algorithms. SENDER_PARENT: the operation state of stage `parent_`, given the receiver that its
 * member `member_`, an operation state of `child_`, holds. SENDER_FORWARD_*: define a completion function, or get_env,
 * of the receiver N of such a child, as one that passes on to R, the receiver of the parent. */
#define SENDER_PARENT(parent_, child_, member_, self)                                                                  \
    CONTAINER_OF(CONTAINER_OF(self, struct child_##_op, receiver), struct parent_##_op, member_)

#define SENDER_FORWARD_VALUE(N, parent_, child_, member_, R)                                                           \
    SENDER_FUNCTION void N##_set_value(struct N##_receiver *self, N##_in value)                                        \
    {                                                                                                                  \
        SENDER_VALUE_TYPE(R, value);                                                                                   \
        PROBE(SET_VALUE);                                                                                              \
        R##_set_value(&SENDER_PARENT(parent_, child_, member_, self)->receiver, value);                                \
    }

#define SENDER_FORWARD_ERROR(N, parent_, child_, member_, R)                                                           \
    SENDER_FUNCTION void N##_set_error(struct N##_receiver *self, int error)                                           \
    {                                                                                                                  \
        PROBE(SET_ERROR);                                                                                              \
        R##_set_error(&SENDER_PARENT(parent_, child_, member_, self)->receiver, error);                                \
    }

#define SENDER_FORWARD_STOPPED(N, parent_, child_, member_, R)                                                         \
    SENDER_FUNCTION void N##_set_stopped(struct N##_receiver *self)                                                    \
    {                                                                                                                  \
        PROBE(SET_STOPPED);                                                                                            \
        R##_set_stopped(&SENDER_PARENT(parent_, child_, member_, self)->receiver);                                     \
    }

#define SENDER_FORWARD_ENV(N, parent_, child_, member_, R)                                                             \
    SENDER_FUNCTION const struct io_env *N##_get_env(const struct N##_receiver *self)                                  \
    {                                                                                                                  \
        return R##_get_env(&SENDER_PARENT(parent_, child_, member_, self)->receiver);                                  \
    }

#endif
