/* Executors: the queue that they share, the inline executor, run_loop and thread_pool. */
#include "common/executor.h"
#include "common/frame_allocator.h"
#include "common/probe.h"
#include "common/thread_pool.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>

static int order[16];
static int ran;

struct item {
    struct coro coro;
    struct continuation continuation;
    struct work work;
    int number;
};

static void resumed(struct coro *coro)
{
    order[ran++] = CONTAINER_OF(coro, struct item, coro)->number;
}

static void executed(struct work *work)
{
    order[ran++] = CONTAINER_OF(work, struct item, work)->number;
}

static void make_items(struct item *items, int count)
{
    ran = 0;
    for (int i = 0; i < count; i++) {
        items[i] = (struct item){.coro.resume = resumed, .work.execute = executed, .number = i};
        items[i].continuation.coro = &items[i].coro;
    }
}

static void push(struct work_queue *queue, struct item *item)
{
    if (item->number % 3)
        work_queue_push(queue, &item->work);
    else
        work_queue_push_continuation(queue, &item->continuation);
}

static void a_queue_runs_both_kinds_of_node_in_order(void **state)
{
    (void)state;
    struct item items[10];
    struct work_queue queue = {0};
    make_items(items, 10);
    assert_true(work_queue_empty(&queue));
    for (int i = 0; i < 10; i++)
        push(&queue, &items[i]);
    while (!work_queue_empty(&queue))
        work_run(work_queue_pop(&queue));
    for (int i = 0; i < 10; i++)
        assert_int_equal(order[i], i);
    push(&queue, &items[4]);
    work_run(work_queue_pop(&queue));
    assert_int_equal(order[10], 4);
    assert_true(work_queue_empty(&queue));
}

static void appending_keeps_the_order_of_both_queues(void **state)
{
    (void)state;
    struct item items[8];
    struct work_queue first = {0}, second = {0};
    make_items(items, 8);
    work_queue_append(&first, &second);
    assert_true(work_queue_empty(&first));
    for (int i = 0; i < 3; i++)
        push(&second, &items[i]);
    work_queue_append(&first, &second);
    assert_true(work_queue_empty(&second));
    for (int i = 3; i < 6; i++)
        push(&second, &items[i]);
    work_queue_append(&first, &second);
    for (int i = 6; i < 8; i++)
        push(&first, &items[i]);
    while (!work_queue_empty(&first))
        work_run(work_queue_pop(&first));
    assert_int_equal(ran, 8);
    for (int i = 0; i < 8; i++)
        assert_int_equal(order[i], i);
}

struct reposting {
    struct work work;
    struct work_queue *queue;
    int left;
};

static void repost(struct work *work)
{
    struct reposting *self = (struct reposting *)work;
    if (self->left-- > 0)
        work_queue_push(self->queue, work);
}

static void a_node_may_be_queued_again_while_it_runs(void **state)
{
    (void)state;
    struct work_queue queue = {0};
    struct reposting self = {.work.execute = repost, .queue = &queue, .left = 3};
    work_queue_push(&queue, &self.work);
    int runs = 0;
    for (; !work_queue_empty(&queue); runs++)
        work_run(work_queue_pop(&queue));
    assert_int_equal(runs, 4);
}

static void the_inline_executor_dispatches_by_returning_the_handle(void **state)
{
    (void)state;
    struct item item;
    make_items(&item, 1);
    assert_ptr_equal(executor_dispatch(inline_executor(), &item.continuation), &item.coro);
    assert_int_equal(ran, 0);
}

static void the_inline_executor_posts_by_running_at_once(void **state)
{
    (void)state;
    struct item items[2];
    make_items(items, 2);
    executor_post(inline_executor(), &items[0].continuation);
    assert_int_equal(ran, 1);
    executor_post_work(inline_executor(), &items[1].work);
    assert_int_equal(ran, 2);
}

/* ---- thread_pool ---- */

enum { TASKS = 2000 };

struct task {
    struct coro coro;
    struct continuation continuation;
    struct work work;
    _Atomic unsigned *done;
    void *frame;
};

static void count_coro(struct coro *coro)
{
    atomic_fetch_add(CONTAINER_OF(coro, struct task, coro)->done, 1);
}

static void count_work(struct work *work)
{
    atomic_fetch_add(CONTAINER_OF(work, struct task, work)->done, 1);
}

static void a_pool_runs_all_that_is_posted_before_it_goes(void **state)
{
    (void)state;
    static struct task tasks[TASKS];
    _Atomic unsigned done = 0;
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct thread_pool pool;
        assert_int_equal(thread_pool_init(&pool, threads), 0);
        struct executor_ref executor = thread_pool_executor(&pool);
        done = 0;
        for (int i = 0; i < TASKS; i++) {
            tasks[i] = (struct task){.coro.resume = count_coro, .work.execute = count_work, .done = &done};
            tasks[i].continuation.coro = &tasks[i].coro;
            if (i % 3 == 0)
                executor_post(executor, &tasks[i].continuation);
            else if (i % 3 == 1)
                executor_post_work(executor, &tasks[i].work);
            else
                thread_pool_post_work(&pool, &tasks[i].work);
        }
        thread_pool_destroy(&pool);
        assert_int_equal(done, TASKS);
    }
}

