/* run_loop, without a reactor and beside each backend. */
#include "common/probe.h"
#include "common/run_loop.h"
#include "common/stream.h"
#include "tests/unit/backend.h"

#include <stdatomic.h>
#include <time.h>

enum { POSTS = 1000, POSTERS = 3, NO_REACTOR = -1, NOWHERE = -2 };

static struct reactor *create(int backend)
{
    struct reactor_options options = {.backend = (enum reactor_backend)backend};
    struct reactor *reactor = create_if_permitted(&options);
    assert_non_null(reactor);
    return reactor;
}

static int set_up(void **state)
{
    int backend = *(const int *)*state;
    struct run_loop *loop = malloc(sizeof *loop);
    assert_non_null(loop);
    assert_int_equal(run_loop_init(loop, backend == NO_REACTOR ? NULL : create(backend)), 0);
    *state = loop;
    return 0;
}

static int tear_down(void **state)
{
    struct run_loop *loop = *state;
    run_loop_destroy(loop);
    reactor_destroy(loop->reactor);
    free(loop);
    return 0;
}

struct item {
    struct work work;
    struct coro coro;
    struct continuation continuation;
    struct run_loop *loop;
    unsigned *ran;
    unsigned turn; /* when it ran */
};

static void executed(struct work *work)
{
    struct item *self = CONTAINER_OF(work, struct item, work);
    self->turn = ++*self->ran;
}

static void resumed(struct coro *coro)
{
    struct item *self = CONTAINER_OF(coro, struct item, coro);
    self->turn = ++*self->ran;
}

static struct item make_item(struct run_loop *loop, unsigned *ran)
{
    return (struct item){.work.execute = executed, .coro.resume = resumed, .loop = loop, .ran = ran};
}

static void post(struct item *item, bool coroutine)
{
    struct executor_ref executor = run_loop_executor(item->loop);
    item->continuation.coro = &item->coro;
    if (coroutine)
        executor_post(executor, &item->continuation);
    else
        executor_post_work(executor, &item->work);
}

static void finish(struct work *work)
{
    run_loop_finish(CONTAINER_OF(work, struct item, work)->loop);
}

static void what_was_posted_before_it_ran_runs_in_order(void **state)
{
    struct run_loop *loop = *state;
    static struct item items[200];
    unsigned ran = 0;
    for (unsigned i = 0; i < 200; i++) {
        items[i] = make_item(loop, &ran);
        post(&items[i], i % 3 == 0);
    }
    run_loop_finish(loop);
    assert_int_equal(run_loop_run(loop), 0);
    assert_int_equal(ran, 200);
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(items[i].turn, i + 1);
}

static void finished_before_it_ran_it_returns_at_once_and_runs_again(void **state)
{
    struct run_loop *loop = *state;
    for (int i = 0; i < 3; i++) {
        run_loop_finish(loop);
        assert_int_equal(run_loop_run(loop), 0);
    }
}

struct posting {
    struct work work;
    struct item items[2];
};

static void post_and_finish(struct work *work)
{
    struct posting *self = CONTAINER_OF(work, struct posting, work);
    run_loop_finish(self->items[0].loop);
    post(&self->items[0], true);
    post(&self->items[1], false);
}

static void what_is_posted_on_its_own_thread_runs_before_it_finishes(void **state)
{
    struct run_loop *loop = *state;
    unsigned ran = 0;
    struct posting posting = {.work.execute = post_and_finish, .items = {make_item(loop, &ran), make_item(loop, &ran)}};
    run_loop_post_work(loop, &posting.work);
    probe_reset();
    assert_int_equal(run_loop_run(loop), 0);
    assert_int_equal(posting.items[0].turn, 1);
    assert_int_equal(posting.items[1].turn, 2);
    assert_int_equal(probe_counters[PROBE_POST], 2);
}

struct poster {
    pthread_t thread;
    struct run_loop *loop;
    struct item items[POSTS];
    _Atomic int *posters_left;
};

static void *post_all(void *argument)
{
    struct poster *self = argument;
    for (int i = 0; i < POSTS; i++) {
        post(&self->items[i], i % 2);
        if (i % 100 == 0)
            nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    }
    if (atomic_fetch_sub(self->posters_left, 1) == 1)
        run_loop_finish(self->loop);
    return NULL;
}

