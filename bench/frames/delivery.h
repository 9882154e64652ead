/* How the frame allocator comes to a frame, in the experiment `frames`: chains of coroutines as those of
 * bench/frames.c, whose allocator, recycling, is brought to each frame in another way.
 *
 *   channel        P4003 3.5: a thread-local pointer, set by the launch and again by each await_resume, read when a
 *                  frame is made; awaitable tasks alone
 *   allocator-arg  a parameter of each coroutine, kept in its frame for the coroutines that it calls: the way of
 *                  std::allocator_arg (P3552, [coro.generator.promise])
 *   per-frame      kept in each promise, which hands it on to the promise of a coroutine that it awaits
 *   environment    asked of the environment that each promise points to anyway; nothing is kept, and nothing is set
 *   elided         no allocator: the frame of the child is part of its parent's, as where a compiler leaves the
 *                  allocation out (P0981, HALO). The limit of every allocator: ratio_to_native compares with it
 *   let-value      no allocator, and no coroutine: a pipeline of senders in the chain's place (pipeline.c), four deep
 *   malloc         by the channel, or in the sender model as a parameter, with malloc behind it
 *
 * Of those before `elided` each has the allocator's address in the frame besides, in struct frame, for the time when it
 * is freed: whatever frees a frame is given its address and its size (C++: operator delete), the promise is gone by
 * then, and the channel may be another's.
 *
 * delivery_resume.c has what the channel costs each time that a coroutine is resumed, delivery_spoilage.h what goes
 * wrong where that is left out.
 */
#ifndef ABREAST_BENCH_FRAMES_DELIVERY_H
#define ABREAST_BENCH_FRAMES_DELIVERY_H

#include "awaitable/task.h"
#include "bench/cell.h"
#include "bench/frames.h"
#include "bench/frames/delivery_spoilage.h"

