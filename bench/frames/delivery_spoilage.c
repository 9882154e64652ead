#include "bench/frames/delivery_spoilage.h"

#include "awaitable/run.h"
#include "bench/frames/delivery.h"
#include "common/counting_allocator.h"
#include "common/run_loop.h"
#include "common/strand.h"
#include "common/thread_pool.h"

#include <pthread.h>

struct side;

/* An awaitable that suspends until somebody runs its work or resumes its caller. */
struct hop {
    struct work work;
    struct coro *caller;
    struct side *side;
};

/* A coroutine and what it is launched with. */
struct side {
    struct spoilage *spoilage;
    struct counting_allocator allocator;
    struct io_env env;
    struct run_async launch;
    struct hop *waiting; /* null: ended, or not yet begun */
    uint64_t frames, wrong;
    bool ended;
    ssize_t result;
};

struct spoilage {
    enum spoilage_kind kind;
    struct spoilage_protection protection;
    struct side own, neighbour;
    struct run_loop loops[2];
    struct strand strands[2];
    struct thread_pool pool;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t turns; /* under the mutex: resumptions on the pool */
    bool over;      /* under the mutex */
    pthread_t last; /* under the mutex: the thread of the turn before */
    uint64_t thread_changes;
};

static void resume(const struct spoilage *spoilage, struct coro *coro)
{
    if (spoilage->protection.safe_resume)
        safe_resume(coro);
    else
        coro_resume(coro);
}

static void resume_waiting(struct side *side)
{
    resume(side->spoilage, side->waiting->caller);
}

static void execute(struct work *work)
{
    resume_waiting(CONTAINER_OF(work, struct hop, work)->side);
}

/* On the pool: does not return before the other thread has begun the next turn, so that this one cannot take it. */
static void execute_and_hold(struct work *work)
{
    struct spoilage *spoilage = CONTAINER_OF(work, struct hop, work)->side->spoilage;
    pthread_mutex_lock(&spoilage->mutex);
    uint64_t turn = ++spoilage->turns;
    spoilage->thread_changes += turn > 1 && !pthread_equal(spoilage->last, pthread_self());
    spoilage->last = pthread_self();
    pthread_cond_broadcast(&spoilage->changed);
    pthread_mutex_unlock(&spoilage->mutex);

    resume_waiting(&spoilage->neighbour);
    resume_waiting(&spoilage->own);

    pthread_mutex_lock(&spoilage->mutex);
    while (spoilage->turns == turn && !spoilage->over)
        pthread_cond_wait(&spoilage->changed, &spoilage->mutex);
    pthread_mutex_unlock(&spoilage->mutex);
}

static bool hop_await_ready(struct hop *self)
{
    (void)self;
    return false;
}

static struct coro *hop_await_suspend(struct hop *self, struct coro *caller, const struct io_env *env)
{
    struct side *side = self->side;
    bool posts = side->spoilage->kind == SPOILAGE_STEALING_THREADS && side == &side->spoilage->own;
    self->caller = caller;
    self->work.execute = posts ? execute_and_hold : execute;
    side->waiting = self;
    if (posts)
        executor_post_work(env->executor, &self->work);
    return noop_coroutine();
}

static int hop_await_resume(struct hop *self)
{
    (void)self;
    return 0;
}

/* ---- The coroutines ---- */

struct resident {
    struct task task;
    struct side *side;
    struct hop hop;
    uint64_t left;
    int got;
};

/* Never resumed: its frame is all that is asked for. */
static void child_body(struct coro *handle)
{
    (void)handle;
}

static int make_frame(struct side *side)
{
    struct task *child = task_create(sizeof *child, child_body, NULL);
    if (!child)
        return -ENOMEM;
    side->frames++;
    side->wrong += child->frame.allocator != side->env.allocator;
    coro_destroy(&child->frame.coro);
    return 0;
}

/* Between the await and the frame. */
static int spoil_and_make_frame(struct side *side)
{
    struct spoilage *spoilage = side->spoilage;
    if (spoilage->kind == SPOILAGE_NESTED_RESUME && side == &spoilage->own)
        resume_waiting(&spoilage->neighbour);
    return make_frame(side);
}

#define RESIDENT(N, AWAIT)                                                                                             \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct resident *self = (struct resident *)handle;                                                             \
                                                                                                                       \
        CO_BEGIN(self);                                                                                                \
        for (; self->left > 0; self->left--) {                                                                         \
            AWAIT(self->got, self, hop, &self->hop);                                                                   \
            self->got = spoil_and_make_frame(self->side);                                                              \
            if (self->got < 0)                                                                                         \
                CO_RETURN(self, self->got);                                                                            \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }

RESIDENT(restoring, CO_AWAIT)
RESIDENT(careless, CO_AWAIT_TOLD)

static void side_ended(struct run_async *launch, ssize_t result)
{
    struct side *side = CONTAINER_OF(launch, struct side, launch);
    struct spoilage *spoilage = side->spoilage;
    side->result = result;
    side->waiting = NULL;
    pthread_mutex_lock(&spoilage->mutex);
    side->ended = true;
    spoilage->over = spoilage->own.ended;
    pthread_cond_broadcast(&spoilage->changed);
    pthread_mutex_unlock(&spoilage->mutex);
}

/* The coroutine's own frame is its allocator's first. */
static int start_side(struct side *side, void (*body)(struct coro *), uint64_t operations)
{
    set_current_frame_allocator(&side->allocator.base);
    struct resident *resident = (struct resident *)task_create(sizeof *resident, body, NULL);
    set_current_frame_allocator(NULL);
    if (!resident)
        return -ENOMEM;
    resident->side = side;
    resident->hop.side = side;
    resident->left = operations;
    run_async(&side->launch, &resident->task, &side->env, side_ended);
    return 0;
}