static void posts_from_other_threads_wake_it_and_all_run(void **state)
{
    struct run_loop *loop = *state;
    static struct poster posters[POSTERS];
    _Atomic int left = POSTERS;
    unsigned ran = 0;
    for (int i = 0; i < POSTERS; i++) {
        posters[i].loop = loop;
        posters[i].posters_left = &left;
        for (int item = 0; item < POSTS; item++)
            posters[i].items[item] = make_item(loop, &ran);
        assert_int_equal(pthread_create(&posters[i].thread, NULL, post_all, &posters[i]), 0);
    }
    assert_int_equal(run_loop_run(loop), 0);
    for (int i = 0; i < POSTERS; i++)
        pthread_join(posters[i].thread, NULL);
    assert_int_equal(ran, POSTERS * POSTS);
    for (int i = 0; i < POSTERS; i++)
        for (int item = 1; item < POSTS; item++)
            assert_true(posters[i].items[item - 1].turn < posters[i].items[item].turn);
}

static void *finish_later(void *loop)
{
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    run_loop_finish(loop);
    return NULL;
}

static void another_thread_may_finish_it_while_it_waits(void **state)
{
    struct run_loop *loop = *state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, finish_later, loop), 0);
    assert_int_equal(run_loop_run(loop), 0);
    pthread_join(thread, NULL);
}

struct dispatching {
    struct work work;
    struct item item;
    struct coro *answer;
};

static void dispatch_here(struct work *work)
{
    struct dispatching *self = CONTAINER_OF(work, struct dispatching, work);
    self->answer = executor_dispatch(run_loop_executor(self->item.loop), &self->item.continuation);
    run_loop_finish(self->item.loop);
}

static void dispatch_returns_the_handle_on_its_thread_and_posts_elsewhere(void **state)
{
    struct run_loop *loop = *state;
    unsigned ran = 0;
    struct dispatching self = {.work.execute = dispatch_here, .item = make_item(loop, &ran)};
    self.item.continuation.coro = &self.item.coro;
    run_loop_post_work(loop, &self.work);
    assert_int_equal(run_loop_run(loop), 0);
    assert_ptr_equal(self.answer, &self.item.coro);
    assert_int_equal(ran, 0);

    assert_ptr_equal(executor_dispatch(run_loop_executor(loop), &self.item.continuation), noop_coroutine());
    assert_int_equal(ran, 0);
    run_loop_finish(loop);
    assert_int_equal(run_loop_run(loop), 0);
    assert_int_equal(ran, 1);
}

struct nesting {
    struct work work;
    struct run_loop *outer;
    struct item inner;
};

static void run_another(struct work *work)
{
    struct nesting *self = CONTAINER_OF(work, struct nesting, work);
    struct run_loop inner;
    assert_int_equal(run_loop_init(&inner, NULL), 0);
    self->inner.loop = &inner;
    post(&self->inner, false);
    run_loop_finish(&inner);
    assert_int_equal(run_loop_run(&inner), 0);
    run_loop_destroy(&inner);
    self->inner.loop = self->outer;
    post(&self->inner, false);
    self->inner.continuation.coro = &self->inner.coro;
    assert_ptr_equal(executor_dispatch(run_loop_executor(self->outer), &self->inner.continuation), &self->inner.coro);
    run_loop_finish(self->outer);
}

static void a_loop_may_run_within_another(void **state)
{
    struct run_loop *loop = *state;
    unsigned ran = 0;
    struct nesting self = {.work.execute = run_another, .outer = loop, .inner = make_item(loop, &ran)};
    run_loop_post_work(loop, &self.work);
    assert_int_equal(run_loop_run(loop), 0);
    assert_int_equal(ran, 2);
}

struct busy {
    struct work work;
    struct run_loop *loop;
    struct io_op read;
    bool arrived;
    unsigned turns;
};

static void read_arrived(struct io_op *op)
{
    CONTAINER_OF(op, struct busy, read)->arrived = true;
}

static void keep_busy(struct work *work)
{
    struct busy *self = CONTAINER_OF(work, struct busy, work);
    if (self->arrived || ++self->turns == 10000)
        run_loop_finish(self->loop);
    else
        run_loop_post_work(self->loop, work);
}

