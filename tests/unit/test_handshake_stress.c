/* The handshake of awaiting coroutine and receiver under completions that race: two threads hand a coroutine to and
 * fro, and each operation, started on one, is completed by the other at once. They spin for each other rather than
 * sleep, so that the two sides of the handshake come within nanoseconds of each other, in either order. The threads
 * have small stacks, which anything that grew by a completion would overflow.
 *
 *     test_handshake_stress exchange | thread_id | thread_id_look_first | ready_flag_exchange | ready_flag_thread_id
 *
 * With ready_flag_ the operation races with all that the coroutine does before it has suspended. */
#include "common/probe.h"
#include "sender/ready_flag_awaitable.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#elif !defined __has_feature
#define SANITIZED 0
#elif __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif
#if defined __clang__
#define ANOTHER_COMPILER 1
#else
#define ANOTHER_COMPILER 0
#endif

/* A chain is one coroutine after another. The newest operation is completed first, so that it races with its start, and
 * there are many chains, so that a thread has work while the other one is not on a processor. A task is destroyed, and
 * the next made, by whichever thread it ends on; every so often one is long, so that a stack that grows by each await
 * would show. */
enum {
    RACES = SANITIZED          ? 1000000
            : ANOTHER_COMPILER ? 2000000
                               : 10000000,
    CHAINS = 1024,
    SHORT_TURNS = 64,
    LONG_TURNS = 5000,
    TASKS_PER_LONG_ONE = 256,
    STACK_BYTES = 1 << 16,
    MOST_PAUSES = 16,
    SURE_RACES = 100, /* of the first chain: the other thread comes first, so that both orders occur on any machine */
    STALLED_POLLS = 2000, /* of 10 ms */
};

/* How long start stays once the other thread may have the operation. The last is no race, but makes long runs of
 * completions that come first. */
enum pace { AT_ONCE, A_RANDOM_WHILE, UNTIL_TAKEN, INSIDE_START };

struct operation {
    struct operation *below;
    struct chain *chain;
    void (*complete)(struct operation *);
};

struct mailbox_thread {
    struct race *race;
    struct mailbox_thread *other;
    _Atomic(struct operation *) mail; /* the newest; only this thread takes */
    _Atomic unsigned long taken;      /* how many operations this thread has begun to complete */
    struct chain *ended;              /* its task has, on this thread */
    unsigned long early;              /* operations that were taken while this thread was still in their start */
    uint64_t nested_resumes;
    pthread_t pthread;
};

struct chain {
    struct race *race;
    struct sender_task_state state;
    _Atomic unsigned long taken; /* operations that the other thread has begun to complete */
    /* the coroutine's */
    struct sender_task *task;
    unsigned long tasks;   /* made so far */
    unsigned long started; /* operations */
    unsigned long raced;   /* of them, completed by the other thread */
    unsigned long delivered;
    unsigned long wrong;
    enum pace pace;
    uint64_t random;
};

struct race {
    struct mailbox_thread threads[2];
    struct chain chains[CHAINS];
    _Atomic unsigned chains_left;
    struct sender_task *(*create)(struct chain *, unsigned turns);
    struct io_env env;
};

static _Thread_local struct mailbox_thread *me;

static ssize_t value_of(unsigned long number)
{
    return (ssize_t)(number * 3 + 1);
}

/* ---- The sender: its operation is completed by the other thread ---- */

/* Once it has been mailed the operation may be gone, and the chain's members be another thread's. */
static void mail(struct operation *operation, enum pace pace)
{
    struct mailbox_thread *here = me, *there = here->other;
    struct chain *chain = operation->chain;
    unsigned long before = atomic_load_explicit(&chain->taken, memory_order_relaxed);
    unsigned pauses = pace == UNTIL_TAKEN ? MOST_PAUSES : 0;
    bool surely = chain->raced++ < SURE_RACES && chain == chain->race->chains;
    if (pace == A_RANDOM_WHILE) {
        chain->random = chain->random * 6364136223846793005u + 1442695040888963407u;
        pauses = (unsigned)(chain->random >> 33) % MOST_PAUSES;
    }
    operation->below = atomic_load_explicit(&there->mail, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&there->mail, &operation->below, operation, memory_order_release,
                                                  memory_order_relaxed)) {
    }
    while (pauses-- && (pace != UNTIL_TAKEN || atomic_load_explicit(&chain->taken, memory_order_relaxed) == before))
        spin_pause();
    while (surely && atomic_load_explicit(&chain->taken, memory_order_relaxed) == before)
        sched_yield();
    here->early += atomic_load_explicit(&chain->taken, memory_order_relaxed) != before;
}

static struct operation *take_mail(struct mailbox_thread *self)
{
    struct operation *operation = atomic_load_explicit(&self->mail, memory_order_acquire);
    while (operation && !atomic_compare_exchange_weak_explicit(&self->mail, &operation, operation->below,
                                                               memory_order_acquire, memory_order_acquire)) {
    }
    return operation;
}

