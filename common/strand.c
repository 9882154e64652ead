#include "common/strand.h"

#include "common/probe.h"

/* The innermost strand that the calling thread is in. */
static _Thread_local struct strand *innermost;

static void run_batch(struct work *turn)
{
    struct strand *strand = CONTAINER_OF(turn, struct strand, turn);
    struct work_queue batch = {0};
    pthread_mutex_lock(&strand->mutex);
    work_queue_append(&batch, &strand->queue);
    pthread_mutex_unlock(&strand->mutex);

    strand->outer = innermost;
    innermost = strand;
    while (!work_queue_empty(&batch))
        work_run(work_queue_pop(&batch));
    innermost = strand->outer;

    pthread_mutex_lock(&strand->mutex);
    bool more = strand->posted = !work_queue_empty(&strand->queue);
    pthread_mutex_unlock(&strand->mutex);
    if (more)
        executor_post_work(strand->below, turn);
}

int strand_init(struct strand *strand, struct executor_ref below)
{
    *strand = (struct strand){.below = below, .turn.execute = run_batch};
    return -pthread_mutex_init(&strand->mutex, NULL);
}

void strand_destroy(struct strand *strand)
{
    pthread_mutex_destroy(&strand->mutex);
}

/* With the mutex held and a node just queued: lets go of the mutex, and has the executor below run it. */
static void queued(struct strand *strand)
{
    bool first = !strand->posted;
    strand->posted = true;
    pthread_mutex_unlock(&strand->mutex);
    if (first)
        executor_post_work(strand->below, &strand->turn);
}

void strand_post_work(struct strand *strand, struct work *work)
{
    PROBE(POST);
    pthread_mutex_lock(&strand->mutex);
    work_queue_push(&strand->queue, work);
    queued(strand);
}

static void post(void *context, struct continuation *continuation)
{
    struct strand *strand = context;
    PROBE(POST);
    pthread_mutex_lock(&strand->mutex);
    work_queue_push_continuation(&strand->queue, continuation);
    queued(strand);
}

static void post_work(void *context, struct work *work)
{
    strand_post_work(context, work);
}

static struct coro *dispatch(void *context, struct continuation *continuation)
{
    const struct strand *strand = innermost;
    while (strand && strand != context)
        strand = strand->outer;
    if (strand)
        return continuation->coro;
    post(context, continuation);
    return noop_coroutine();
}

struct executor_ref strand_executor(struct strand *strand)
{
    static const struct executor_ops ops = {
        .name = "strand", .dispatch = dispatch, .post = post, .post_work = post_work};
    return (struct executor_ref){.ops = &ops, .context = strand};
}
