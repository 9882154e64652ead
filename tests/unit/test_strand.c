/* The strand, over a pool of several threads and over a run_loop. */
#include "common/probe.h"
#include "common/run_loop.h"
#include "common/strand.h"
#include "common/thread_pool.h"
#include "sender/schedule.h"
#include "sender/sync_wait.h"
#include "tests/unit/unit.h"

#include <sched.h>

enum { THREADS = 4, NODES = 4000 };

/* What a strand protects: plain variables, which ThreadSanitizer watches. */
struct record {
    int order[NODES];
    int count;
    bool inside;
    int overlaps;
};

struct node {
    struct coro coro;
    struct continuation continuation;
    struct work work;
    struct record *record;
    int number;
};

static void enter(struct node *node)
{
    struct record *record = node->record;
    record->overlaps += record->inside;
    record->inside = true;
    if (node->number % 64 == 0)
        sched_yield();
    record->order[record->count++] = node->number;
    record->inside = false;
}

static void resumed(struct coro *coro)
{
    enter(CONTAINER_OF(coro, struct node, coro));
}

static void executed(struct work *work)
{
    enter(CONTAINER_OF(work, struct node, work));
}

static void post_node(struct executor_ref executor, struct node *node, struct record *record, int number)
{
    *node = (struct node){.coro.resume = resumed, .work.execute = executed, .record = record, .number = number};
    node->continuation.coro = &node->coro;
    if (number % 3)
        executor_post_work(executor, &node->work);
    else
        executor_post(executor, &node->continuation);
}

static struct node nodes[NODES];
static struct record record;
static struct thread_pool pool;
static struct strand strand;

static int set_up(void **state)
{
    (void)state;
    record = (struct record){0};
    return thread_pool_init(&pool, THREADS) || strand_init(&strand, thread_pool_executor(&pool));
}

/* Everything has run then. */
static void finish(void)
{
    thread_pool_destroy(&pool);
    strand_destroy(&strand);
    assert_int_equal(record.overlaps, 0);
}

static void nodes_of_both_kinds_run_in_the_order_of_the_posts(void **state)
{
    (void)state;
    for (int i = 0; i < NODES; i++)
        post_node(strand_executor(&strand), &nodes[i], &record, i);
    finish();
    assert_int_equal(record.count, NODES);
    for (int i = 0; i < NODES; i++)
        assert_int_equal(record.order[i], i);
}

struct poster {
    pthread_t thread;
    int first;
};

static void *post_a_share(void *argument)
{
    const struct poster *poster = argument;
    for (int i = 0; i < NODES / THREADS; i++)
        post_node(strand_executor(&strand), &nodes[poster->first + i], &record, poster->first + i);
    return NULL;
}

