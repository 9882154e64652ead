/* A future that is polled, as in Rust: an async function is a state machine with a function `poll`, which polls the
 * future that it awaits, and returns Pending when that did (core::future::Future). Nothing ever resumes it from below:
 * who completes an operation only calls a waker, and the executor then polls the outermost future again.
 *
 *   complete=inline   the awaited future is ready when first polled, and poll goes on in its loop
 *   complete=wake     it is pending at first, wakes its task, and is ready when polled again
 */
#include "bench/stack/mechanism.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

enum poll { PENDING, READY };

struct waker {
    void (*wake)(struct waker *);
};

/* The awaited future. */
struct operation {
    uint64_t value;
    bool pending; /* it wakes its task first */
};

static enum poll operation_poll(struct operation *self, struct waker *waker, uint64_t *output)
{
    if (self->pending) {
        self->pending = false;
        waker->wake(waker);
        return PENDING;
    }
    *output = self->value;
    return READY;
}

/* What a compiler makes of: loop { completed(operation(made).await) }. */
struct awaiting {
    struct stack_job *job;
    bool wakes;
    enum { STARTED, SUSPENDED } state;
    struct operation operation;
};

static enum poll awaiting_poll(struct awaiting *self, struct waker *waker)
{
    uint64_t value;
    for (;;) {
        if (self->state == STARTED) {
            if (self->job->made == self->job->completions)
                return READY;
            self->operation = (struct operation){self->job->made, self->wakes};
            self->state = SUSPENDED;
        }
        if (operation_poll(&self->operation, waker, &value) == PENDING)
            return PENDING;
        stack_job_completed(self->job, value);
        self->state = STARTED;
    }
}

/* An executor for one task: block_on. */
struct executor {
    struct waker waker;
    bool woken;
};

static void executor_wake(struct waker *waker)
{
    ((struct executor *)waker)->woken = true;
}

static int block_on(struct awaiting *future)
{
    struct executor executor = {.waker = {executor_wake}};
    while (awaiting_poll(future, &executor.waker) == PENDING) {
        if (!executor.woken)
            return -EDEADLK;
        executor.woken = false;
    }
    return 0;
}

static int run_inline(struct stack_job *job)
{
    return block_on(&(struct awaiting){.job = job});
}

static int run_woken(struct stack_job *job)
{
    return block_on(&(struct awaiting){.job = job, .wakes = true});
}

const struct stack_variant poll_variants[] = {
    {.name = "complete=inline", .run = run_inline, .rests_on = NOTHING_RESUMED},
    {.name = "complete=wake", .run = run_woken},
    {.name = NULL},
};
