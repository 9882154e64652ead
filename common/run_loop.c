#include "common/run_loop.h"

#include "common/probe.h"

#include <stdatomic.h>

/* With the queue never empty the reactor is polled every so many items. */
enum { ITEMS_BETWEEN_POLLS = 64 };

/* The loop that the calling thread is in: how a post tells its own thread from others. */
static _Thread_local struct run_loop *running;

int run_loop_init(struct run_loop *loop, struct reactor *reactor)
{
    *loop = (struct run_loop){.reactor = reactor};
    int error = pthread_mutex_init(&loop->mutex, NULL);
    if (error)
        return -error;
    error = pthread_cond_init(&loop->posted, NULL);
    if (error)
        pthread_mutex_destroy(&loop->mutex);
    return -error;
}

void run_loop_destroy(struct run_loop *loop)
{
    pthread_cond_destroy(&loop->posted);
    pthread_mutex_destroy(&loop->mutex);
}

/* Under the mutex: makes the loop look at what other threads left. It wakes the loop before it gives the mutex back,
 * for with a finish request in it the loop may be gone right after. */
static void notify(struct run_loop *loop)
{
    if (atomic_exchange_explicit(&loop->remote_waiting, true, memory_order_release))
        return;
    if (loop->reactor)
        reactor_wake(loop->reactor);
    else
        pthread_cond_signal(&loop->posted);
}

void run_loop_post_work(struct run_loop *loop, struct work *work)
{
    PROBE(POST);
    if (running == loop) {
        work_queue_push(&loop->local, work);
        return;
    }
    pthread_mutex_lock(&loop->mutex);
    work_queue_push(&loop->remote, work);
    notify(loop);
    pthread_mutex_unlock(&loop->mutex);
}

void run_loop_post(struct run_loop *loop, struct continuation *continuation)
{
    PROBE(POST);
    if (running == loop) {
        work_queue_push_continuation(&loop->local, continuation);
        return;
    }
    pthread_mutex_lock(&loop->mutex);
    work_queue_push_continuation(&loop->remote, continuation);
    notify(loop);
    pthread_mutex_unlock(&loop->mutex);
}

static void post(void *context, struct continuation *continuation)
{
    run_loop_post(context, continuation);
}

static void post_work(void *context, struct work *work)
{
    run_loop_post_work(context, work);
}

static struct coro *dispatch(void *context, struct continuation *continuation)
{
    if (running == context)
        return continuation->coro;
    run_loop_post(context, continuation);
    return noop_coroutine();
}

struct executor_ref run_loop_executor(struct run_loop *loop)
{
    static const struct executor_ops ops = {
        .name = "run_loop", .dispatch = dispatch, .post = post, .post_work = post_work};
    return (struct executor_ref){.ops = &ops, .context = loop};
}

void run_loop_finish(struct run_loop *loop)
{
    if (running == loop) {
        loop->finished = true;
        return;
    }
    pthread_mutex_lock(&loop->mutex);
    loop->finish_requested = true;
    notify(loop);
    pthread_mutex_unlock(&loop->mutex);
}

/* Under the mutex: takes over what other threads posted and asked for. */
static void take_remote(struct run_loop *loop)
{
    work_queue_append(&loop->local, &loop->remote);
    loop->finished |= loop->finish_requested;
    loop->finish_requested = false;
    atomic_store_explicit(&loop->remote_waiting, false, memory_order_relaxed);
}

/* The local queue is empty: waits until there is something to do. 0, 1 when finished, or negative errno. */
static int idle(struct run_loop *loop)
{
    pthread_mutex_lock(&loop->mutex);
    take_remote(loop);
    while (!loop->reactor && !loop->finished && work_queue_empty(&loop->local)) {
        pthread_cond_wait(&loop->posted, &loop->mutex);
        take_remote(loop);
    }
    pthread_mutex_unlock(&loop->mutex);
    if (!work_queue_empty(&loop->local))
        return 0;
    if (loop->finished)
        return 1;
    int delivered = reactor_poll(loop->reactor, true);
    return delivered < 0 ? delivered : 0;
}

static int run_items(struct run_loop *loop)
{
    if (atomic_load_explicit(&loop->remote_waiting, memory_order_relaxed)) {
        pthread_mutex_lock(&loop->mutex);
        take_remote(loop);
        pthread_mutex_unlock(&loop->mutex);
    }
    for (unsigned left = ITEMS_BETWEEN_POLLS; left && !work_queue_empty(&loop->local); left--)
        work_run(work_queue_pop(&loop->local));
    if (work_queue_empty(&loop->local))
        return idle(loop);
    if (!loop->reactor || reactor_in_flight(loop->reactor) == 0)
        return 0;
    int delivered = reactor_poll(loop->reactor, false);
    return delivered < 0 ? delivered : 0;
}

int run_loop_run(struct run_loop *loop)
{
    struct run_loop *outer = running;
    running = loop;
    int status;
    while ((status = run_items(loop)) == 0) {
    }
    loop->finished = false;
    running = outer;
    return status < 0 ? status : 0;
}
