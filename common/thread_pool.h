/* A pool of threads with one shared queue: the execution context for work that may run in parallel.
 *
 * Owns: its threads. A thread of its caller's may attach itself, and is then one of the pool's until it detaches, as
 * with asio's thread_pool::attach.
 * Threads: every call from any thread, except destroy from a pool thread.
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

/* 0 or negative errno. A pool of no threads is served by those that attach themselves. */
int thread_pool_init(struct thread_pool *, unsigned threads);

/* Runs what is queued, then joins the threads. */
void thread_pool_destroy(struct thread_pool *);

/* Runs what is queued on the calling thread too, until thread_pool_detach, which is called from such work, makes it
 * return once that work has. What is still queued then waits for other threads, or for the next to attach itself. */
void thread_pool_attach(struct thread_pool *);
void thread_pool_detach(void);

void thread_pool_post_work(struct thread_pool *, struct work *);
void thread_pool_post(struct thread_pool *, struct continuation *);

/* dispatch returns the handle on a thread of this pool, and posts on any other. */
struct executor_ref thread_pool_executor(struct thread_pool *);

#endif
