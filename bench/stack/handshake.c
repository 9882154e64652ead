/* co_await just(value) through a bridge whose await_suspend agrees with the receiver who resumes, and returns the
 * coroutine when the operation has completed by then: by=exchange is beman.execution's since 2025-11-07
 * (detail/sender_awaitable.hpp:111), by=thread-id stdexec's since 2026-04 (__as_awaitable.hpp:330), and
 * by=thread-id-look-first what that costs at the least. stdexec takes it for a sender that it does not know to complete
 * inline, which just here stands for (inline_known.c has the other). Alone, under 3 `then`, and with
 * complete=cross-thread: two threads hand the coroutine to and fro, and each completion comes later, from the other
 * one, so that the receiver resumes. */
#include "bench/stack/pipelines.h"
#include "sender/handshake_awaitable.h"
#include "sender/just.h"
#include "sender/schedule.h"
#include "sender/then.h"

/* The context of whichever of two threads the caller is not on: a run_loop's, and that of a pool of one. What is posted
 * goes to the other thread only once this one is back in its queue, so that await_suspend has always let go of the
 * coroutine by then, and every run is the same. tests/unit/test_handshake_stress.c has the two race. */
struct other_thread {
    struct run_loop loop;
    struct thread_pool pool;
    pthread_t loop_thread;
    struct work forward;
    struct work *posted;
};

static inline bool on_loop_thread(const struct other_thread *self)
{
    return pthread_equal(pthread_self(), self->loop_thread);
}

static void forward(struct work *work)
{
    struct other_thread *self = CONTAINER_OF(work, struct other_thread, forward);
    if (on_loop_thread(self))
        thread_pool_post_work(&self->pool, self->posted);
    else
        run_loop_post_work(&self->loop, self->posted);
}

static inline void other_thread_post_work(struct other_thread *self, struct work *work)
{
    self->posted = work;
    self->forward.execute = forward;
    if (on_loop_thread(self))
        run_loop_post_work(&self->loop, &self->forward);
    else
        thread_pool_post_work(&self->pool, &self->forward);
}

enum { other_thread_schedule_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_STOPPED };

#define SENDER_SCHEDULE_ON_other_thread(N, R) SENDER_SCHEDULE_BY_WORK(N, other_thread, R)

/* Ends the run from whatever thread the coroutine ends on. */
struct until_ended {
    struct sender_task_state state;
    struct run_loop *loop;
};

static void ended_stopped(struct sender_task_state *state)
{
    run_loop_finish(CONTAINER_OF(state, struct until_ended, state)->loop);
}

static void ended(struct sender_task_state *state, ssize_t result)
{
    (void)result;
    ended_stopped(state);
}

/* How much stack a thread's own calls take differs with who waits for whom. All of it stays above this floor, so that
 * the figure is what the completions add. */
enum { FLOOR_BYTES = 16384 };

__attribute__((noinline)) static void touch_floor(void)
{
    volatile unsigned char floor[FLOOR_BYTES];
    floor[0] = 1;
}

static int cross_run(struct stack_job *job, struct sender_task *(*create)(struct stack_job *, struct other_thread *))
{
    struct other_thread other = {.loop_thread = pthread_self()};
    touch_floor();
    int status = run_loop_init(&other.loop, NULL);
    if (status)
        return status;
    status = thread_pool_init(&other.pool, 1);
    if (status)
        goto destroy_loop;
    struct io_env env = {.executor = run_loop_executor(&other.loop)};
    struct until_ended until = {{.env = &env, .set_value = ended, .set_stopped = ended_stopped}, &other.loop};
    struct sender_task *task = create(job, &other);
    if (task) {
        sender_task_start(task, &until.state);
        status = run_loop_run(&other.loop);
    } else {
        status = -ENOMEM;
    }
    thread_pool_destroy(&other.pool);
    if (task)
        coro_destroy(&task->frame.coro);
destroy_loop:
    run_loop_destroy(&other.loop);
    return status;
}

/* just(value); just(value) | then | then | then */
#define INLINE_VARIANTS(by)                                                                                            \
    PIPELINE_ALONE(SENDER, HANDSHAKE, by##_alone, sender_task, by)                                                     \
    PIPELINE_THREE(SENDER, HANDSHAKE, by##_three, sender_task, by)                                                     \
    PIPELINE_ROW(by##_alone, sender_task, CO_AWAIT_SENDER_TRANSFER, SENDER_TASK_RETURN, awaiting_sender_run)           \
    PIPELINE_ROW(by##_three, sender_task, CO_AWAIT_SENDER_TRANSFER, SENDER_TASK_RETURN, awaiting_sender_run)

/* schedule(other_thread) | then(deliver) */
#define CROSS_THREAD_VARIANT(by)                                                                                       \
    HANDSHAKE_AWAITABLE_RECEIVER(by##_cross, sender_task, by)                                                          \
    RECEIVER(by##_cross_deliver, struct unit);                                                                         \
    SENDER_SCHEDULE(by##_cross_schedule, other_thread, by##_cross_deliver)                                             \
    SENDER_THEN(by##_cross_deliver, by##_cross_schedule, deliver, by##_cross)                                          \
    HANDSHAKE_AWAITABLE(by##_cross, by##_cross_deliver, by)                                                            \
    static inline struct by##_cross_deliver_sender by##_cross_make(struct other_thread *other, ssize_t value)          \
    {                                                                                                                  \
        return (struct by##_cross_deliver_sender){.child = {other}, .function = {value}};                              \
    }                                                                                                                  \
    AWAITING_SENDER_BY(by##_cross, sender_task, CO_AWAIT_SENDER_TRANSFER, SENDER_TASK_RETURN, struct other_thread *,   \
                       by##_cross_make)                                                                                \
    static int by##_cross_run(struct stack_job *job)                                                                   \
    {                                                                                                                  \
        return cross_run(job, by##_cross_create);                                                                      \
    }

INLINE_VARIANTS(exchange)
CROSS_THREAD_VARIANT(exchange)
INLINE_VARIANTS(thread_id)
CROSS_THREAD_VARIANT(thread_id)
INLINE_VARIANTS(thread_id_look_first)

const struct stack_variant STACK_VARIANTS(handshake)[] = {
    {.name = "by=exchange", .run = exchange_alone_run, .long_run = LONGEST_RUN},
    {.name = "by=exchange,then=3", .added = 3, .run = exchange_three_run, .long_run = LONGEST_RUN},
    {.name = "by=exchange,complete=cross-thread", .run = exchange_cross_run, .long_run = NO_LONG_RUN},
    {.name = "by=thread-id", .run = thread_id_alone_run, .long_run = LONGEST_RUN},
    {.name = "by=thread-id,then=3", .added = 3, .run = thread_id_three_run, .long_run = LONGEST_RUN},
    {.name = "by=thread-id,complete=cross-thread", .run = thread_id_cross_run, .long_run = NO_LONG_RUN},
    {.name = "by=thread-id-look-first", .run = thread_id_look_first_alone_run, .long_run = LONGEST_RUN},
    {.name = "by=thread-id-look-first,then=3",
     .added = 3,
     .run = thread_id_look_first_three_run,
     .long_run = LONGEST_RUN},
    {.name = NULL},
};