struct dispatching {
    struct work work;
    struct thread_pool *pool;
    struct item item;
    struct coro *answer;
};

static void dispatch_here(struct work *work)
{
    struct dispatching *self = (struct dispatching *)work;
    self->answer = executor_dispatch(thread_pool_executor(self->pool), &self->item.continuation);
}

static void dispatch_on_a_pool_thread_returns_the_handle(void **state)
{
    (void)state;
    struct thread_pool pool;
    struct dispatching self = {.work.execute = dispatch_here, .pool = &pool};
    make_items(&self.item, 1);
    assert_int_equal(thread_pool_init(&pool, 2), 0);
    thread_pool_post_work(&pool, &self.work);
    thread_pool_destroy(&pool);
    assert_ptr_equal(self.answer, &self.item.coro);
    assert_int_equal(ran, 0);
}

static void dispatch_from_elsewhere_posts_to_the_pool(void **state)
{
    (void)state;
    struct thread_pool pool, other;
    struct item item;
    make_items(&item, 1);
    assert_int_equal(thread_pool_init(&pool, 1), 0);
    assert_ptr_equal(executor_dispatch(thread_pool_executor(&pool), &item.continuation), noop_coroutine());
    thread_pool_destroy(&pool);
    assert_int_equal(ran, 1);

    struct dispatching self = {.work.execute = dispatch_here, .pool = &pool};
    make_items(&self.item, 1);
    assert_int_equal(thread_pool_init(&pool, 1), 0);
    assert_int_equal(thread_pool_init(&other, 1), 0);
    thread_pool_post_work(&other, &self.work);
    thread_pool_destroy(&other);
    thread_pool_destroy(&pool);
    assert_ptr_equal(self.answer, noop_coroutine());
    assert_int_equal(ran, 1);
}

static void allocate_and_free(struct work *work)
{
    struct task *self = CONTAINER_OF(work, struct task, work);
    self->frame = frame_allocate(recycling_frame_allocator(), 500);
    frame_deallocate(recycling_frame_allocator(), self->frame, 500);
}

/* LeakSanitizer sees it otherwise. */
static void a_pool_thread_gives_its_recycled_frames_back(void **state)
{
    (void)state;
    struct thread_pool pool;
    struct task task = {.work.execute = allocate_and_free};
    assert_int_equal(thread_pool_init(&pool, 1), 0);
    thread_pool_post_work(&pool, &task.work);
    thread_pool_destroy(&pool);
    assert_non_null(task.frame);
}

static void detach(struct work *work)
{
    executed(work);
    thread_pool_detach();
}

static void a_thread_that_attaches_itself_is_the_pools_until_it_detaches(void **state)
{
    (void)state;
    struct thread_pool pool;
    struct item items[3];
    make_items(items, 3);
    items[1].work.execute = detach;
    assert_int_equal(thread_pool_init(&pool, 0), 0);
    struct executor_ref executor = thread_pool_executor(&pool);
    for (int turn = 1; turn <= 2; turn++) {
        executor_post(executor, &items[0].continuation);
        executor_post_work(executor, &items[1].work);
        thread_pool_attach(&pool);
        assert_int_equal(ran, 2 * turn);
    }
    assert_ptr_equal(executor_dispatch(executor, &items[2].continuation), noop_coroutine());
    executor_post_work(executor, &items[1].work);
    thread_pool_attach(&pool);
    assert_int_equal(order[4], 2);
    thread_pool_destroy(&pool);
}

static void every_post_is_an_event(void **state)
{
    (void)state;
    struct thread_pool pool;
    struct item items[2];
    make_items(items, 2);
    assert_int_equal(thread_pool_init(&pool, 1), 0);
    probe_reset();
    executor_post(thread_pool_executor(&pool), &items[0].continuation);
    executor_post_work(thread_pool_executor(&pool), &items[1].work);
    thread_pool_destroy(&pool);
    assert_int_equal(probe_counters[PROBE_POST], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queue_runs_both_kinds_of_node_in_order),
        cmocka_unit_test(appending_keeps_the_order_of_both_queues),
        cmocka_unit_test(a_node_may_be_queued_again_while_it_runs),
        cmocka_unit_test(the_inline_executor_dispatches_by_returning_the_handle),
        cmocka_unit_test(the_inline_executor_posts_by_running_at_once),
        cmocka_unit_test(a_pool_runs_all_that_is_posted_before_it_goes),
        cmocka_unit_test(dispatch_on_a_pool_thread_returns_the_handle),
        cmocka_unit_test(dispatch_from_elsewhere_posts_to_the_pool),
        cmocka_unit_test(a_pool_thread_gives_its_recycled_frames_back),
        cmocka_unit_test(a_thread_that_attaches_itself_is_the_pools_until_it_detaches),
        cmocka_unit_test(every_post_is_an_event),
    };
    return cmocka_run_group_tests_name("executors", tests, NULL, NULL);
}