/* CO_AWAIT in a coroutine that was told its allocator: the channel stays as it is. */
#define CO_AWAIT_TOLD(result, self, T, awaitable)                                                                      \
    do {                                                                                                               \
        if (!T##_await_ready(awaitable))                                                                               \
            CO_SUSPEND(self, TRANSFER_TO(T##_await_suspend(awaitable, &(self)->task.frame.coro, (self)->task.env)));   \
        (result) = T##_await_resume(awaitable);                                                                        \
    } while (0)

/* One way, as a chain of coroutines. */
struct delivery_chain {
    void (*launch)(struct order *, const struct io_env *);
    size_t frame_bytes; /* 0: what the allocator is asked for */
};

/* delivery.c, elision.c and pipeline.c; cxx_* where there is a C++ compiler: bench/cxx/delivery.cpp */
#define DELIVERY_CHAINS(X)                                                                                             \
    X(channel)                                                                                                         \
    X(argument)                                                                                                        \
    X(per_frame)                                                                                                       \
    X(environment)                                                                                                     \
    X(elided)                                                                                                          \
    X(sender_argument)                                                                                                 \
    X(sender_environment)                                                                                              \
    X(sender_elided)                                                                                                   \
    X(let_value)                                                                                                       \
    X(cxx_channel)                                                                                                     \
    X(cxx_argument)

#define X(name) extern const struct delivery_chain delivery_##name;
DELIVERY_CHAINS(X)
#undef X

/* The longest chain of `elided`. */
enum { DELIVERY_DEPTH_MOST = 16 };

struct delivery_parameters {
    unsigned depth;
    struct frame_allocator *(*allocator)(void);
    const struct delivery_chain *chain;
};

int delivery_open(const struct cell *, const struct run_options *, void **state);
int delivery_run(void *state, uint64_t operations, struct outcome *);
void delivery_close(void *state);
void delivery_describe(const struct cell *, const struct row *blank, struct results *);

/* `destroy` of a coroutine whose frame is part of something else. */
void delivery_not_freed(struct coro *);

/* Starts a root, whose frame lies on the stack, and leaves in the order what came of it. */
struct sender_task;
void delivery_launch_root(struct task *, struct order *, const struct io_env *);
void delivery_launch_sender_root(struct sender_task *, struct order *, const struct io_env *);

/* One operation is one resumption of a suspended coroutine from outside; the parameters are a struct
 * spoilage_protection. */
int delivery_resume_open(const struct cell *, const struct run_options *, void **state);
int delivery_resume_run(void *state, uint64_t operations, struct outcome *);
void delivery_resume_close(void *state);

/* The row frames_from_wrong_allocator_per_op. */
struct delivery_spoiled {
    enum spoilage_kind kind;
    struct spoilage_protection protection;
};
void delivery_spoiled_describe(const struct cell *, const struct row *blank, struct results *);

/* ---- The cells, for the table in bench/frames.c ---- */

#define DELIVERY_VARIANT(depth, task) "deliver=compared,depth=" #depth ",task=" task

#define DELIVERY_CELL(model_, mechanism_, modes_, variant_, depth_, allocator_, chain_, native_)                       \
    {                                                                                                                  \
        .model = (model_),                                                                                             \
        .mechanism = (mechanism_),                                                                                     \
        .variant = variant_,                                                                                           \
        .modes = (modes_),                                                                                             \
        .batch = (depth_),                                                                                             \
        .counted = true,                                                                                               \
        .native = (native_),                                                                                           \
        .parameters = &(const struct delivery_parameters){(depth_), (allocator_), &(chain_)},                          \
        .open = delivery_open,                                                                                         \
        .run = delivery_run,                                                                                           \
        .close = delivery_close,                                                                                       \
        .describe = delivery_describe,                                                                                 \
    },

#define DELIVERY_AWAITABLE(mechanism, modes, depth, allocator, chain, native)                                          \
    DELIVERY_CELL("awaitable", mechanism, modes, DELIVERY_VARIANT(depth, "awaitable"), depth, allocator, chain, native)

/* `limit`: the modes of what is compared with the limit at every depth. */
#define DELIVERY_AWAITABLES(depth, modes, limit)                                                                       \
    DELIVERY_AWAITABLE("malloc", modes, depth, malloc_frame_allocator, delivery_channel, "awaitable/elided")           \
    DELIVERY_AWAITABLE("channel", limit, depth, recycling_frame_allocator, delivery_channel, "awaitable/elided")       \
    DELIVERY_AWAITABLE("allocator-arg", modes, depth, recycling_frame_allocator, delivery_argument,                    \
                       "awaitable/elided")                                                                             \
    DELIVERY_AWAITABLE("per-frame", modes, depth, recycling_frame_allocator, delivery_per_frame, "awaitable/elided")   \
    DELIVERY_AWAITABLE("environment", modes, depth, recycling_frame_allocator, delivery_environment,                   \
                       "awaitable/elided")                                                                             \
    DELIVERY_AWAITABLE("elided", limit, depth, recycling_frame_allocator, delivery_elided, NULL)

#define DELIVERY_SENDER(mechanism, modes, depth, allocator, chain, native)                                             \
    DELIVERY_CELL("sender", mechanism, modes, DELIVERY_VARIANT(depth, "p2300"), depth, allocator, chain, native)

#define DELIVERY_SENDERS(depth, modes)                                                                                 \
    DELIVERY_SENDER("malloc", modes, depth, malloc_frame_allocator, delivery_sender_argument, "sender/elided")         \
    DELIVERY_SENDER("allocator-arg", modes, depth, recycling_frame_allocator, delivery_sender_argument,                \
                    "sender/elided")                                                                                   \
    DELIVERY_SENDER("environment", modes, depth, recycling_frame_allocator, delivery_sender_environment,               \
                    "sender/elided")                                                                                   \
    DELIVERY_SENDER("elided", modes, depth, recycling_frame_allocator, delivery_sender_elided, NULL)

#if defined ABREAST_CXX_UNAVAILABLE
#define DELIVERY_CXX(mechanism, modes, depth, allocator, chain)                                                        \
    CXX_UNAVAILABLE("cxx-awaitable", mechanism, DELIVERY_VARIANT(depth, "cxx-awaitable"), "allocs_per_op", "count")
#else
#define DELIVERY_CXX(mechanism, modes, depth, allocator, chain)                                                        \
    DELIVERY_CELL("cxx-awaitable", mechanism, modes, DELIVERY_VARIANT(depth, "cxx-awaitable"), depth, allocator,       \
                  chain, NULL)
#endif

#define DELIVERY_CXX_AWAITABLES(depth, modes)                                                                          \
    DELIVERY_CXX("malloc", modes, depth, malloc_frame_allocator, delivery_cxx_channel)                                 \
    DELIVERY_CXX("channel", modes, depth, recycling_frame_allocator, delivery_cxx_channel)                             \
    DELIVERY_CXX("allocator-arg", modes, depth, recycling_frame_allocator, delivery_cxx_argument)

#define DELIVERY_RESUME(mechanism_, safe_resume_, await_restore_, unused_kind, unused_name)                            \
    {                                                                                                                  \
        .model = "awaitable",                                                                                          \
        .mechanism = mechanism_,                                                                                       \
        .variant = "resume=from-outside,task=awaitable",                                                               \
        .modes = CELL_BOTH,                                                                                            \
        .counted = true,                                                                                               \
        .parameters = &(const struct spoilage_protection){safe_resume_, await_restore_},                               \
        .open = delivery_resume_open,                                                                                  \
        .run = delivery_resume_run,                                                                                    \
        .close = delivery_resume_close,                                                                                \
    },

#define DELIVERY_SPOILED(mechanism_, safe_resume_, await_restore_, kind_, name_)                                       \
    {                                                                                                                  \
        .model = "awaitable",                                                                                          \
        .mechanism = mechanism_,                                                                                       \
        .variant = "spoiled-by=" name_ ",task=awaitable",                                                              \
        .modes = CELL_BOTH,                                                                                            \
        .parameters = &(const struct delivery_spoiled){kind_, {safe_resume_, await_restore_}},                         \
        .describe = delivery_spoiled_describe,                                                                         \
    },

/* What is done for the channel where a coroutine is resumed, and where an await ends. */
#define DELIVERY_PROTECTIONS(X, kind, name)                                                                            \
    X("plain", false, false, kind, name)                                                                               \
    X("safe-resume", true, false, kind, name)                                                                          \
    X("await-restore", false, true, kind, name)                                                                        \
    X("safe-resume-and-await-restore", true, true, kind, name)

#define FRAMES_DELIVERY_CELLS                                                                                          \
    DELIVERY_AWAITABLES(1, CELL_FULL, CELL_BOTH)                                                                       \
    DELIVERY_AWAITABLES(4, CELL_BOTH, CELL_BOTH)                                                                       \
    DELIVERY_AWAITABLES(16, CELL_FULL, CELL_BOTH)                                                                      \
    DELIVERY_SENDERS(1, CELL_FULL)                                                                                     \
    DELIVERY_SENDERS(4, CELL_BOTH)                                                                                     \
    DELIVERY_SENDER("let-value", CELL_BOTH, 4, recycling_frame_allocator, delivery_let_value, "sender/elided")         \
    DELIVERY_SENDERS(16, CELL_FULL)                                                                                    \
    DELIVERY_CXX_AWAITABLES(4, CELL_BOTH)                                                                              \
    DELIVERY_PROTECTIONS(DELIVERY_RESUME, , )                                                                          \
    DELIVERY_PROTECTIONS(DELIVERY_SPOILED, SPOILAGE_NESTED_RESUME, "nested-resume")                                    \
    DELIVERY_PROTECTIONS(DELIVERY_SPOILED, SPOILAGE_TWO_RUN_LOOPS, "two-run-loops")                                    \
    DELIVERY_PROTECTIONS(DELIVERY_SPOILED, SPOILAGE_TWO_STRANDS, "two-strands")                                        \
    DELIVERY_PROTECTIONS(DELIVERY_SPOILED, SPOILAGE_STEALING_THREADS, "stealing-threads")

#endif