static void no_two_nodes_run_at_once_whoever_posts_them(void **state)
{
    (void)state;
    struct poster posters[THREADS];
    int next[THREADS];
    for (int i = 0; i < THREADS; i++) {
        posters[i].first = next[i] = i * (NODES / THREADS);
        assert_int_equal(pthread_create(&posters[i].thread, NULL, post_a_share, &posters[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(posters[i].thread, NULL);
    finish();
    assert_int_equal(record.count, NODES);
    for (int i = 0; i < NODES; i++) /* each poster's in its order */
        assert_int_equal(record.order[i], next[record.order[i] / (NODES / THREADS)]++);
}

/* Each posts the next from inside. */
struct chain {
    struct work work;
    int left;
};

static void post_again(struct work *work)
{
    struct chain *chain = CONTAINER_OF(work, struct chain, work);
    record.overlaps += record.inside;
    record.inside = true;
    if (--chain->left > 0)
        strand_post_work(&strand, work);
    record.inside = false;
}

static void nodes_that_post_from_inside_do_not_nest(void **state)
{
    (void)state;
    struct chain chains[THREADS];
    for (int i = 0; i < THREADS; i++) {
        chains[i] = (struct chain){.work.execute = post_again, .left = NODES};
        strand_post_work(&strand, &chains[i].work);
    }
    finish();
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(chains[i].left, 0);
}

struct asking {
    struct work work;
    struct node node;
    struct coro *answer;
    struct asking *within; /* posted to its own strand from here, and run before this goes on: an inline executor */
    struct strand *inner;
};

static void ask(struct work *work)
{
    struct asking *self = CONTAINER_OF(work, struct asking, work);
    self->node = (struct node){.coro.resume = resumed, .record = &record};
    self->node.continuation.coro = &self->node.coro;
    if (self->within)
        strand_post_work(self->inner, &self->within->work);
    self->answer = executor_dispatch(strand_executor(&strand), &self->node.continuation);
}

static void dispatch_from_inside_returns_the_handle(void **state)
{
    (void)state;
    struct asking asking = {.work.execute = ask};
    strand_post_work(&strand, &asking.work);
    finish();
    assert_ptr_equal(asking.answer, &asking.node.coro);
    assert_int_equal(record.count, 0);
}

static void dispatch_from_a_strand_inside_the_strand_returns_the_handle(void **state)
{
    (void)state;
    struct strand inner;
    struct asking within = {.work.execute = ask};
    struct asking asking = {.work.execute = ask, .within = &within, .inner = &inner};
    assert_int_equal(strand_init(&inner, inline_executor()), 0);
    strand_post_work(&strand, &asking.work);
    finish();
    strand_destroy(&inner);
    assert_ptr_equal(within.answer, &within.node.coro);
    assert_ptr_equal(asking.answer, &asking.node.coro);
}

/* Also from a thread of the executor below: it may be in the middle of anything. */
static void dispatch_from_elsewhere_posts(void **state)
{
    (void)state;
    struct asking asking = {.work.execute = ask}, here = {.work.execute = ask};
    thread_pool_post_work(&pool, &asking.work);
    ask(&here.work);
    finish();
    assert_ptr_equal(asking.answer, noop_coroutine());
    assert_ptr_equal(here.answer, noop_coroutine());
    assert_int_equal(record.count, 2);
}

static void dispatch_from_inside_another_strand_posts(void **state)
{
    (void)state;
    struct strand other;
    struct asking asking = {.work.execute = ask};
    assert_int_equal(strand_init(&other, thread_pool_executor(&pool)), 0);
    strand_post_work(&other, &asking.work);
    finish();
    strand_destroy(&other);
    assert_ptr_equal(asking.answer, noop_coroutine());
    assert_int_equal(record.count, 1);
}

struct meeting {
    struct work work;
    _Atomic int *arrived;
};

static void meet(struct work *work)
{
    _Atomic int *arrived = CONTAINER_OF(work, struct meeting, work)->arrived;
    ++*arrived;
    while (*arrived < 2)
        sched_yield();
}

static void two_strands_of_one_pool_run_beside_each_other(void **state)
{
    (void)state;
    struct strand other;
    _Atomic int arrived = 0;
    struct meeting here = {.work.execute = meet, .arrived = &arrived}, there = here;
    assert_int_equal(strand_init(&other, thread_pool_executor(&pool)), 0);
    strand_post_work(&strand, &here.work);
    strand_post_work(&other, &there.work);
    finish();
    strand_destroy(&other);
    assert_int_equal(arrived, 2);
}

struct stopping {
    struct work work;
    struct run_loop *loop;
    const struct chain *chain;
    int left_then;
};

static void stop_loop(struct work *work)
{
    struct stopping *self = CONTAINER_OF(work, struct stopping, work);
    self->left_then = self->chain->left;
    run_loop_finish(self->loop);
}

static void the_executor_below_has_its_turn_between_two_batches(void **state)
{
    (void)state;
    struct run_loop loop;
    struct chain chain = {.work.execute = post_again, .left = NODES};
    struct stopping stopping = {.work.execute = stop_loop, .loop = &loop, .chain = &chain};
    finish();
    assert_int_equal(run_loop_init(&loop, NULL), 0);
    assert_int_equal(strand_init(&strand, run_loop_executor(&loop)), 0);
    strand_post_work(&strand, &chain.work);
    run_loop_post_work(&loop, &stopping.work);
    assert_int_equal(run_loop_run(&loop), 0);
    assert_int_equal(stopping.left_then, NODES - 1);
    assert_int_equal(chain.left, 0);
    strand_destroy(&strand);
    run_loop_destroy(&loop);
}

static void every_post_is_an_event(void **state)
{
    (void)state;
    probe_reset();
    for (int i = 0; i < 2; i++)
        post_node(strand_executor(&strand), &nodes[i], &record, i);
    uint64_t posts = probe_counters[PROBE_POST];
    finish();
    assert_true(posts == 3 || posts == 4); /* the strand's two, and a batch or two on the pool */
}

RECEIVER_SYNC_WAIT(wait_strand, struct unit);
SENDER_SCHEDULE(scheduled, strand, wait_strand)
SENDER_SYNC_WAIT(wait_strand, scheduled)

static void a_sender_is_scheduled_on_it(void **state)
{
    (void)state;
    struct run_loop loop;
    struct unit value;
    const struct io_env env = {0};
    assert_int_equal(run_loop_init(&loop, NULL), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(wait_strand(&loop, &env, (struct scheduled_sender){&strand}, &value), 0);
    run_loop_destroy(&loop);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nodes_of_both_kinds_run_in_the_order_of_the_posts, set_up),
        cmocka_unit_test_setup(no_two_nodes_run_at_once_whoever_posts_them, set_up),
        cmocka_unit_test_setup(nodes_that_post_from_inside_do_not_nest, set_up),
        cmocka_unit_test_setup(dispatch_from_inside_returns_the_handle, set_up),
        cmocka_unit_test_setup(dispatch_from_a_strand_inside_the_strand_returns_the_handle, set_up),
        cmocka_unit_test_setup(dispatch_from_elsewhere_posts, set_up),
        cmocka_unit_test_setup(dispatch_from_inside_another_strand_posts, set_up),
        cmocka_unit_test_setup(two_strands_of_one_pool_run_beside_each_other, set_up),
        cmocka_unit_test_setup(the_executor_below_has_its_turn_between_two_batches, set_up),
        cmocka_unit_test_setup(every_post_is_an_event, set_up),
        cmocka_unit_test_setup(a_sender_is_scheduled_on_it, set_up),
    };
    return cmocka_run_group_tests_name("strand", tests, NULL, NULL);
}
