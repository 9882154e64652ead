/* A strand: an executor over another one, which never runs two of its nodes at once (asio::strand).
 *
 * Whatever is posted to it runs in the order of the posts, on the threads of the executor below, one at a time; what
 * one node wrote the next one sees. dispatch from inside the strand returns the handle, from elsewhere it posts. The
 * executor below is given one function to run for each batch of nodes, so that what else it serves has its turn in
 * between: it must queue, for on one that runs its work inline each batch would nest in the one before. Both models use
 * it: the awaitables by its continuations, the senders by its work.
 *
 *     strand_init(&strand, thread_pool_executor(&pool));
 *     run(&self->running, (struct io_env){.executor = strand_executor(&strand)}, task);
 *
 * Owns: its queue; nothing is allocated. Lifetime: to be destroyed when the executor below has run all that the strand
 * posted to it: a pool that has been destroyed, a run_loop that has ended.
 * Threads: dispatch, post and post_work from any thread.
 */
#ifndef ABREAST_COMMON_STRAND_H
#define ABREAST_COMMON_STRAND_H

#include "common/executor.h"

#include <pthread.h>

struct strand {
    struct executor_ref below;
    struct work turn; /* what `below` runs: a batch */
    pthread_mutex_t mutex;
    struct work_queue queue; /* under the mutex */
    bool posted;             /* under the mutex: `turn` is queued below, or running */
    struct strand *outer;    /* while a batch runs: the strand around it on the same thread, or null */
};

int strand_init(struct strand *, struct executor_ref below); /* 0 or negative errno */
void strand_destroy(struct strand *);

/* The same, called by name: for P2300's schedule, which knows its context's type. */
void strand_post_work(struct strand *, struct work *);

struct executor_ref strand_executor(struct strand *);

#endif
