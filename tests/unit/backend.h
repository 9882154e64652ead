/* The backends that a test runs on: which it is asked for, and which of them this machine permits. */
#ifndef ABREAST_TESTS_UNIT_BACKEND_H
#define ABREAST_TESTS_UNIT_BACKEND_H

#include "common/reactor.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Adds a word to ABREAST_FORBID, for the reactors created before allow_again, which takes what this returned. */
static inline char *forbid(const char *word)
{
    char list[256];
    const char *before = getenv("ABREAST_FORBID");
    char *kept = before ? strdup(before) : NULL;
    snprintf(list, sizeof list, "%s,%s", word, before ? before : "");
    assert_int_equal(setenv("ABREAST_FORBID", list, 1), 0);
    return kept;
}

static inline void allow_again(char *kept)
{
    assert_int_equal(kept ? setenv("ABREAST_FORBID", kept, 1) : unsetenv("ABREAST_FORBID"), 0);
    free(kept);
}

/* A reactor of this backend, or null: the kernel, or a policy, does not permit it, and the reason is printed. Any other
 * failure is one of the test. */
static inline struct reactor *create_if_permitted(const struct reactor_options *options)
{
    struct reactor *reactor;
    const char *reason;
    int status = reactor_create(&reactor, options, &reason);
    if (status < 0)
        print_message("%s\n", reason);
    if (options->backend == REACTOR_IO_URING && (status == -EPERM || status == -EACCES || status == -ENOSYS))
        return NULL;
    assert_int_equal(status, 0);
    assert_null(reason);
    return reactor;
}

/* What a test program has been asked to run: the platform that argv[1] names, or each. */
struct selection {
    const char *only;
    size_t taken, refused;
};

/* Whether to run on platform `name`. */
static inline bool select_platform(struct selection *self, const char *name, enum reactor_backend backend)
{
    if (self->only && strcmp(self->only, name) != 0)
        return false;
    struct reactor_options options = {.backend = backend};
    struct reactor *reactor = create_if_permitted(&options);
    if (!reactor) {
        print_message("skipped: %s\n", name);
        self->refused++;
        return false;
    }
    reactor_destroy(reactor);
    self->taken++;
    return true;
}

/* Runs the tests on what was selected. The answer is the exit status of the program: not cmocka's count of failures,
 * which could be that of a skipped one. */
static inline int run_selected(const struct selection *self, const char *group, const struct CMUnitTest *tests,
                               size_t count)
{
    if (self->taken)
        return _cmocka_run_group_tests(group, tests, count, NULL, NULL) ? 1 : 0;
    if (self->refused)
        return SKIPPED;
    print_error("no such platform: '%s'\n", self->only);
    return 1;
}

#endif
