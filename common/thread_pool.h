/* A pool of threads with one shared queue: the execution context for work that may run in parallel.
 *
 * Owns: its threads. Threads: every call from any thread, except destroy from a pool thread.
 */
#ifndef ABREAST_COMMON_THREAD_POOL_H
#define ABREAST_COMMON_THREAD_POOL_H

#include "common/executor.h"

#include <pthread.h>

struct thread_pool {
    pthread_mutex_t mutex;
    pthread_cond_t posted;
    struct work_queue queue;
    bool stopping;
    unsigned thread_count;
    pthread_t *threads;
};

int thread_pool_init(struct thread_pool *, unsigned threads); /* 0 or negative errno */

/* Runs what is queued, then joins the threads. */
void thread_pool_destroy(struct thread_pool *);

void thread_pool_post_work(struct thread_pool *, struct work *);
void thread_pool_post(struct thread_pool *, struct continuation *);

/* dispatch returns the handle on a thread of this pool, and posts on any other. */
struct executor_ref thread_pool_executor(struct thread_pool *);

#endif
