/* run_loop: the execution context of one thread: a queue of continuations and work beside a reactor ([exec.run.loop]
 * plus I/O). It is the executor that both models use on the reactor thread.
 *
 * Owns: its queue, not the reactor. Lifetime: outlives everything posted to it.
 * Threads: run_loop_run on one thread at a time; dispatch, post, post_work and finish from any thread. On the running
 * thread posting takes no lock, from others it takes a mutex and wakes the loop.
 */
#ifndef ABREAST_COMMON_RUN_LOOP_H
#define ABREAST_COMMON_RUN_LOOP_H

#include "common/executor.h"
#include "common/reactor.h"

#include <pthread.h>

struct run_loop {
    struct reactor *reactor; /* null: a loop without I/O, which waits on a condition variable */
    struct work_queue local; /* the running thread's */
    bool finished;           /* the running thread's */
    pthread_mutex_t mutex;
    pthread_cond_t posted;
    struct work_queue remote; /* under the mutex: posted by other threads, or while nobody runs */
    bool finish_requested;    /* under the mutex */
    _Atomic bool remote_waiting;
};

int run_loop_init(struct run_loop *, struct reactor *);
void run_loop_destroy(struct run_loop *); /* the queue must be empty */

/* Runs until run_loop_finish. 0, or the reactor's negative errno. May be called again afterwards. */
int run_loop_run(struct run_loop *);

/* Makes run_loop_run return once the queue is empty; what is in flight on the reactor stays in flight. */
void run_loop_finish(struct run_loop *);

/* P2300's run_loop scheduler: queues a function, or a coroutine. Statically dispatched, unlike executor_post_work and
 * executor_post. */
void run_loop_post_work(struct run_loop *, struct work *);
void run_loop_post(struct run_loop *, struct continuation *);

struct executor_ref run_loop_executor(struct run_loop *);

#endif
