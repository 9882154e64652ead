/* How a coroutine awaits a sender: the bridges beside P2300's own. */
#include "sender/inline_awaitable.h"
#include "sender/member_awaitable.h"
#include "sender/ready_flag_awaitable.h"
#include "tests/scenario/world.h"

#include <sched.h>
#include <string.h>
#include <sys/socket.h>

/* ---- A sender that completes as it is told: in which channel, and inside start or from a run_loop ---- */

enum channel { WITH_VALUE, WITH_ERROR, WITH_STOPPED };

struct given {
    enum channel channel;
    ssize_t value; /* or the error */
    struct run_loop *later;
};

#define GIVEN(N, behaviour, R)                                                                                         \
    struct N##_sender {                                                                                                \
        struct given given;                                                                                            \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct given given;                                                                                            \
        struct work work;                                                                                              \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE | COMPLETES_WITH_ERROR | COMPLETES_WITH_STOPPED | (behaviour) };     \
    static void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)                 \
    {                                                                                                                  \
        PROBE(CONNECT);                                                                                                \
        op->receiver = receiver;                                                                                       \
        op->given = sender.given;                                                                                      \
    }                                                                                                                  \
    static void N##_execute(struct work *work)                                                                         \
    {                                                                                                                  \
        struct N##_op *op = CONTAINER_OF(work, struct N##_op, work);                                                   \
        if (op->given.channel == WITH_VALUE)                                                                           \
            R##_set_value(&op->receiver, op->given.value);                                                             \
        else if (op->given.channel == WITH_ERROR)                                                                      \
            R##_set_error(&op->receiver, (int)op->given.value);                                                        \
        else                                                                                                           \
            R##_set_stopped(&op->receiver);                                                                            \
    }                                                                                                                  \
    static void N##_start(struct N##_op *op)                                                                           \
    {                                                                                                                  \
        PROBE(START);                                                                                                  \
        op->work.execute = N##_execute;                                                                                \
        if (op->given.later)                                                                                           \
            run_loop_post_work(op->given.later, &op->work);                                                            \
        else                                                                                                           \
            N##_execute(&op->work);                                                                                    \
    }

/* ---- A task that awaits one sender and returns what it gave ---- */

