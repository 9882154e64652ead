/* Stop source, token and callback: the rules of [stopsource.inplace] and [stopcallback.inplace]. */
#include "common/stop_token.h"
#include "tests/unit/unit.h"

#include <time.h>

struct counting {
    struct stop_callback callback;
    _Atomic unsigned calls;
};

static void count(struct stop_callback *callback)
{
    atomic_fetch_add(&((struct counting *)callback)->calls, 1);
}

static int set_up(void **state)
{
    static struct stop_source source;
    stop_source_init(&source);
    *state = &source;
    return 0;
}

static void a_request_invokes_every_registered_callback_once(void **state)
{
    struct stop_source *source = *state;
    struct counting callbacks[3];
    for (int i = 0; i < 3; i++) {
        callbacks[i] = (struct counting){.callback.invoke = count};
        stop_callback_register(&callbacks[i].callback, stop_source_token(source));
    }
    assert_false(stop_requested(stop_source_token(source)));
    assert_true(stop_source_request_stop(source));
    assert_true(stop_requested(stop_source_token(source)));
    assert_false(stop_source_request_stop(source));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(callbacks[i].calls, 1);
        stop_callback_deregister(&callbacks[i].callback);
    }
}

static void registering_after_the_request_invokes_at_once(void **state)
{
    struct stop_source *source = *state;
    struct counting callback = {.callback.invoke = count};
    stop_source_request_stop(source);
    stop_callback_register(&callback.callback, stop_source_token(source));
    assert_int_equal(callback.calls, 1);
    stop_callback_deregister(&callback.callback);
    assert_int_equal(callback.calls, 1);
}

static void a_deregistered_callback_is_not_invoked(void **state)
{
    struct stop_source *source = *state;
    struct counting callbacks[3];
    for (int i = 0; i < 3; i++) {
        callbacks[i] = (struct counting){.callback.invoke = count};
        stop_callback_register(&callbacks[i].callback, stop_source_token(source));
    }
    stop_callback_deregister(&callbacks[1].callback);
    stop_callback_deregister(&callbacks[1].callback);
    stop_source_request_stop(source);
    assert_int_equal(callbacks[0].calls, 1);
    assert_int_equal(callbacks[1].calls, 0);
    assert_int_equal(callbacks[2].calls, 1);
}

static void a_token_without_a_source_never_stops(void **state)
{
    (void)state;
    struct counting callback = {.callback.invoke = count};
    struct stop_token never = {0};
    assert_false(stop_possible(never));
    assert_false(stop_requested(never));
    stop_callback_register(&callback.callback, never);
    stop_callback_deregister(&callback.callback);
    assert_int_equal(callback.calls, 0);
}

struct deregistering {
    struct stop_callback callback;
    struct stop_callback *target;
    unsigned calls;
};

static void deregister_target(struct stop_callback *callback)
{
    struct deregistering *self = (struct deregistering *)callback;
    self->calls++;
    stop_callback_deregister(self->target);
}

static void a_callback_may_deregister_itself(void **state)
{
    struct stop_source *source = *state;
    struct deregistering self = {.callback.invoke = deregister_target, .target = &self.callback};
    stop_callback_register(&self.callback, stop_source_token(source));
    assert_true(stop_source_request_stop(source));
    assert_int_equal(self.calls, 1);
}

static void a_callback_may_deregister_one_that_has_not_run(void **state)
{
    struct stop_source *source = *state;
    struct counting target = {.callback.invoke = count};
    struct deregistering first = {.callback.invoke = deregister_target, .target = &target.callback};
    stop_callback_register(&target.callback, stop_source_token(source));
    stop_callback_register(&first.callback, stop_source_token(source));
    assert_true(stop_source_request_stop(source));
    assert_int_equal(first.calls, 1);
    assert_int_equal(target.calls, 0);
}

struct registering {
    struct stop_callback callback;
    struct stop_source *source;
    struct counting late;
};

static void register_late(struct stop_callback *callback)
{
    struct registering *self = (struct registering *)callback;
    stop_callback_register(&self->late.callback, stop_source_token(self->source));
}

static void a_callback_registered_during_the_request_is_invoked_at_once(void **state)
{
    struct stop_source *source = *state;
    struct registering self = {.callback.invoke = register_late, .source = source, .late.callback.invoke = count};
    stop_callback_register(&self.callback, stop_source_token(source));
    stop_source_request_stop(source);
    assert_int_equal(self.late.calls, 1);
}

struct slow {
    struct stop_callback callback;
    _Atomic bool entered;
    _Atomic bool left;
};

static void take_a_while(struct stop_callback *callback)
{
    struct slow *self = (struct slow *)callback;
    self->entered = true;
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    self->left = true;
}

static void *request_stop(void *source)
{
    return stop_source_request_stop(source) ? source : NULL;
}

static void deregistering_waits_for_a_callback_that_runs_on_another_thread(void **state)
{
    struct stop_source *source = *state;
    struct slow slow = {.callback.invoke = take_a_while};
    pthread_t thread;
    stop_callback_register(&slow.callback, stop_source_token(source));
    assert_int_equal(pthread_create(&thread, NULL, request_stop, source), 0);
    while (!slow.entered)
        sched_yield();
    stop_callback_deregister(&slow.callback);
    assert_true(slow.left);
    pthread_join(thread, NULL);
}

static void of_two_requests_one_wins(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        struct stop_source source;
        struct counting callback = {.callback.invoke = count};
        pthread_t threads[2];
        void *won[2];
        stop_source_init(&source);
        stop_callback_register(&callback.callback, stop_source_token(&source));
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, request_stop, &source), 0);
        for (int i = 0; i < 2; i++)
            pthread_join(threads[i], &won[i]);
        assert_int_equal((won[0] != NULL) + (won[1] != NULL), 1);
        assert_int_equal(callback.calls, 1);
        stop_callback_deregister(&callback.callback);
    }
}

static void *register_and_deregister(void *source)
{
    for (int i = 0; i < 500; i++) {
        struct counting callback = {.callback.invoke = count};
        stop_callback_register(&callback.callback, stop_source_token(source));
        stop_callback_deregister(&callback.callback);
        unsigned calls = callback.calls;
        if (calls > 1)
            return source;
    }
    return NULL;
}

/* The callbacks live on stacks that are reused at once: one that ran too late would be seen, or caught by a sanitizer.
 */
static void after_deregistering_a_callback_never_runs(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        struct stop_source source;
        pthread_t threads[3];
        stop_source_init(&source);
        for (int i = 0; i < 3; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, register_and_deregister, &source), 0);
        stop_source_request_stop(&source);
        for (int i = 0; i < 3; i++) {
            void *twice;
            pthread_join(threads[i], &twice);
            assert_null(twice);
        }
    }
}

#define RULE(function) cmocka_unit_test_setup_teardown(function, set_up, NULL)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(a_request_invokes_every_registered_callback_once),
        RULE(registering_after_the_request_invokes_at_once),
        RULE(a_deregistered_callback_is_not_invoked),
        RULE(a_token_without_a_source_never_stops),
        RULE(a_callback_may_deregister_itself),
        RULE(a_callback_may_deregister_one_that_has_not_run),
        RULE(a_callback_registered_during_the_request_is_invoked_at_once),
        RULE(deregistering_waits_for_a_callback_that_runs_on_another_thread),
        RULE(of_two_requests_one_wins),
        RULE(after_deregistering_a_callback_never_runs),
    };
    return cmocka_run_group_tests_name("stop token", tests, NULL, NULL);
}
