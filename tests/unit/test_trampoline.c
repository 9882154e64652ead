/* The trampoline: what nests, what is queued, in which order it runs, and on whose stack. */
#include "common/coro.h"
#include "common/stack_meter.h"
#include "common/trampoline.h"
#include "tests/unit/unit.h"

#include <pthread.h>

enum { ITEMS = 1000 };

/* AddressSanitizer's runtime asks for this. With its fake frames on the heap no address tells how deep the stack is. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_stack_use_after_return=0";
}

/* A work that posts the next one, from inside itself. */
struct item {
    struct work work;
    struct chain *chain;
};

struct chain {
    struct trampoline *trampoline;
    size_t padding; /* bytes of stack that each work takes */
    unsigned posted, ran, nested, deepest;
    uintptr_t first, farthest; /* addresses on the stack */
    struct item items[ITEMS];
};

static void post_next(struct chain *chain)
{
    struct item *item = &chain->items[chain->posted++];
    item->chain = chain;
    trampoline_post_work(chain->trampoline, &item->work);
}

static void execute_chain(struct work *work)
{
    struct chain *chain = CONTAINER_OF(work, struct item, work)->chain;
    volatile unsigned char padding[chain->padding + 1];
    uintptr_t here = (uintptr_t)padding;
    padding[0] = 1;
    assert_ptr_equal(work, &chain->items[chain->ran].work);
    if (chain->ran++ == 0)
        chain->first = here;
    size_t used = here > chain->first ? here - chain->first : chain->first - here;
    if (used > chain->farthest)
        chain->farthest = used;
    if (++chain->nested > chain->deepest)
        chain->deepest = chain->nested;
    if (chain->posted < ITEMS)
        post_next(chain);
    chain->nested -= padding[0];
}

static void run_chain(struct chain *chain, struct trampoline *trampoline, size_t padding)
{
    *chain = (struct chain){.trampoline = trampoline, .padding = padding};
    for (unsigned i = 0; i < ITEMS; i++)
        chain->items[i].work.execute = execute_chain;
    post_next(chain);
    assert_int_equal(chain->ran, ITEMS);
    assert_null(trampoline_current);
}

static struct chain chain;

static void trampoline_is_bounded_by_depth(void **state)
{
    (void)state;
    struct trampoline deep = {.max_depth = 16, .max_bytes = 1 << 20};
    probe_reset();
    run_chain(&chain, &deep, 0);
    assert_int_equal(chain.deepest, 16);
    assert_int_equal(probe_counters[PROBE_POST], (ITEMS - 1) / 16);

    struct trampoline flat = {.max_depth = 1, .max_bytes = 1 << 20};
    probe_reset();
    run_chain(&chain, &flat, 0);
    assert_int_equal(chain.deepest, 1);
    assert_int_equal(probe_counters[PROBE_POST], ITEMS - 1);
}

static void trampoline_is_bounded_by_bytes(void **state)
{
    (void)state;
    struct trampoline trampoline = {.max_depth = ITEMS, .max_bytes = 8192};
    run_chain(&chain, &trampoline, 2000);
    assert_true(chain.deepest > 1 && chain.deepest <= 5);
    /* One more work may begin just before the limit. A sanitizer's frames are larger. */
    assert_true(chain.farthest >= 2000 && chain.farthest < 8192 + 2 * 4096);
}

static void trampoline_has_the_libraries_limits_by_default(void **state)
{
    (void)state;
    struct trampoline trampoline = TRAMPOLINE_DEFAULTS;
    assert_int_equal(trampoline.max_depth, 16);
    assert_int_equal(trampoline.max_bytes, 4096);
}

/* ---- Works that note that they ran, and one that posts them ---- */

struct noting {
    struct work work;
    struct coro coro;
    struct continuation continuation;
    int number;
};

static int order[8];
static int noted;

static void note_work(struct work *work)
{
    order[noted++] = CONTAINER_OF(work, struct noting, work)->number;
}

static void note_coro(struct coro *coro)
{
    order[noted++] = CONTAINER_OF(coro, struct noting, coro)->number;
}

struct poster {
    struct work work;
    struct trampoline *trampoline;
    void (*post)(struct poster *);
    struct noting notings[4];
    int noted_inside;
};

static void execute_poster(struct work *work)
{
    struct poster *self = CONTAINER_OF(work, struct poster, work);
    self->post(self);
    self->noted_inside = noted;
}

static void run_poster(struct poster *self, struct trampoline *outermost, struct trampoline *nested,
                       void (*post)(struct poster *))
{
    noted = 0;
    *self = (struct poster){.work.execute = execute_poster, .trampoline = nested, .post = post};
    for (int i = 0; i < 4; i++) {
        self->notings[i] = (struct noting){.work.execute = note_work, .coro.resume = note_coro, .number = i};
        self->notings[i].continuation.coro = &self->notings[i].coro;
    }
    trampoline_post_work(outermost, &self->work);
}