/* ---- The kinds ---- */

static int run_queued(struct run_loop *loop)
{
    run_loop_finish(loop);
    return run_loop_run(loop);
}

static int run_all_queued(struct spoilage *spoilage)
{
    int status = run_queued(&spoilage->loops[0]);
    return status ? status : run_queued(&spoilage->loops[1]);
}

static int drive(struct spoilage *spoilage)
{
    if (spoilage->kind == SPOILAGE_STEALING_THREADS) {
        pthread_mutex_lock(&spoilage->mutex);
        while (!spoilage->over)
            pthread_cond_wait(&spoilage->changed, &spoilage->mutex);
        pthread_mutex_unlock(&spoilage->mutex);
        return 0;
    }
    int status = run_all_queued(spoilage);
    while (!status && !spoilage->own.ended) {
        if (spoilage->kind == SPOILAGE_NESTED_RESUME) {
            resume_waiting(&spoilage->own);
            continue;
        }
        executor_post_work(spoilage->neighbour.env.executor, &spoilage->neighbour.waiting->work);
        executor_post_work(spoilage->own.env.executor, &spoilage->own.waiting->work);
        status = run_all_queued(spoilage);
    }
    return status;
}

static void choose_executors(struct spoilage *spoilage)
{
    struct executor_ref *own = &spoilage->own.env.executor, *neighbour = &spoilage->neighbour.env.executor;
    switch (spoilage->kind) {
    case SPOILAGE_TWO_RUN_LOOPS:
        *neighbour = run_loop_executor(&spoilage->loops[0]);
        *own = run_loop_executor(&spoilage->loops[1]);
        break;
    case SPOILAGE_TWO_STRANDS:
        *neighbour = strand_executor(&spoilage->strands[0]);
        *own = strand_executor(&spoilage->strands[1]);
        break;
    case SPOILAGE_STEALING_THREADS:
        *neighbour = inline_executor();
        *own = thread_pool_executor(&spoilage->pool);
        break;
    default:
        *neighbour = *own = inline_executor();
    }
}

static void side_init(struct side *side, struct spoilage *spoilage)
{
    side->spoilage = spoilage;
    counting_allocator_init(&side->allocator, NULL);
    side->env.allocator = &side->allocator.base;
}

/* Both have ended, or the neighbour is suspended. */
static int run_sides(struct spoilage *spoilage, uint64_t operations)
{
    int status = start_side(&spoilage->neighbour, restoring_body, operations);
    if (status)
        return status;
    status =
        start_side(&spoilage->own, spoilage->protection.await_restore ? restoring_body : careless_body, operations);
    return status ? status : drive(spoilage);
}

static int count_frames(const struct spoilage *spoilage, struct spoilage_count *count)
{
    const struct side *own = &spoilage->own, *neighbour = &spoilage->neighbour;
    if (own->result < 0 || neighbour->result < 0)
        return (int)(own->result < 0 ? own->result : neighbour->result);
    *count = (struct spoilage_count){
        .frames = own->frames,
        .wrong = own->frames + 1 - own->allocator.calls,
        .from_neighbour = neighbour->allocator.calls - 1 - (neighbour->frames - neighbour->wrong),
        .neighbour_wrong = neighbour->wrong,
        .thread_changes = spoilage->thread_changes,
    };
    return count->wrong == own->wrong ? 0 : -ENOTRECOVERABLE;
}

static int run_kind(struct spoilage *spoilage, uint64_t operations)
{
    int status = thread_pool_init(&spoilage->pool, spoilage->kind == SPOILAGE_STEALING_THREADS ? 2 : 0);
    if (status)
        return status;
    choose_executors(spoilage);
    status = run_sides(spoilage, operations);
    thread_pool_destroy(&spoilage->pool);
    if (!spoilage->neighbour.ended)
        run_async_abandon(&spoilage->neighbour.launch);
    return status;
}

static int run_with_strands(struct spoilage *spoilage, uint64_t operations)
{
    struct executor_ref below = run_loop_executor(&spoilage->loops[0]);
    int status = strand_init(&spoilage->strands[0], below);
    if (status)
        return status;
    status = strand_init(&spoilage->strands[1], below);
    if (!status) {
        status = run_kind(spoilage, operations);
        strand_destroy(&spoilage->strands[1]);
    }
    strand_destroy(&spoilage->strands[0]);
    return status;
}

static int run_with_loops(struct spoilage *spoilage, uint64_t operations)
{
    int status = run_loop_init(&spoilage->loops[0], NULL);
    if (status)
        return status;
    status = run_loop_init(&spoilage->loops[1], NULL);
    if (!status) {
        status = run_with_strands(spoilage, operations);
        run_loop_destroy(&spoilage->loops[1]);
    }
    run_loop_destroy(&spoilage->loops[0]);
    return status;
}

int spoilage_run(enum spoilage_kind kind, struct spoilage_protection protection, uint64_t operations,
                 struct spoilage_count *count)
{
    struct spoilage spoilage = {
        .kind = kind,
        .protection = protection,
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
    };
    side_init(&spoilage.own, &spoilage);
    side_init(&spoilage.neighbour, &spoilage);
    struct frame_allocator *saved = get_current_frame_allocator();
    int status = run_with_loops(&spoilage, operations);
    set_current_frame_allocator(saved);
    return status ? status : count_frames(&spoilage, count);
}
