/* The C side of the interoperation tests: coroutines, and functions that hold handles, none of which knows which
 * language made the frame that it is given. For C, and after awaitable/cxx/c.hpp for C++.
 */
#ifndef ABREAST_TESTS_CXX_C_SIDE_H
#define ABREAST_TESTS_CXX_C_SIDE_H

#include "awaitable/run.h"

#include <stddef.h>

/* malloc that counts, and fails on demand. */
struct test_allocator {
    struct frame_allocator base;
    unsigned allocated, freed;
    bool failing;
};
void test_allocator_init(struct test_allocator *);

/* Frames, held. */
void c_resume(struct coro *);
void c_destroy(struct coro *);
bool c_done(const struct coro *);
unsigned c_resume_until_done(struct coro *); /* how often it was resumed */

/* Resumes a frame out of which an exception may come. *cleaned is set however this function is left. */
void c_resume_with_cleanup(struct coro *, bool *cleaned);

/* A C coroutine with `suspensions` suspension points, without a promise: counts its resumptions. */
struct counting_coro {
    struct coro coro;
    unsigned suspensions, resumed;
    bool destroyed;
};
void counting_coro_init(struct counting_coro *, unsigned suspensions);

/* An awaitable: who waits until the test resumes it. */
struct parking {
    struct coro *waiting;
};

static inline bool parking_await_ready(struct parking *self)
{
    (void)self;
    return false;
}

static inline struct coro *parking_await_suspend(struct parking *self, struct coro *caller, const struct io_env *env)
{
    (void)env;
    self->waiting = caller;
    return noop_coroutine();
}

static inline bool parking_await_resume(struct parking *self)
{
    return self->waiting != NULL;
}

/* Tasks. Null, after a null child too: out of memory. A negative result of a child is passed on. */
struct task *c_value(ssize_t);                                       /* does not suspend */
struct task *c_park(struct parking *, ssize_t);                      /* suspends once */
struct task *c_relay(struct task *child, ssize_t add);               /* the child's result and `add` */
struct task *c_repeat(struct task *(*make)(ssize_t), ssize_t times); /* the sum of make(0), make(1), ... */

/* Launches by run_async; -EINPROGRESS while it has not ended. Abandon what has not. */
struct c_launch {
    struct run_async launch;
    ssize_t result;
};
ssize_t c_start(struct c_launch *, struct task *, const struct io_env *);
void c_abandon(struct c_launch *);

#endif