static void a_queue_that_is_never_empty_does_not_starve_the_reactor(void **state)
{
    struct run_loop *loop = *state;
    struct memory_stream scripted;
    struct stream pair[2] = {{.fd = -1}, {.fd = -1}}, *reader = &pair[0];
    unsigned char byte = 1;
    if (sim_stream_init(&scripted, loop->reactor, &byte, 1, 1, 1, NULL, 0) == 0) {
        reader = &scripted.stream;
    } else {
        assert_int_equal(stream_open_socketpair(pair, loop->reactor, true), 0);
        struct io_op write;
        io_op_prepare(&write, &pair[1], &byte, 1);
        assert_true(stream_try(&write, IO_WRITE));
    }
    struct busy busy = {.work.execute = keep_busy, .loop = loop};
    unsigned char in;
    io_op_prepare(&busy.read, reader, &in, 1);
    busy.read.complete = read_arrived;
    stream_submit(&busy.read, IO_READ);
    run_loop_post_work(loop, &busy.work);
    assert_int_equal(run_loop_run(loop), 0);
    assert_true(busy.arrived);
    assert_int_equal(busy.read.result, 1);
    stream_close(&pair[0]);
    stream_close(&pair[1]);
}

/* With the sim backend, where nothing is in flight, nothing can come. */
static void an_error_of_the_reactor_ends_it(void **state)
{
    (void)state;
    struct reactor *reactor = create(REACTOR_SIM);
    struct run_loop loop;
    assert_int_equal(run_loop_init(&loop, reactor), 0);
    assert_int_equal(run_loop_run(&loop), -EDEADLK);
    struct item item = {.work.execute = finish, .loop = &loop};
    run_loop_post_work(&loop, &item.work);
    assert_int_equal(run_loop_run(&loop), 0);
    assert_int_equal(run_loop_run(&loop), -EDEADLK); /* a finish is for one run */
    run_loop_destroy(&loop);
    reactor_destroy(reactor);
}

struct rule {
    const char *name;
    CMUnitTestFunction run;
    int except; /* the kind it is not for: sim belongs to one thread, so others cannot wake it */
};
#define RULE(function, except) {#function, function, except}
static const struct rule rules[] = {
    RULE(what_was_posted_before_it_ran_runs_in_order, NOWHERE),
    RULE(finished_before_it_ran_it_returns_at_once_and_runs_again, NOWHERE),
    RULE(what_is_posted_on_its_own_thread_runs_before_it_finishes, NOWHERE),
    RULE(posts_from_other_threads_wake_it_and_all_run, REACTOR_SIM),
    RULE(another_thread_may_finish_it_while_it_waits, REACTOR_SIM),
    RULE(dispatch_returns_the_handle_on_its_thread_and_posts_elsewhere, NOWHERE),
    RULE(a_loop_may_run_within_another, NOWHERE),
    RULE(a_queue_that_is_never_empty_does_not_starve_the_reactor, NO_REACTOR),
};

static const struct {
    const char *name;
    int backend;
} kinds[] = {
    {"no_reactor", NO_REACTOR}, {"io_uring", REACTOR_IO_URING}, {"epoll", REACTOR_EPOLL}, {"sim", REACTOR_SIM}};

enum { RULES = sizeof rules / sizeof *rules, KINDS = sizeof kinds / sizeof *kinds };

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[KINDS * RULES + 1];
    static char names[KINDS * RULES][120];
    struct selection selection = {.only = argc > 1 ? argv[1] : NULL};
    size_t count = 0;
    for (size_t kind = 0; kind < KINDS; kind++) {
        bool bare = kinds[kind].backend == NO_REACTOR;
        if (!select_platform(&selection, kinds[kind].name,
                             bare ? REACTOR_SIM : (enum reactor_backend)kinds[kind].backend))
            continue;
        for (size_t rule = 0; rule < RULES; rule++) {
            if (rules[rule].except == kinds[kind].backend)
                continue;
            snprintf(names[count], sizeof *names, "%s: %s", kinds[kind].name, rules[rule].name);
            tests[count] =
                (struct CMUnitTest){names[count], rules[rule].run, set_up, tear_down, (void *)&kinds[kind].backend};
            count++;
        }
        if (kinds[kind].backend == REACTOR_SIM)
            tests[count++] = (struct CMUnitTest)cmocka_unit_test(an_error_of_the_reactor_ends_it);
    }
    return run_selected(&selection, "run_loop", tests, count);
}
