#include "common/thread_pool.h"

#include "common/frame_allocator.h"
#include "common/probe.h"

#include <errno.h>
#include <stdlib.h>

/* The pool that the calling thread belongs to, and whether it is to leave it. */
static _Thread_local struct thread_pool *current;
static _Thread_local bool detached;

void thread_pool_detach(void)
{
    detached = true;
}

void thread_pool_attach(struct thread_pool *pool)
{
    struct thread_pool *outer = current;
    current = pool;
    pthread_mutex_lock(&pool->mutex);
    while (!detached) {
        while (work_queue_empty(&pool->queue) && !pool->stopping)
            pthread_cond_wait(&pool->posted, &pool->mutex);
        if (work_queue_empty(&pool->queue))
            break;
        uintptr_t node = work_queue_pop(&pool->queue);
        pthread_mutex_unlock(&pool->mutex);
        work_run(node);
        pthread_mutex_lock(&pool->mutex);
    }
    pthread_mutex_unlock(&pool->mutex);
    detached = false;
    current = outer;
}

static void *pool_thread(void *pool)
{
    thread_pool_attach(pool);
    recycling_frame_allocator_release();
    return NULL;
}

int thread_pool_init(struct thread_pool *pool, unsigned threads)
{
    *pool = (struct thread_pool){0};
    int error = pthread_mutex_init(&pool->mutex, NULL);
    if (error)
        return -error;
    error = pthread_cond_init(&pool->posted, NULL);
    if (error) {
        pthread_mutex_destroy(&pool->mutex);
        return -error;
    }
    pool->threads = calloc(threads, sizeof *pool->threads);
    if (!pool->threads && threads)
        error = ENOMEM;
    while (!error && pool->thread_count < threads) {
        error = pthread_create(&pool->threads[pool->thread_count], NULL, pool_thread, pool);
        pool->thread_count += !error;
    }
    if (error)
        thread_pool_destroy(pool);
    return -error;
}

void thread_pool_destroy(struct thread_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->posted);
    pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    free(pool->threads);
    pthread_cond_destroy(&pool->posted);
    pthread_mutex_destroy(&pool->mutex);
}

void thread_pool_post_work(struct thread_pool *pool, struct work *work)
{
    PROBE(POST);
    pthread_mutex_lock(&pool->mutex);
    work_queue_push(&pool->queue, work);
    pthread_cond_signal(&pool->posted);
    pthread_mutex_unlock(&pool->mutex);
}

void thread_pool_post(struct thread_pool *pool, struct continuation *continuation)
{
    PROBE(POST);
    pthread_mutex_lock(&pool->mutex);
    work_queue_push_continuation(&pool->queue, continuation);
    pthread_cond_signal(&pool->posted);
    pthread_mutex_unlock(&pool->mutex);
}

static void post(void *context, struct continuation *continuation)
{
    thread_pool_post(context, continuation);
}

static void post_work(void *context, struct work *work)
{
    thread_pool_post_work(context, work);
}

static struct coro *dispatch(void *context, struct continuation *continuation)
{
    if (current == context)
        return continuation->coro;
    thread_pool_post(context, continuation);
    return noop_coroutine();
}

struct executor_ref thread_pool_executor(struct thread_pool *pool)
{
    static const struct executor_ops ops = {
        .name = "thread_pool", .dispatch = dispatch, .post = post, .post_work = post_work};
    return (struct executor_ref){.ops = &ops, .context = pool};
}
