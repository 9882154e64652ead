/* Schedulers, and the algorithms that move work to them: schedule, starts_on, continues_on. */
#include "sender/continues_on.h"
#include "sender/schedule.h"
#include "sender/starts_on.h"
#include "sender/sync_wait.h"
#include "sender/then.h"
#include "tests/scenario/world.h"

/* ---- A child that says where it was started, and completes at once as it is told ---- */

struct seen {
    pthread_t thread;
    const void *context; /* of its environment's executor */
    struct stop_source *stop;
    struct frame_allocator *allocator;
    unsigned starts;
    struct stop_source *request; /* stop to be requested on the way */
};

struct saying {
    struct seen *seen;
    int status; /* the value, or -errno; -ECANCELED: stopped */
};

#define SENDER_SAY(N, R)                                                                                               \
    struct N##_sender {                                                                                                \
        struct saying saying;                                                                                          \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct saying saying;                                                                                          \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED };                   \
    static void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)                 \
    {                                                                                                                  \
        op->receiver = receiver;                                                                                       \
        op->saying = sender.saying;                                                                                    \
    }                                                                                                                  \
    static void N##_start(struct N##_op *op)                                                                           \
    {                                                                                                                  \
        int status = say(op->saying, R##_get_env(&op->receiver));                                                      \
        if (status >= 0)                                                                                               \
            R##_set_value(&op->receiver, status);                                                                      \
        else if (status == -ECANCELED)                                                                                 \
            R##_set_stopped(&op->receiver);                                                                            \
        else                                                                                                           \
            R##_set_error(&op->receiver, -status);                                                                     \
    }

static int say(struct saying saying, const struct io_env *env)
{
    struct seen *seen = saying.seen;
    seen->thread = pthread_self();
    seen->context = env->executor.context;
    seen->stop = env->stop.source;
    seen->allocator = env->allocator;
    seen->starts++;
    if (seen->request)
        CHECK(stop_source_request_stop(seen->request));
    return saying.status;
}

/* ---- A final receiver that says where it was completed ---- */

struct arrival {
    struct run_loop *loop;
    const struct io_env *env;
    pthread_t thread;
    int status;
    ssize_t value;
    unsigned completions;
};

typedef ssize_t arrive_in;

struct arrive_receiver {
    struct arrival *arrival;
};

static void arrive(struct arrival *arrival, int status)
{
    arrival->thread = pthread_self();
    arrival->status = status;
    arrival->completions++;
    run_loop_finish(arrival->loop);
}

static void arrive_set_value(struct arrive_receiver *self, ssize_t value)
{
    self->arrival->value = value;
    arrive(self->arrival, 0);
}

static void arrive_set_error(struct arrive_receiver *self, int error)
{
    arrive(self->arrival, -error);
}

static void arrive_set_stopped(struct arrive_receiver *self)
{
    arrive(self->arrival, -ECANCELED);
}

static const struct io_env *arrive_get_env(const struct arrive_receiver *self)
{
    return self->arrival->env;
}

/* Starts a stage that completes into `arrive`, and runs the world's loop until it has. */
#define ARRIVES(N)                                                                                                     \
    static struct arrival N##_arrives(struct world *world, struct N##_sender sender)                                   \
    {                                                                                                                  \
        struct arrival arrival = {.loop = &world->run_loop, .env = &world->env};                                       \
        struct N##_op op;                                                                                              \
        N##_connect(&op, sender, (struct arrive_receiver){&arrival});                                                  \
        N##_start(&op);                                                                                                \
        CHECK_EQ(run_loop_run(&world->run_loop), 0);                                                                   \
        CHECK_EQ(arrival.completions, 1);                                                                              \
        return arrival;                                                                                                \
    }

/* ---- starts_on(pool, say) ---- */

RECEIVER(pool_started, ssize_t);
SENDER_SAY(pool_say, pool_started)
SENDER_STARTS_ON(pool_started, thread_pool, pool_say, arrive)
ARRIVES(pool_started)

void scenario_starts_on_starts_on_the_scheduler(struct world *world)
{
    struct thread_pool pool;
    CHECK_EQ(thread_pool_init(&pool, 2), 0);
    world_open(world, (struct world_options){0});
    const int statuses[] = {7, -ECONNRESET, -ECANCELED};
    for (unsigned i = 0; i < 60; i++) {
        struct seen seen = {0};
        int status = statuses[i % 3];
        struct arrival arrival = pool_started_arrives(world, (struct pool_started_sender){&pool, {{&seen, status}}});
        CHECK_EQ(seen.starts, 1);
        CHECK(!pthread_equal(seen.thread, pthread_self()));
        CHECK(pthread_equal(seen.thread, arrival.thread));
        /* Its environment has that scheduler, and the rest of the receiver's. */
        CHECK(seen.context == &pool);
        CHECK(seen.stop == &world->stop && seen.allocator == world->env.allocator);
        CHECK_EQ(arrival.status, status < 0 ? status : 0);
        CHECK_EQ(arrival.value, status < 0 ? 0 : status);
    }
    thread_pool_destroy(&pool);
    world_close(world);
}

void scenario_starts_on_after_stop_starts_nothing(struct world *world)
{
    struct thread_pool pool;
    struct seen seen = {0};
    CHECK_EQ(thread_pool_init(&pool, 1), 0);
    world_open(world, (struct world_options){0});
    CHECK(stop_source_request_stop(&world->stop));
    CHECK_EQ(pool_started_arrives(world, (struct pool_started_sender){&pool, {{&seen, 7}}}).status, -ECANCELED);
    CHECK_EQ(seen.starts, 0);
    thread_pool_destroy(&pool);
    world_close(world);
}

/* ---- continues_on(starts_on(pool, say), run_loop) ---- */

RECEIVER(away, ssize_t);
RECEIVER(back, ssize_t);
SENDER_SAY(away_say, away)
SENDER_STARTS_ON(away, thread_pool, away_say, back)
SENDER_CONTINUES_ON(back, away, run_loop, arrive)
ARRIVES(back)

_Static_assert(!(back_completions & COMPLETES_INLINE), "a run_loop is never inline");

static struct arrival there_and_back(struct world *world, struct thread_pool *pool, struct seen *seen, int status)
{
    struct away_sender child = {pool, {{seen, status}}};
    struct arrival arrival = back_arrives(world, (struct back_sender){child, &world->run_loop});
    CHECK(!pthread_equal(seen->thread, pthread_self()));
    CHECK(pthread_equal(arrival.thread, pthread_self()));
    return arrival;
}

static void continues_on(struct world *world, int status)
{
    struct thread_pool pool;
    CHECK_EQ(thread_pool_init(&pool, 2), 0);
    world_open(world, (struct world_options){0});
    for (unsigned i = 0; i < 50; i++) {
        struct seen seen = {0};
        struct arrival arrival = there_and_back(world, &pool, &seen, status);
        CHECK_EQ(arrival.status, status < 0 ? status : 0);
        CHECK_EQ(arrival.value, status < 0 ? 0 : status);
    }
    thread_pool_destroy(&pool);
    world_close(world);
}

void scenario_continues_on_completes_on_the_scheduler_with_value(struct world *world)
{
    continues_on(world, 123);
}

void scenario_continues_on_completes_on_the_scheduler_with_error(struct world *world)
{
    continues_on(world, -EPIPE);
}

void scenario_continues_on_completes_on_the_scheduler_with_stopped(struct world *world)
{
    continues_on(world, -ECANCELED);
}

/* The value that was kept is given up. */
void scenario_continues_on_is_stopped_while_it_schedules(struct world *world)
{
    struct thread_pool pool;
    CHECK_EQ(thread_pool_init(&pool, 1), 0);
    world_open(world, (struct world_options){0});
    struct seen seen = {.request = &world->stop};
    CHECK_EQ(there_and_back(world, &pool, &seen, 7).status, -ECANCELED);
    CHECK_EQ(seen.starts, 1);
    thread_pool_destroy(&pool);
    world_close(world);
}

/* ---- The inline scheduler ---- */

RECEIVER(inline_started, ssize_t);
SENDER_SAY(inline_say, inline_started)
SENDER_STARTS_ON(inline_started, inline_scheduler, inline_say, arrive)
ARRIVES(inline_started)

RECEIVER(inline_back, ssize_t);
SENDER_SAY(inline_back_say, inline_back)
SENDER_CONTINUES_ON(inline_back, inline_back_say, inline_scheduler, arrive)
ARRIVES(inline_back)

/* It queues nothing, and is not stopped. */
void scenario_inline_scheduler_completes_inside_start(struct world *world)
{
    struct seen seen = {0};
    world_open(world, (struct world_options){0});
    CHECK(stop_source_request_stop(&world->stop));
    CHECK_EQ(inline_started_arrives(world, (struct inline_started_sender){NULL, {{&seen, 7}}}).value, 7);
    CHECK_EQ(inline_back_arrives(world, (struct inline_back_sender){{{&seen, 8}}, NULL}).value, 8);
    CHECK_EQ(inline_back_arrives(world, (struct inline_back_sender){{{&seen, -EPIPE}}, NULL}).status, -EPIPE);
    CHECK_EQ(seen.starts, 3);
    CHECK_EQ(probe_counters[PROBE_POST], 0);
    world_close(world);
}

_Static_assert(inline_back_schedule_completions == (COMPLETES_WITH_VALUE | COMPLETES_INLINE), "inline, nothing else");
_Static_assert(sizeof(struct inline_back_schedule_op) == 0, "it needs no operation state");
_Static_assert(back_schedule_completions == (COMPLETES_WITH_VALUE | COMPLETES_WITH_STOPPED), "later, or stopped");

/* ---- The trampoline, and a type-erased scheduler ---- */

RECEIVER(bounced, ssize_t);
SENDER_SAY(bounced_say, bounced)
SENDER_CONTINUES_ON(bounced, bounced_say, trampoline, arrive)
ARRIVES(bounced)

void scenario_schedule_on_trampoline(struct world *world)
{
    struct trampoline trampoline = TRAMPOLINE_DEFAULTS;
    struct seen seen = {0};
    world_open(world, (struct world_options){0});
    CHECK_EQ(bounced_arrives(world, (struct bounced_sender){{{&seen, 7}}, &trampoline}).value, 7);
    CHECK(stop_source_request_stop(&world->stop));
    CHECK_EQ(bounced_arrives(world, (struct bounced_sender){{{&seen, 7}}, &trampoline}).status, -ECANCELED);
    CHECK(trampoline_current == NULL);
    world_close(world);
}

RECEIVER(erased, ssize_t);
SENDER_SAY(erased_say, erased)
SENDER_STARTS_ON(erased, task_scheduler, erased_say, arrive)
ARRIVES(erased)

void scenario_schedule_on_task_scheduler(struct world *world)
{
    struct thread_pool pool;
    CHECK_EQ(thread_pool_init(&pool, 1), 0);
    world_open(world, (struct world_options){0});
    struct task_scheduler on_pool = {thread_pool_executor(&pool)}, on_loop = {run_loop_executor(&world->run_loop)};
    struct seen seen = {0};
    CHECK_EQ(erased_arrives(world, (struct erased_sender){&on_pool, {{&seen, 7}}}).value, 7);
    CHECK(!pthread_equal(seen.thread, pthread_self()) && seen.context == &pool);
    CHECK_EQ(erased_arrives(world, (struct erased_sender){&on_loop, {{&seen, 8}}}).value, 8);
    CHECK(pthread_equal(seen.thread, pthread_self()) && seen.context == &world->run_loop);
    CHECK_EQ(task_scheduler_of(&world->env)->executor.context == &world->run_loop, 1);
    thread_pool_destroy(&pool);
    world_close(world);
}
