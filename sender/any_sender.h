/* any_sender: a sender of any type behind one, which completes through a table of functions.
 *
 *     ANY_SENDER(A, type);                     the erased type A: senders of one value type, and their receiver
 *     SENDER_READ_SOME(child, A)               ...any stage `child`, or the last of several, completing into A...
 *     ANY_SENDER_OF(child, A)                  defines struct A_sender child_erase(struct child_sender, allocator)
 *
 *     SENDER_ANY(N, A, bytes, R)               the stage: struct N_sender is {struct A_sender any}; R_in is A_in
 *
 *     N_connect(&op, (struct N_sender){child_erase((struct child_sender){...}, NULL)}, receiver);
 *
 *     SENDER_ANY_MADE(N, A, bytes, F, R)       the same stage; struct N_sender is {function}, and connect calls
 *                                              void F_call(struct F *, struct A_sender *) for the any_sender
 *
 * child_erase returns the any_sender, and its user copies it from there. In C++ nobody does: a function returns a
 * prvalue, which is made in the place that its caller names, and connect takes an rvalue by reference. The copy must
 * not come back where time is measured: it reads in pairs the words that were just written one by one, which a
 * processor cannot forward from its store buffer. There child_erase_into(A_sender *, child_sender, allocator) fills the
 * any_sender where it is, and N_connect_from(op, A_sender *, receiver) connects it from there, as SENDER_ANY_MADE's
 * connect does.
 *
 * What is erased, and where it is known, may be two source files, which share the line of ANY_SENDER. A child that has
 * child_destroy, as of sender/connect_awaitable.h or of this file, is erased by ANY_SENDER_OF_OWNING.
 *
 * connect and start are calls through the sender's table; the child's receiver is two words, table and address, and
 * its completion, or its question for the environment, is a call through the receiver's table. So are an operation's
 * table calls: connect, start, the completion, and get_env where the child asks. The environment comes in one call;
 * stdexec makes one for each query.
 *
 * The operation state that the child's connect makes goes into a buffer of `bytes` in ours, ANY_SENDER_BYTES by
 * custom, or, where it is larger, into one block, allocated by connect. A sender value of up to three words is kept in
 * the any_sender; a larger one is in a block from the moment it is erased, and where its operation state needs a block
 * too it is the same one. So an operation allocates at most once, and not at all when sender and operation state fit.
 * Blocks come from the allocator named when the sender was erased, else from the receiver's environment (a large sender
 * value: from malloc).
 *
 * It is after stdexec's any_sender (exec/any_sender_of.hpp and stdexec/__detail/__any.hpp, 2026: 64 bytes for the
 * operation state, 3 words for the sender), with the allocator of its exec::function (exec/function.hpp,
 * choose_frame_allocator); libunifex's any_sender_of has no buffer. Behind the receiver the operation state is `bytes`
 * and two words, 80 bytes by custom; stdexec's has one more, 88 (P4251R0 9). Children are smaller here too, by a
 * receiver of two words: of the two that P4251R0 9 measures, 112 bytes and more, neither fits stdexec's buffer. stdexec
 * keeps the child until the parent destroys it; here it ends as soon as it has completed, before the receiver is told:
 * values are passed by value, and one that points into the child's operation state is not allowed.
 *
 * Owns: an A_sender its value; connect takes it over, A_destroy(&sender) frees one that is never connected. N_destroy
 * is the operation state's destructor, and needed only when it does not complete; nothing may be in flight then.
 * Lifetime: an A_sender is moved by copying it.
 * Aliasing: a sender value lies in an array of unsigned char, and moves with the any_sender, by whatever struct has it
 * as a member. ISO C (6.5p7) has no rule for that, so it is written and read through a type that may alias any other.
 * The child's operation state lies in such an array too, but never moves, and is only ever accessed as what it is.
 * Errors: where C++ throws bad_alloc, from the constructor or connect, start completes with ENOMEM.
 */
#ifndef ABREAST_SENDER_ANY_SENDER_H
#define ABREAST_SENDER_ANY_SENDER_H

#include "common/frame_allocator.h"
#include "sender/sender.h"

#include <errno.h>

enum { ANY_SENDER_BYTES = 64, ANY_SENDER_VALUE_BYTES = 3 * sizeof(void *) };