#define TASK(N, AWAIT, sender_type)                                                                                    \
    struct N##_task {                                                                                                  \
        struct sender_task task;                                                                                       \
        struct N awaitable;                                                                                            \
        struct sender_type sender;                                                                                     \
        ssize_t got;                                                                                                   \
    };                                                                                                                 \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N##_task *self = (struct N##_task *)handle;                                                             \
        CO_BEGIN(self);                                                                                                \
        AWAIT(self->got, self, N, &self->awaitable, self->sender);                                                     \
        SENDER_TASK_RETURN(self, self->got);                                                                           \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static ssize_t N##_run(struct world *world, struct sender_type sender)                                             \
    {                                                                                                                  \
        struct N##_task *self =                                                                                        \
            (struct N##_task *)sender_task_create(world->env.allocator, sizeof *self, N##_body, NULL);                 \
        CHECK(self != NULL);                                                                                           \
        self->sender = sender;                                                                                         \
        return run_task(world, &self->task);                                                                           \
    }

enum { ENDED_STOPPED = -10000 };

struct end {
    struct sender_task_state state;
    struct run_loop *loop;
    ssize_t value;
    unsigned times;
    pthread_t thread;
};

static void ended(struct sender_task_state *state, ssize_t value)
{
    struct end *end = CONTAINER_OF(state, struct end, state);
    end->value = value;
    end->times++;
    end->thread = pthread_self();
    run_loop_finish(end->loop);
}

static void ended_stopped(struct sender_task_state *state)
{
    ended(state, ENDED_STOPPED);
}

static pthread_t last_thread;

/* Runs the task to its end: its result, or ENDED_STOPPED. */
static ssize_t run_task(struct world *world, struct sender_task *task)
{
    struct end end = {.loop = &world->run_loop};
    end.state = (struct sender_task_state){.env = &world->env, .set_value = ended, .set_stopped = ended_stopped};
    sender_task_start(task, &end.state);
    CHECK_EQ(run_loop_run(&world->run_loop), 0);
    CHECK_EQ(end.times, 1);
    coro_destroy(&task->frame.coro);
    last_thread = end.thread;
    return end.value;
}

/* ---- handshake ---- */

#define HANDSHAKE_TASK(N, by)                                                                                          \
    HANDSHAKE_AWAITABLE_RECEIVER(N, sender_task, by)                                                                   \
    GIVEN(N##_given, 0, N)                                                                                             \
    HANDSHAKE_AWAITABLE(N, N##_given, by)                                                                              \
    TASK(N, CO_AWAIT_SENDER_TRANSFER, N##_given_sender)

HANDSHAKE_TASK(by_exchange, exchange)
HANDSHAKE_TASK(by_thread_id, thread_id)

/* By both, and the probe counts each of the two by itself. */
static void check_handshakes(struct world *world, struct given given, ssize_t expected, bool resumed, bool emplaced)
{
    for (unsigned by = 0; by < 2; by++) {
        probe_reset();
        CHECK_EQ(by == 0 ? by_exchange_run(world, (struct by_exchange_given_sender){given})
                         : by_thread_id_run(world, (struct by_thread_id_given_sender){given}),
                 expected);
        CHECK_EQ(probe_counters[PROBE_SUSPEND], 1);
        CHECK_EQ(probe_counters[PROBE_TRANSFER], emplaced && !resumed);
        CHECK_EQ(probe_counters[PROBE_START], 1);
        CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], resumed);
        CHECK_EQ(probe_counters[PROBE_VARIANT_EMPLACED], emplaced);
    }
}

void scenario_handshake_completion_inside_start_transfers(struct world *world)
{
    world_open(world, (struct world_options){0});
    check_handshakes(world, (struct given){WITH_VALUE, 123, NULL}, 123, false, true);
    world_close(world);
}

void scenario_handshake_completion_later_resumes(struct world *world)
{
    world_open(world, (struct world_options){0});
    check_handshakes(world, (struct given){WITH_VALUE, 123, &world->run_loop}, 123, true, true);
    world_close(world);
}

void scenario_handshake_error_comes_back(struct world *world)
{
    world_open(world, (struct world_options){0});
    check_handshakes(world, (struct given){WITH_ERROR, ECONNRESET, NULL}, -ECONNRESET, false, true);
    check_handshakes(world, (struct given){WITH_ERROR, ECONNRESET, &world->run_loop}, -ECONNRESET, true, true);
    world_close(world);
}

void scenario_handshake_stopped_ends_the_task(struct world *world)
{
    world_open(world, (struct world_options){0});
    check_handshakes(world, (struct given){WITH_STOPPED, 0, NULL}, ENDED_STOPPED, false, false);
    check_handshakes(world, (struct given){WITH_STOPPED, 0, &world->run_loop}, ENDED_STOPPED, true, false);
    world_close(world);
}

/* A sender that completes on a pool's thread before its start returns, and until when start stays. */
enum { UNTIL_COMPLETING, UNTIL_COMPLETED };

#define LINGERING(N, until, R)                                                                                         \
    struct N##_sender {                                                                                                \
        struct thread_pool *pool;                                                                                      \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct thread_pool *pool;                                                                                      \
        struct work work;                                                                                              \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE };                                                                   \
    static _Atomic unsigned N##_passed;                                                                                \
    static void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)                 \
    {                                                                                                                  \
        op->receiver = receiver;                                                                                       \
        op->pool = sender.pool;                                                                                        \
    }                                                                                                                  \
    static void N##_execute(struct work *work)                                                                         \
    {                                                                                                                  \
        N##_passed += (until) == UNTIL_COMPLETING;                                                                     \
        R##_set_value(&CONTAINER_OF(work, struct N##_op, work)->receiver, 5);                                          \
        N##_passed += (until) == UNTIL_COMPLETED;                                                                      \
    }                                                                                                                  \
    static void N##_start(struct N##_op *op)                                                                           \
    {                                                                                                                  \
        unsigned before = N##_passed;                                                                                  \
        op->work.execute = N##_execute;                                                                                \
        thread_pool_post_work(op->pool, &op->work);                                                                    \
        while (N##_passed == before)                                                                                   \
            sched_yield();                                                                                             \
    }

#define LINGERING_TASK(N, by, until)                                                                                   \
    HANDSHAKE_AWAITABLE_RECEIVER(N, sender_task, by)                                                                   \
    LINGERING(N##_lingering, until, N)                                                                                 \
    HANDSHAKE_AWAITABLE(N, N##_lingering, by)                                                                          \
    TASK(N, CO_AWAIT_SENDER_TRANSFER, N##_lingering_sender)

LINGERING_TASK(here, exchange, UNTIL_COMPLETED)
LINGERING_TASK(there, thread_id, UNTIL_COMPLETING)

/* When the operation completes on another thread while start runs, by=exchange goes on on the starting thread, and
 * by=thread-id on the completing one. */
void scenario_handshake_with_another_thread_during_start(struct world *world)
{
    struct thread_pool pool;
    CHECK_EQ(thread_pool_init(&pool, 1), 0);
    world_open(world, (struct world_options){0});
    for (unsigned i = 0; i < 200; i++) {
        CHECK_EQ(here_run(world, (struct here_lingering_sender){&pool}), 5);
        CHECK(pthread_equal(last_thread, pthread_self()));
        CHECK_EQ(there_run(world, (struct there_lingering_sender){&pool}), 5);
        CHECK(!pthread_equal(last_thread, pthread_self()));
    }
    CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], 0);
    thread_pool_destroy(&pool);
    world_close(world);
}

/* ---- ready-flag ---- */

#define READY_FLAG_TASK(N, by)                                                                                         \
    READY_FLAG_AWAITABLE_RECEIVER(N, sender_task, by)                                                                  \
    GIVEN(N##_given, 0, N)                                                                                             \
    READY_FLAG_AWAITABLE(N, N##_given, by)                                                                             \
    TASK(N, CO_AWAIT_SENDER_READY, N##_given_sender)

READY_FLAG_TASK(flag_one_thread, one_thread)
READY_FLAG_TASK(flag_exchange, exchange)
READY_FLAG_TASK(flag_thread_id, thread_id)

/* What completed inside start does not suspend, unless it was stopped, which await_resume cannot say. */
static void check_ready_flags(struct world *world, struct given given, ssize_t expected)
{
    bool ready = !given.later && given.channel != WITH_STOPPED;
    world_open(world, (struct world_options){0});
    if (given.later)
        given.later = &world->run_loop;
    for (unsigned by = 0; by < 3; by++) {
        probe_reset();
        CHECK_EQ(by == 0   ? flag_one_thread_run(world, (struct flag_one_thread_given_sender){given})
                 : by == 1 ? flag_exchange_run(world, (struct flag_exchange_given_sender){given})
                           : flag_thread_id_run(world, (struct flag_thread_id_given_sender){given}),
                 expected);
        CHECK_EQ(probe_counters[PROBE_READY], ready);
        CHECK_EQ(probe_counters[PROBE_SUSPEND], !ready);
        CHECK_EQ(probe_counters[PROBE_START], 1);
        CHECK_EQ(probe_counters[PROBE_TRANSFER], 0);
        CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], given.later != NULL);
    }
    world_close(world);
}

void scenario_ready_flag_completion_inside_start_does_not_suspend(struct world *world)
{
    check_ready_flags(world, (struct given){WITH_VALUE, 123, NULL}, 123);
}

void scenario_ready_flag_completion_later_resumes(struct world *world)
{
    check_ready_flags(world, (struct given){WITH_VALUE, 123, &world->run_loop}, 123);
}

void scenario_ready_flag_error_comes_back(struct world *world)
{
    check_ready_flags(world, (struct given){WITH_ERROR, ECONNRESET, NULL}, -ECONNRESET);
    check_ready_flags(world, (struct given){WITH_ERROR, ECONNRESET, &world->run_loop}, -ECONNRESET);
}

void scenario_ready_flag_stopped_ends_the_task(struct world *world)
{
    check_ready_flags(world, (struct given){WITH_STOPPED, 0, NULL}, ENDED_STOPPED);
    check_ready_flags(world, (struct given){WITH_STOPPED, 0, &world->run_loop}, ENDED_STOPPED);
}

#define LINGERING_FLAG_TASK(N, by, until)                                                                              \
    READY_FLAG_AWAITABLE_RECEIVER(N, sender_task, by)                                                                  \
    LINGERING(N##_lingering, until, N)                                                                                 \
    READY_FLAG_AWAITABLE(N, N##_lingering, by)                                                                         \
    TASK(N, CO_AWAIT_SENDER_READY, N##_lingering_sender)

LINGERING_FLAG_TASK(flag_here, exchange, UNTIL_COMPLETED)
LINGERING_FLAG_TASK(flag_there, thread_id, UNTIL_COMPLETING)

/* The completion comes from another thread before await_suspend, and while start runs: by=exchange the coroutine sees
 * it in await_ready, and never suspends; by=thread-id it does not, and the other thread goes on once it has suspended.
 */
void scenario_ready_flag_with_another_thread_before_await_suspend(struct world *world)
{
    struct thread_pool pool;
    CHECK_EQ(thread_pool_init(&pool, 1), 0);
    world_open(world, (struct world_options){0});
    for (unsigned i = 0; i < 200; i++) {
        probe_reset();
        CHECK_EQ(flag_here_run(world, (struct flag_here_lingering_sender){&pool}), 5);
        CHECK(pthread_equal(last_thread, pthread_self()));
        CHECK_EQ(probe_counters[PROBE_READY], 1);
        CHECK_EQ(probe_counters[PROBE_SUSPEND], 0);
        CHECK_EQ(flag_there_run(world, (struct flag_there_lingering_sender){&pool}), 5);
        CHECK(!pthread_equal(last_thread, pthread_self()));
        CHECK_EQ(probe_counters[PROBE_SUSPEND], 1);
    }
    thread_pool_destroy(&pool);
    world_close(world);
}

/* ---- inline-known ---- */

INLINE_AWAITABLE_RECEIVER(known, sender_task)
GIVEN(known_given, COMPLETES_INLINE, known)
INLINE_AWAITABLE(known, known_given)
TASK(known, CO_AWAIT_SENDER_TRANSFER, known_given_sender)

static void check_known(struct world *world, struct given given, ssize_t expected)
{
    world_open(world, (struct world_options){0});
    CHECK_EQ(known_run(world, (struct known_given_sender){given}), expected);
    CHECK_EQ(probe_counters[PROBE_SUSPEND], 1);
    CHECK_EQ(probe_counters[PROBE_TRANSFER], given.channel != WITH_STOPPED);
    CHECK_EQ(probe_counters[PROBE_CONNECT], 1);
    CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], 0);
    CHECK_EQ(world->allocator.allocated, 1);
    world_close(world);
}

void scenario_inline_known_needs_no_op_state_in_the_frame(struct world *world)
{
    CHECK(sizeof(struct known_given_op) > sizeof(struct known_given_sender));
    CHECK_EQ(sizeof(struct known), sizeof(struct known_awaitable) + sizeof(struct known_given_sender));
    check_known(world, (struct given){WITH_VALUE, 123, NULL}, 123);
}

void scenario_inline_known_error_comes_back(struct world *world)
{
    check_known(world, (struct given){WITH_ERROR, ECONNRESET, NULL}, -ECONNRESET);
}

void scenario_inline_known_stopped_ends_the_task(struct world *world)
{
    check_known(world, (struct given){WITH_STOPPED, 0, NULL}, ENDED_STOPPED);
}

/* ---- member ---- */

/* A scenario that awaits by members meets no receiver. */
static void check_no_receiver(void)
{
    CHECK_EQ(probe_counters[PROBE_CONNECT], 0);
    CHECK_EQ(probe_counters[PROBE_SET_VALUE] + probe_counters[PROBE_SET_ERROR] + probe_counters[PROBE_SET_STOPPED], 0);
    CHECK_EQ(probe_counters[PROBE_VARIANT_EMPLACED], 0);
}

MEMBER_JUST(just)
TASK(just, CO_AWAIT_MEMBER, just_sender)

void scenario_member_just_does_not_suspend(struct world *world)
{
    world_open(world, (struct world_options){0});
    CHECK_EQ(just_run(world, (struct just_sender){123}), 123);
    CHECK_EQ(probe_counters[PROBE_READY], 1);
    CHECK_EQ(probe_counters[PROBE_SUSPEND], 0);
    check_no_receiver();
    world_close(world);
}

MEMBER_SCHEDULE(on_loop, run_loop, sender_task)
TASK(on_loop, CO_AWAIT_MEMBER, on_loop_sender)

MEMBER_SCHEDULE(on_pool, thread_pool, sender_task)
TASK(on_pool, CO_AWAIT_MEMBER, on_pool_sender)

void scenario_member_schedule_posts_a_continuation(struct world *world)
{
    struct thread_pool pool;
    CHECK_EQ(thread_pool_init(&pool, 1), 0);
    world_open(world, (struct world_options){0});
    CHECK_EQ(on_loop_run(world, (struct on_loop_sender){&world->run_loop}), 0);
    CHECK(pthread_equal(last_thread, pthread_self()));
    CHECK_EQ(probe_counters[PROBE_POST], 1);
    CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], 0);
    for (unsigned i = 0; i < 200; i++) {
        CHECK_EQ(on_pool_run(world, (struct on_pool_sender){&pool}), 0);
        CHECK(!pthread_equal(last_thread, pthread_self()));
    }
    CHECK_EQ(probe_counters[PROBE_POST], 201);
    check_no_receiver();

    CHECK(stop_source_request_stop(&world->stop));
    CHECK_EQ(on_loop_run(world, (struct on_loop_sender){&world->run_loop}), ENDED_STOPPED);
    CHECK_EQ(on_pool_run(world, (struct on_pool_sender){&pool}), ENDED_STOPPED);
    CHECK_EQ(probe_counters[PROBE_POST], 201);
    thread_pool_destroy(&pool);
    world_close(world);
}

MEMBER_READ_SOME(reading, sender_task)
TASK(reading, CO_AWAIT_MEMBER, reading_sender)

MEMBER_WRITE_SOME(writing, sender_task)
TASK(writing, CO_AWAIT_MEMBER, writing_sender)

static ssize_t read_once(struct world *world)
{
    struct loop_job *job = &world->connections[0].job;
    return reading_run(world, (struct reading_sender){job->stream, job->buffer, job->size});
}

static ssize_t write_once(struct world *world, size_t size)
{
    struct loop_job *job = &world->connections[0].job;
    return writing_run(world, (struct writing_sender){job->stream, job->buffer, size});
}

/* Ready when the speculative attempt succeeds; else submitted, and resumed by the completion. */
void scenario_member_read_some_and_write_some(struct world *world)
{
    char got[8];
    bool at_once = world->mode == 1;
    struct sim_script script = {.seed = 1, .sync_share = at_once ? 1000 : 0, .delay_max = 3};
    world_open(world, (struct world_options){.total = 5, .script = script});
    if (world->backend != REACTOR_SIM)
        CHECK_EQ(send(world->connections[0].ends[1].fd, "hello", 5, 0), 5);
    CHECK_EQ(read_once(world), 5);
    CHECK_EQ(write_once(world, 5), 5);
    if (world->backend != REACTOR_SIM)
        CHECK(recv(world->connections[0].ends[1].fd, got, sizeof got, 0) == 5 && memcmp(got, "hello", 5) == 0);
    CHECK_EQ(probe_counters[PROBE_READY], at_once ? 2 : 0);
    CHECK_EQ(probe_counters[PROBE_SUSPEND], at_once ? 0 : 2);
    CHECK_EQ(probe_counters[PROBE_NESTED_RESUME], at_once ? 0 : 2);
    CHECK_EQ(reactor_counts(world->reactor).submitted, at_once ? 0 : 2);
    check_no_receiver();
    world_close(world);
}

void scenario_member_read_some_error_comes_back(struct world *world)
{
    struct sim_script script = {.seed = 1, .sync_share = 500 * world->mode, .error = ECONNRESET, .error_at = 1};
    world_open(world, (struct world_options){.total = 5, .tcp = true, .script = script});
    if (world->backend != REACTOR_SIM)
        peer_close(&world->connections[0], true);
    CHECK_EQ(read_once(world), -ECONNRESET);
    world_close(world);
}

struct stop_work {
    struct work work;
    struct world *world;
};

static void stop_now(struct work *work)
{
    CHECK(stop_source_request_stop(&CONTAINER_OF(work, struct stop_work, work)->world->stop));
}

/* A stop request while the read is in flight, and one before it. */
void scenario_member_read_some_stopped_ends_the_task(struct world *world)
{
    struct stop_work stop = {.work.execute = stop_now, .world = world};
    world_open(world, (struct world_options){.total = 5, .silent = true, .waits = true});
    run_loop_post_work(&world->run_loop, &stop.work);
    CHECK_EQ(read_once(world), ENDED_STOPPED);
    CHECK_EQ(read_once(world), ENDED_STOPPED);
    CHECK_EQ(reactor_counts(world->reactor).submitted, 1);
    world_close(world);
}

/* What completes at once over the budget is posted, and has moved its bytes all the same. */
void scenario_member_read_some_over_the_inline_budget(struct world *world)
{
    struct sim_script script = {.seed = 1, .sync_share = 1000};
    struct inline_budget budget = inline_budget_fixed(1);
    bool at_once = world->backend == REACTOR_SIM || world->mode == 1;
    world_open(world, (struct world_options){.total = 48, .buffer = 16, .script = script});
    world->connections[0].job.stream->budget = &budget;
    if (world->backend != REACTOR_SIM)
        CHECK_EQ(send(world->connections[0].ends[1].fd, world->connections[0].source, 48, 0), 48);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(read_once(world), 16);
        CHECK(memcmp(world->connections[0].job.buffer, world->connections[0].source + 16 * (size_t)i, 16) == 0);
    }
    CHECK_EQ(probe_counters[PROBE_READY], at_once ? 2 : 0);
    CHECK_EQ(probe_counters[PROBE_POST], at_once ? 1 : 0);
    world_close(world);
}
