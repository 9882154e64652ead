/* Which backend one gets, and what one is told where it is not to be had. */
#include "tests/unit/backend.h"

static int create(enum reactor_backend backend, struct reactor **reactor, const char **reason)
{
    struct reactor_options options = {.backend = backend};
    return reactor_create(reactor, &options, reason);
}

static int forbid_io_uring(void **state)
{
    *state = forbid("something,io_uring");
    return 0;
}

static int restore(void **state)
{
    allow_again(*state);
    return 0;
}

static void the_default_falls_back_to_epoll_and_says_why(void **state)
{
    (void)state;
    struct reactor *reactor;
    const char *reason;
    assert_int_equal(create(REACTOR_DEFAULT, &reactor, &reason), 0);
    assert_string_equal(reactor_backend_name(reactor), "epoll");
    assert_non_null(strstr(reason, "not permitted"));
    reactor_destroy(reactor);
}

static void an_explicit_request_for_io_uring_fails_and_says_what_to_do(void **state)
{
    (void)state;
    struct reactor *reactor;
    const char *reason;
    assert_int_equal(create(REACTOR_IO_URING, &reactor, &reason), -EPERM);
    assert_null(reactor);
    assert_non_null(strstr(reason, "io_uring_disabled"));
    assert_non_null(strstr(reason, "--reactor=epoll"));
    assert_int_equal(create(REACTOR_IO_URING, &reactor, NULL), -EPERM);
}

/* io_uring, which may not be permitted, has tests of its own. */
static void every_backend_names_itself_and_its_features(void **state)
{
    (void)state;
    static const struct {
        enum reactor_backend backend;
        const char *name;
    } backends[] = {{REACTOR_EPOLL, "epoll"}, {REACTOR_SIM, "sim"}};
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        struct reactor *reactor;
        const char *reason;
        assert_int_equal(create(backends[i].backend, &reactor, &reason), 0);
        assert_null(reason);
        assert_string_equal(reactor_backend_name(reactor), backends[i].name);
        assert_memory_equal(reactor_features(reactor), backends[i].name, strlen(backends[i].name));
        assert_null(strchr(reactor_features(reactor), '\n'));
        reactor_destroy(reactor);
    }
}

static void an_unknown_backend_is_refused(void **state)
{
    (void)state;
    struct reactor *reactor;
    const char *reason;
    assert_int_equal(create((enum reactor_backend)99, &reactor, &reason), -EINVAL);
    assert_non_null(reason);
}

/* The locked memory of a closed ring comes back late. */
static void reactors_can_be_made_back_to_back(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct reactor *reactor;
        const char *reason;
        assert_int_equal(create(REACTOR_DEFAULT, &reactor, &reason), 0);
        assert_int_equal(reactor_poll(reactor, false), 0);
        reactor_destroy(reactor);
    }
    reactor_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_default_falls_back_to_epoll_and_says_why, forbid_io_uring, restore),
        cmocka_unit_test_setup_teardown(an_explicit_request_for_io_uring_fails_and_says_what_to_do, forbid_io_uring,
                                        restore),
        cmocka_unit_test(every_backend_names_itself_and_its_features),
        cmocka_unit_test(an_unknown_backend_is_refused),
        cmocka_unit_test(reactors_can_be_made_back_to_back),
    };
    return cmocka_run_group_tests_name("choice of reactor", tests, NULL, NULL);
}