static void post_both_kinds(struct poster *self)
{
    struct executor_ref executor = trampoline_executor(self->trampoline);
    executor_post_work(executor, &self->notings[0].work);
    executor_post(executor, &self->notings[1].continuation);
    trampoline_post_work(self->trampoline, &self->notings[2].work);
    executor_post(executor, &self->notings[3].continuation);
}

static void assert_all_in_order(void)
{
    assert_int_equal(noted, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(order[i], i);
}

static void trampoline_drains_in_order(void **state)
{
    (void)state;
    struct poster poster;
    struct trampoline flat = {.max_depth = 1, .max_bytes = 4096};
    run_poster(&poster, &flat, &flat, post_both_kinds);
    assert_int_equal(poster.noted_inside, 0);
    assert_all_in_order();
}

static void limits_are_those_of_the_outermost_call(void **state)
{
    (void)state;
    struct poster poster;
    struct trampoline flat = {.max_depth = 1, .max_bytes = 1 << 20}, deep = {.max_depth = 64, .max_bytes = 1 << 20};
    run_poster(&poster, &flat, &deep, post_both_kinds);
    assert_int_equal(poster.noted_inside, 0);
    assert_all_in_order();
    run_poster(&poster, &deep, &flat, post_both_kinds);
    assert_int_equal(poster.noted_inside, 4);
    assert_all_in_order();
}

static void dispatch_inside(struct poster *self)
{
    assert_ptr_equal(executor_dispatch(trampoline_executor(self->trampoline), &self->notings[1].continuation),
                     &self->notings[1].coro);
}

static void dispatch_transfers_on_a_trampoline_and_runs_elsewhere(void **state)
{
    (void)state;
    struct poster poster;
    struct trampoline trampoline = TRAMPOLINE_DEFAULTS;
    run_poster(&poster, &trampoline, &trampoline, dispatch_inside);
    assert_int_equal(noted, 0);
    assert_ptr_equal(executor_dispatch(trampoline_executor(&trampoline), &poster.notings[2].continuation),
                     noop_coroutine());
    assert_int_equal(noted, 1);
    assert_int_equal(order[0], 2);
}

/* ---- Other stacks ---- */

static int post_from_a_stack(void *context, uint64_t completions)
{
    struct poster *self = context;
    (void)completions;
    trampoline_post_work(self->trampoline, &self->notings[3].work);
    return 0;
}

static void post_on_another_stack(struct poster *self)
{
    struct stack_meter meter;
    struct stack_work work = {post_from_a_stack, self};
    size_t used;
    assert_int_equal(stack_meter_open(&meter, 1 << 16), 0);
    assert_int_equal(stack_meter_run(&meter, &work, 1, &used), 0);
    stack_meter_close(&meter);
}

/* The distance to the outermost call says nothing there, and it is a large one. */
static void trampoline_queues_what_is_posted_on_another_stack(void **state)
{
    (void)state;
    struct poster poster;
    struct trampoline trampoline = TRAMPOLINE_DEFAULTS;
    if (stack_meter_unavailable())
        skip();
    run_poster(&poster, &trampoline, &trampoline, post_on_another_stack);
    assert_int_equal(poster.noted_inside, 0);
    assert_int_equal(noted, 1);
    assert_int_equal(order[0], 3);
}

static void *post_from_a_thread(void *context)
{
    struct poster *self = context;
    trampoline_post_work(self->trampoline, &self->notings[2].work);
    return NULL;
}

static void post_on_another_thread(struct poster *self)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, post_from_a_thread, self), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void trampoline_of_another_thread_is_its_own(void **state)
{
    (void)state;
    struct poster poster;
    struct trampoline flat = {.max_depth = 1, .max_bytes = 4096};
    run_poster(&poster, &flat, &flat, post_on_another_thread);
    assert_int_equal(poster.noted_inside, 1);
    assert_int_equal(order[0], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trampoline_is_bounded_by_depth),
        cmocka_unit_test(trampoline_is_bounded_by_bytes),
        cmocka_unit_test(trampoline_has_the_libraries_limits_by_default),
        cmocka_unit_test(trampoline_drains_in_order),
        cmocka_unit_test(limits_are_those_of_the_outermost_call),
        cmocka_unit_test(dispatch_transfers_on_a_trampoline_and_runs_elsewhere),
        cmocka_unit_test(trampoline_queues_what_is_posted_on_another_stack),
        cmocka_unit_test(trampoline_of_another_thread_is_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
