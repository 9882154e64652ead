/* What the tests of the reactor's contract share: they run each rule on every kernel backend and every kind of
 * descriptor. */
#ifndef ABREAST_TESTS_UNIT_REACTOR_RULES_H
#define ABREAST_TESTS_UNIT_REACTOR_RULES_H

#include "common/stream.h"
#include "tests/unit/backend.h"

#include <signal.h>

enum { MESSAGE = 64 };

typedef int open_pair(struct stream[2], struct reactor *, bool speculative);

/* What a test runs on. */
struct platform {
    enum reactor_backend backend;
    const char *forbid; /* ABREAST_FORBID; null: nothing */
    open_pair *open;    /* pair[0] reads what pair[1] writes */
};

struct fixture {
    const struct platform *platform;
    struct reactor *reactor;
    struct stream pair[2];
};

/* An operation that knows how often it completed. */
struct tracked {
    struct io_op op;
    unsigned completions;
    struct tracked *cancels; /* in its completion */
    struct stream *frees;    /* in its completion */
};

static bool submitting;

static inline void completed(struct io_op *op)
{
    struct tracked *self = (struct tracked *)op;
    assert_false(submitting);
    self->completions++;
    if (self->cancels)
        stream_cancel(&self->cancels->op);
    if (self->frees) {
        stream_close(self->frees);
        free(self->frees);
    }
}

static inline void submit(struct tracked *self, struct stream *stream, enum io_kind kind, void *buffer, size_t size)
{
    io_op_prepare(&self->op, stream, buffer, size);
    self->op.complete = completed;
    submitting = true;
    stream_submit(&self->op, kind);
    submitting = false;
}

static inline void finish(struct fixture *fixture, struct tracked *self, unsigned completions)
{
    while (self->completions < completions)
        assert_true(reactor_poll(fixture->reactor, true) >= 0);
}

static inline ssize_t transfer(struct fixture *fixture, struct stream *stream, enum io_kind kind, void *buffer,
                               size_t size)
{
    struct tracked tracked = {0};
    submit(&tracked, stream, kind, buffer, size);
    finish(fixture, &tracked, 1);
    return tracked.op.result;
}

static inline void nothing_more(struct fixture *fixture)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(reactor_poll(fixture->reactor, false), 0);
    assert_int_equal(reactor_in_flight(fixture->reactor), 0);
}

static inline struct reactor *create(const struct platform *platform, unsigned queue_entries)
{
    struct reactor_options options = {.backend = platform->backend, .queue_entries = queue_entries};
    char *kept = platform->forbid ? forbid(platform->forbid) : NULL;
    struct reactor *reactor = create_if_permitted(&options);
    if (platform->forbid)
        allow_again(kept);
    assert_non_null(reactor);
    for (const char *word = platform->forbid; word; word = strchr(word, ',') ? strchr(word, ',') + 1 : NULL) {
        char masked[32];
        snprintf(masked, sizeof masked, "%.*s", (int)strcspn(word, ","), word);
        assert_null(strstr(reactor_features(reactor), masked));
    }
    return reactor;
}

static inline int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->platform = *state;
    signal(SIGPIPE, SIG_DFL);
    fixture->reactor = create(fixture->platform, 0);
    assert_int_equal(fixture->platform->open(fixture->pair, fixture->reactor, false), 0);
    *state = fixture;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *fixture = *state;
    stream_close(&fixture->pair[0]);
    stream_close(&fixture->pair[1]);
    reactor_destroy(fixture->reactor);
    free(fixture);
    return 0;
}

/* Both ends receive by multishot where the reactor can. */
static inline int open_multishot(struct stream pair[2], struct reactor *reactor, bool speculative)
{
    int status = stream_open_socketpair(pair, reactor, speculative);
    for (int i = 0; i < 2 && status == 0; i++) {
        status = stream_receive_multishot(&pair[i]);
        assert_true(status == 0 || status == -ENOTSUP);
        status = 0;
    }
    return status;
}

/* Both descriptors are registered where the reactor can. */
static inline int open_registered(struct stream pair[2], struct reactor *reactor, bool speculative)
{
    bool able = strstr(reactor_features(reactor), " registered_files") != NULL;
    int status = stream_open_socketpair(pair, reactor, speculative);
    for (int i = 0; i < 2 && status == 0; i++)
        assert_int_equal(stream_register_file(&pair[i]), able ? 0 : -ENOTSUP);
    return status;
}

struct rule {
    const char *name;
    CMUnitTestFunction run;
    open_pair *only; /* null: on each kind of descriptor */
};
#define RULE(function) {#function, function, NULL}
#define RULE_TCP(function) {#function, function, stream_open_tcp_pair}
#define RULE_MULTISHOT(function) {#function, function, open_multishot}

static const struct {
    const char *name;
    enum reactor_backend backend;
    const char *forbid;
} backends[] = {
    {"io_uring", REACTOR_IO_URING, NULL},
    {"io_uring_without_defer_taskrun", REACTOR_IO_URING, "defer_taskrun"},
    {"io_uring_without_options", REACTOR_IO_URING, "recv_multishot,registered_files"},
    {"io_uring_without_setup_flags", REACTOR_IO_URING, "coop_taskrun,recv_multishot,registered_files"},
    {"epoll", REACTOR_EPOLL, NULL},
    {"epoll_without_epoll_pwait2", REACTOR_EPOLL, "epoll_pwait2"},
};

static const struct {
    const char *name;
    open_pair *open;
} kinds[] = {
    {"socketpair", stream_open_socketpair}, {"tcp", stream_open_tcp_pair},   {"pipe", stream_open_pipe},
    {"multishot", open_multishot},          {"registered", open_registered},
};

enum { BACKENDS = sizeof backends / sizeof *backends, KINDS = sizeof kinds / sizeof *kinds, MOST_RULES = 24 };

/* On each backend, or on the one that `only` names. */
static inline int run_rules(const char *group, const struct rule *rules, size_t rule_count, const char *only)
{
    static struct platform platforms[BACKENDS][KINDS];
    static struct CMUnitTest tests[BACKENDS * KINDS * MOST_RULES];
    static char names[BACKENDS * KINDS * MOST_RULES][160];
    struct selection selection = {.only = only};
    size_t count = 0;
    if (rule_count > MOST_RULES)
        return 1;
    for (size_t backend = 0; backend < BACKENDS; backend++) {
        if (!select_platform(&selection, backends[backend].name, backends[backend].backend))
            continue;
        for (size_t kind = 0; kind < KINDS; kind++) {
            struct platform *platform = &platforms[backend][kind];
            *platform = (struct platform){backends[backend].backend, backends[backend].forbid, kinds[kind].open};
            for (const struct rule *rule = rules; rule < rules + rule_count; rule++) {
                if (rule->only && platform->open != rule->only)
                    continue;
                snprintf(names[count], sizeof *names, "%s, %s: %s", backends[backend].name, kinds[kind].name,
                         rule->name);
                tests[count] = (struct CMUnitTest){names[count], rule->run, set_up, tear_down, platform};
                count++;
            }
        }
    }
    return run_selected(&selection, group, tests, count);
}

#endif