#define MAILED(N, R)                                                                                                   \
    struct N##_sender {                                                                                                \
        struct chain *chain;                                                                                           \
        unsigned long number;                                                                                          \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct operation operation;                                                                                    \
        unsigned long number;                                                                                          \
    };                                                                                                                 \
    enum { N##_completions = COMPLETES_WITH_VALUE };                                                                   \
    static void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)                 \
    {                                                                                                                  \
        op->receiver = receiver;                                                                                       \
        op->operation.chain = sender.chain;                                                                            \
        op->number = sender.number;                                                                                    \
    }                                                                                                                  \
    static void N##_complete(struct operation *operation)                                                              \
    {                                                                                                                  \
        struct N##_op *op = CONTAINER_OF(operation, struct N##_op, operation);                                         \
        R##_set_value(&op->receiver, value_of(op->number));                                                            \
    }                                                                                                                  \
    static void N##_start(struct N##_op *op)                                                                           \
    {                                                                                                                  \
        enum pace pace = op->operation.chain->pace;                                                                    \
        op->operation.complete = N##_complete;                                                                         \
        if (pace == INSIDE_START)                                                                                      \
            N##_complete(&op->operation);                                                                              \
        else                                                                                                           \
            mail(&op->operation, pace);                                                                                \
    }

/* ---- The coroutine ---- */

static void delivered(struct chain *chain, unsigned long number, ssize_t value)
{
    chain->wrong += value != value_of(number);
    chain->delivered++;
}