/* A sender value: here, or in a block. */
struct any_sender_value {
    struct frame_allocator *allocator; /* null: the receiver's environment's; of a block: malloc's */
    union {
        unsigned char here[ANY_SENDER_VALUE_BYTES];
        void *block; /* null: there was no memory */
    };
};

/* What a table says of a child's memory. */
struct any_sender_bytes {
    size_t op;
    size_t block; /* for the operation state, and for the sender value where that does not fit */
    bool value_has_block;
};

#define ANY_SENDER_BYTES_OF(child)                                                                                     \
    {                                                                                                                  \
        .op = sizeof(struct child##_op),                                                                               \
        .block = sizeof(struct child##_sender) > ANY_SENDER_VALUE_BYTES &&                                             \
                         sizeof(struct child##_sender) > sizeof(struct child##_op)                                     \
                     ? sizeof(struct child##_sender)                                                                   \
                     : sizeof(struct child##_op),                                                                      \
        .value_has_block = sizeof(struct child##_sender) > ANY_SENDER_VALUE_BYTES,                                     \
    }

/* Where a sender value is to be stored; null where there is no memory, which connect will find out. */
static inline void *any_sender_value_init(struct any_sender_value *value, struct frame_allocator *allocator,
                                          const struct any_sender_bytes *bytes)
{
    value->allocator = allocator;
    if (!bytes->value_has_block)
        return value->here;
    return value->block = frame_allocate(allocator, bytes->block);
}

static inline void *any_sender_value_address(struct any_sender_value *value, const struct any_sender_bytes *bytes)
{
    return bytes->value_has_block ? value->block : value->here;
}

static inline void any_sender_value_destroy(struct any_sender_value *value, const struct any_sender_bytes *bytes)
{
    if (bytes->value_has_block)
        frame_deallocate(value->allocator, value->block, bytes->block);
}

/* The block of an operation state that does not fit: the sender value's, or a new one. Null: no memory. */
static inline void *any_sender_block(struct any_sender_value *value, const struct any_sender_bytes *bytes,
                                     const struct io_env *env)
{
    if (bytes->value_has_block)
        return value->block;
    if (!value->allocator)
        value->allocator = env->allocator;
    return frame_allocate(value->allocator, bytes->block);
}

#define ANY_SENDER(A, type)                                                                                            \
    typedef type A##_in;                                                                                               \
    struct A##_receiver_table {                                                                                        \
        void (*set_value)(void *receiver, A##_in);                                                                     \
        void (*set_error)(void *receiver, int error);                                                                  \
        void (*set_stopped)(void *receiver);                                                                           \
        const struct io_env *(*get_env)(const void *receiver);                                                         \
    };                                                                                                                 \
    struct A##_receiver {                                                                                              \
        const struct A##_receiver_table *table;                                                                        \
        void *receiver;                                                                                                \
    };                                                                                                                 \
    struct A##_sender_table {                                                                                          \
        void (*connect)(void *op, void *sender, const struct A##_receiver_table *, void *receiver);                    \
        void (*start)(void *op);                                                                                       \
        void (*destroy)(void *op); /* null: there is nothing to destroy */                                             \
        struct any_sender_bytes bytes;                                                                                 \
    };                                                                                                                 \
    struct A##_sender {                                                                                                \
        const struct A##_sender_table *table;                                                                          \
        struct any_sender_value value;                                                                                 \
    };                                                                                                                 \
    SENDER_FUNCTION void A##_destroy(struct A##_sender *sender)                                                        \
    {                                                                                                                  \
        any_sender_value_destroy(&sender->value, &sender->table->bytes);                                               \
    }                                                                                                                  \
    SENDER_FUNCTION void A##_set_value(struct A##_receiver *self, A##_in value)                                        \
    {                                                                                                                  \
        PROBE(TABLE_CALL);                                                                                             \
        self->table->set_value(self->receiver, value);                                                                 \
    }                                                                                                                  \
    SENDER_FUNCTION void A##_set_error(struct A##_receiver *self, int error)                                           \
    {                                                                                                                  \
        PROBE(TABLE_CALL);                                                                                             \
        self->table->set_error(self->receiver, error);                                                                 \
    }                                                                                                                  \
    SENDER_FUNCTION void A##_set_stopped(struct A##_receiver *self)                                                    \
    {                                                                                                                  \
        PROBE(TABLE_CALL);                                                                                             \
        self->table->set_stopped(self->receiver);                                                                      \
    }                                                                                                                  \
    SENDER_FUNCTION const struct io_env *A##_get_env(const struct A##_receiver *self)                                  \
    {                                                                                                                  \
        PROBE(TABLE_CALL);                                                                                             \
        return self->table->get_env(self->receiver);                                                                   \
    }

#define ANY_SENDER_OF(child, A) ANY_SENDER_OF_WITH(child, A, NULL)

#define ANY_SENDER_OF_OWNING(child, A)                                                                                 \
    static void child##_erased_destroy(void *op)                                                                       \
    {                                                                                                                  \
        child##_destroy((struct child##_op *)op);                                                                      \
    }                                                                                                                  \
    ANY_SENDER_OF_WITH(child, A, child##_erased_destroy)

#define ANY_SENDER_OF_WITH(child, A, destroy_)                                                                         \
    _Static_assert(_Alignof(struct child##_op) <= _Alignof(void *) &&                                                  \
                       _Alignof(struct child##_sender) <= _Alignof(void *),                                            \
                   "an any_sender's buffers are aligned for pointers");                                                \
    struct child##_value {                                                                                             \
        struct child##_sender sender;                                                                                  \
    } __attribute__((may_alias));                                                                                      \
    static void child##_erased_connect(void *op, void *sender, const struct A##_receiver_table *table, void *receiver) \
    {                                                                                                                  \
        /* by value, for op may lie where sender lies */                                                               \
        child##_connect((struct child##_op *)op, ((struct child##_value *)sender)->sender,                             \
                        (struct A##_receiver){table, receiver});                                                       \
    }                                                                                                                  \
    static void child##_erased_start(void *op)                                                                         \
    {                                                                                                                  \
        child##_start((struct child##_op *)op);                                                                        \
    }                                                                                                                  \
    SENDER_FUNCTION void child##_erase_into(struct A##_sender *erased, struct child##_sender sender,                   \
                                            struct frame_allocator *allocator)                                         \
    {                                                                                                                  \
        static const struct A##_sender_table table = {                                                                 \
            .connect = child##_erased_connect,                                                                         \
            .start = child##_erased_start,                                                                             \
            .destroy = destroy_,                                                                                       \
            .bytes = ANY_SENDER_BYTES_OF(child),                                                                       \
        };                                                                                                             \
        struct child##_value *value = any_sender_value_init(&erased->value, allocator, &table.bytes);                  \
        erased->table = &table;                                                                                        \
        if (value)                                                                                                     \
            value->sender = sender;                                                                                    \
    }                                                                                                                  \
    SENDER_FUNCTION struct A##_sender child##_erase(struct child##_sender sender, struct frame_allocator *allocator)   \
    {                                                                                                                  \
        struct A##_sender erased; /* what of the value is not used is not written either */                            \
        child##_erase_into(&erased, sender, allocator);                                                                \
        return erased;                                                                                                 \
    }

#define SENDER_ANY(N, A, bytes_, R)                                                                                    \
    struct N##_sender {                                                                                                \
        struct A##_sender any;                                                                                         \
    };                                                                                                                 \
    ANY_SENDER_STAGE(N, A, bytes_, R)                                                                                  \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        N##_connect_from(op, &sender.any, receiver);                                                                   \
    }

#define SENDER_ANY_MADE(N, A, bytes_, F, R)                                                                            \
    struct N##_sender {                                                                                                \
        struct F make;                                                                                                 \
    };                                                                                                                 \
    ANY_SENDER_STAGE(N, A, bytes_, R)                                                                                  \
    SENDER_FUNCTION void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)        \
    {                                                                                                                  \
        struct A##_sender any;                                                                                         \
        F##_call(&sender.make, &any);                                                                                  \
        N##_connect_from(op, &any, receiver);                                                                          \
    }

#define ANY_SENDER_STAGE(N, A, bytes_, R)                                                                              \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        const struct A##_sender_table *table;                                                                          \
        void *child; /* in the buffer, or a block; null: there is none, or no longer */                                \
        union {                                                                                                        \
            unsigned char buffer[bytes_];                                                                              \
            struct frame_allocator *allocator; /* of a block */                                                        \
        };                                                                                                             \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED };                   \
    SENDER_FUNCTION void N##_destroy(struct N##_op *op)                                                                \
    {                                                                                                                  \
        void *child = op->child;                                                                                       \
        if (!child)                                                                                                    \
            return;                                                                                                    \
        op->child = NULL;                                                                                              \
        if (op->table->destroy) {                                                                                      \
            PROBE(TABLE_CALL);                                                                                         \
            op->table->destroy(child);                                                                                 \
        }                                                                                                              \
        if (child != op->buffer)                                                                                       \
            frame_deallocate(op->allocator, child, op->table->bytes.block);                                            \
    }                                                                                                                  \
    ANY_SENDER_RECEIVER(N, A, R)                                                                                       \
    SENDER_FUNCTION void N##_connect_from(struct N##_op *op, struct A##_sender *any, struct R##_receiver receiver)     \
    {                                                                                                                  \
        struct any_sender_value *value = &any->value;                                                                  \
        const struct any_sender_bytes *bytes = &any->table->bytes;                                                     \
        void *child = any_sender_value_address(value, bytes);                                                          \
        bool fits = bytes->op <= (bytes_);                                                                             \
        PROBE(CONNECT);                                                                                                \
        PROBE(OP_STATE_BUILT);                                                                                         \
        op->receiver = receiver;                                                                                       \
        op->table = any->table;                                                                                        \
        op->child = NULL;                                                                                              \
        if (!child)                                                                                                    \
            return;                                                                                                    \
        op->child = fits ? op->buffer : any_sender_block(value, bytes, R##_get_env(&op->receiver));                    \
        if (!op->child)                                                                                                \
            return;                                                                                                    \
        if (!fits)                                                                                                     \
            op->allocator = value->allocator;                                                                          \
        PROBE(RECEIVER_BUILT);                                                                                         \
        PROBE(TABLE_CALL);                                                                                             \
        op->table->connect(op->child, child, &N##_erased, op);                                                         \
        if (fits)                                                                                                      \
            any_sender_value_destroy(value, bytes);                                                                    \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_start(struct N##_op *op)                                                                  \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        if (op->child) {                                                                                               \
            PROBE(TABLE_CALL);                                                                                         \
            op->table->start(op->child);                                                                               \
        } else {                                                                                                       \
            PROBE(SET_ERROR);                                                                                          \
            R##_set_error(&op->receiver, ENOMEM);                                                                      \
        }                                                                                                              \
    }

/* The child's receiver, behind the table: it ends the child, and passes its completion on. */
#define ANY_SENDER_RECEIVER(N, A, R)                                                                                   \
    static void N##_erased_set_value(void *receiver, A##_in value)                                                     \
    {                                                                                                                  \
        struct N##_op *op = receiver;                                                                                  \
        SENDER_VALUE_TYPE(R, value);                                                                                   \
        N##_destroy(op);                                                                                               \
        PROBE(SET_VALUE);                                                                                              \
        R##_set_value(&op->receiver, value);                                                                           \
    }                                                                                                                  \
    static void N##_erased_set_error(void *receiver, int error)                                                        \
    {                                                                                                                  \
        struct N##_op *op = receiver;                                                                                  \
        N##_destroy(op);                                                                                               \
        PROBE(SET_ERROR);                                                                                              \
        R##_set_error(&op->receiver, error);                                                                           \
    }                                                                                                                  \
    static void N##_erased_set_stopped(void *receiver)                                                                 \
    {                                                                                                                  \
        struct N##_op *op = receiver;                                                                                  \
        N##_destroy(op);                                                                                               \
        PROBE(SET_STOPPED);                                                                                            \
        R##_set_stopped(&op->receiver);                                                                                \
    }                                                                                                                  \
    static const struct io_env *N##_erased_get_env(const void *receiver)                                               \
    {                                                                                                                  \
        return R##_get_env(&((const struct N##_op *)receiver)->receiver);                                              \
    }                                                                                                                  \
    static const struct A##_receiver_table N##_erased = {                                                              \
        .set_value = N##_erased_set_value,                                                                             \
        .set_error = N##_erased_set_error,                                                                             \
        .set_stopped = N##_erased_set_stopped,                                                                         \
        .get_env = N##_erased_get_env,                                                                                 \
    };

#endif