/* Tasks that await by a bridge: HANDSHAKE or READY_FLAG, and how it is awaited. */
#define RACING(name, bridge, AWAIT, by)                                                                                \
    bridge##_AWAITABLE_RECEIVER(name##_await, sender_task, by) MAILED(name##_mailed, name##_await)                     \
        bridge##_AWAITABLE(name##_await, name##_mailed, by) struct name##_task {                                       \
        struct sender_task task;                                                                                       \
        struct chain *chain;                                                                                           \
        unsigned turns;                                                                                                \
        unsigned long number;                                                                                          \
        ssize_t got;                                                                                                   \
        struct name##_await awaitable;                                                                                 \
    };                                                                                                                 \
    static void name##_body(struct coro *handle)                                                                       \
    {                                                                                                                  \
        struct name##_task *self = (struct name##_task *)handle;                                                       \
        CO_BEGIN(self);                                                                                                \
        for (; self->turns > 0; self->turns--) {                                                                       \
            self->number = self->chain->started++;                                                                     \
            AWAIT(self->got, self, name##_await, &self->awaitable,                                                     \
                  ((struct name##_mailed_sender){self->chain, self->number}));                                         \
            delivered(self->chain, self->number, self->got);                                                           \
        }                                                                                                              \
        SENDER_TASK_RETURN(self, 0);                                                                                   \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static struct sender_task *name##_create(struct chain *chain, unsigned turns)                                      \
    {                                                                                                                  \
        struct name##_task *self = (struct name##_task *)sender_task_create(NULL, sizeof *self, name##_body, NULL);    \
        if (!self)                                                                                                     \
            abort();                                                                                                   \
        self->chain = chain;                                                                                           \
        self->turns = turns;                                                                                           \
        return &self->task;                                                                                            \
    }

RACING(exchange, HANDSHAKE, CO_AWAIT_SENDER_TRANSFER, exchange)
RACING(thread_id, HANDSHAKE, CO_AWAIT_SENDER_TRANSFER, thread_id)
RACING(thread_id_look_first, HANDSHAKE, CO_AWAIT_SENDER_TRANSFER, thread_id_look_first)
RACING(ready_flag_exchange, READY_FLAG, CO_AWAIT_SENDER_READY, exchange)
RACING(ready_flag_thread_id, READY_FLAG, CO_AWAIT_SENDER_READY, thread_id)

/* ---- The threads ---- */

static void ended(struct sender_task_state *state, ssize_t result)
{
    (void)result;
    me->ended = CONTAINER_OF(state, struct chain, state);
}

static void ended_stopped(struct sender_task_state *state)
{
    (void)state;
    abort();
}

/* The task may be on the other thread when this returns. */
static void start_next(struct chain *chain)
{
    unsigned long number = chain->tasks++ + (unsigned long)(chain - chain->race->chains);
    bool is_long = number % TASKS_PER_LONG_ONE == 0;
    chain->pace = is_long ? (number / TASKS_PER_LONG_ONE % 2 ? UNTIL_TAKEN : INSIDE_START) : number % INSIDE_START;
    chain->task = chain->race->create(chain, is_long ? LONG_TURNS : SHORT_TURNS);
    sender_task_start(chain->task, &chain->state);
}

/* Goes on after each task that ended on this thread. */
static void go_on(struct mailbox_thread *self)
{
    while (self->ended) {
        struct chain *chain = self->ended;
        self->ended = NULL;
        coro_destroy(&chain->task->frame.coro);
        if (chain->raced >= RACES / CHAINS + 1)
            atomic_fetch_sub_explicit(&self->race->chains_left, 1, memory_order_release);
        else
            start_next(chain);
    }
}

static void *run_thread(void *argument)
{
    struct mailbox_thread *self = argument;
    struct race *race = self->race;
    me = self;
    for (unsigned i = 0; self == &race->threads[0] && i < CHAINS; i++) {
        start_next(&race->chains[i]);
        go_on(self);
    }
    while (atomic_load_explicit(&race->chains_left, memory_order_acquire)) {
        struct operation *operation = take_mail(self);
        if (!operation) {
            sched_yield();
            continue;
        }
        atomic_fetch_add_explicit(&self->taken, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&operation->chain->taken, 1, memory_order_relaxed);
        operation->complete(operation);
        go_on(self);
    }
    self->nested_resumes = probe_counters[PROBE_NESTED_RESUME];
    return NULL;
}

/* Waits for the end; a completion that got lost would make it wait for ever. */
static void watch(struct race *race)
{
    unsigned long seen = 0;
    for (unsigned polls = 0; atomic_load(&race->chains_left); usleep(10000)) {
        unsigned long now = atomic_load(&race->threads[0].taken) + atomic_load(&race->threads[1].taken);
        polls = now == seen ? polls + 1 : 0;
        seen = now;
        if (polls > STALLED_POLLS) {
            printf("stalled after %lu completions: one got lost\n", now);
            exit(1);
        }
    }
}

static struct sender_task *(*create)(struct chain *, unsigned turns);

static struct race *race_create(void)
{
    struct race *race = calloc(1, sizeof *race);
    assert_non_null(race);
    race->create = create;
    race->env.executor = inline_executor();
    race->chains_left = CHAINS;
    for (unsigned i = 0; i < CHAINS; i++) {
        race->chains[i].race = race;
        race->chains[i].random = i;
        race->chains[i].state =
            (struct sender_task_state){.env = &race->env, .set_value = ended, .set_stopped = ended_stopped};
    }
    for (unsigned i = 0; i < 2; i++) {
        race->threads[i].race = race;
        race->threads[i].other = &race->threads[1 - i];
    }
    return race;
}

static void run(struct race *race)
{
    pthread_attr_t attributes;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, STACK_BYTES), 0);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&race->threads[i].pthread, &attributes, run_thread, &race->threads[i]), 0);
    watch(race);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_join(race->threads[i].pthread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

static void every_racing_completion_resumes_exactly_once(void **state)
{
    (void)state;
    struct race *race = race_create();
    run(race);

    const struct mailbox_thread *threads = race->threads;
    unsigned long raced = 0, early = threads[0].early + threads[1].early;
    uint64_t resumed = threads[0].nested_resumes + threads[1].nested_resumes;
    for (unsigned i = 0; i < CHAINS; i++) {
        const struct chain *chain = &race->chains[i];
        assert_int_equal(chain->wrong, 0);
        assert_int_equal(chain->delivered, chain->started);
        assert_int_equal(chain->taken, chain->raced);
        raced += chain->raced;
    }
    printf("%lu completions raced%s, %lu of them taken before start returned; %lu resumed by the completion\n", raced,
           RACES < 10000000 ? " (not the full 10000000, which are of gcc without a sanitizer)" : "", early,
           (unsigned long)resumed);
    assert_true(raced >= RACES);
    assert_true(early >= SURE_RACES && early < raced);
    if (create == exchange_create || create == ready_flag_exchange_create)
        assert_true(resumed > 0 && resumed < raced);
    else
        assert_int_equal(resumed, raced);
    free(race);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(every_racing_completion_resumes_exactly_once)};
    static const struct {
        const char *name;
        struct sender_task *(*create)(struct chain *, unsigned turns);
    } bridges[] = {{"exchange", exchange_create},
                   {"thread_id", thread_id_create},
                   {"thread_id_look_first", thread_id_look_first_create},
                   {"ready_flag_exchange", ready_flag_exchange_create},
                   {"ready_flag_thread_id", ready_flag_thread_id_create}};
    for (size_t i = 0; argc == 2 && i < sizeof bridges / sizeof bridges[0]; i++)
        if (strcmp(argv[1], bridges[i].name) == 0)
            create = bridges[i].create;
    if (!create) {
        fprintf(stderr, "test_handshake_stress: usage: test_handshake_stress exchange | thread_id | "
                        "thread_id_look_first | ready_flag_exchange | ready_flag_thread_id\n");
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    return cmocka_run_group_tests_name("handshake stress", tests, NULL, NULL);
}
