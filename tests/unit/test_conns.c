/* The forms and the server of the experiment conns: that each form keeps what it says, to the byte, that all of them
 * live through the same, that every message arrives, and that a frame which cannot be had is an error. */
#include "bench/conns/run.h"
#include "common/failing_allocator.h"
#include "common/io_request.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONNECTIONS = 40 };

/* Forms whose locals are of any size; and those of a C++ compiler, where there is one, which are not. */
static bool is_mixed(const struct conns_form *form)
{
    return !form->fixed;
}

static struct conns_plan plan_of(const struct conns_form *form, const char *allocator)
{
    return (struct conns_plan){.form = form,
                               .allocator = frame_allocator_kind_named(allocator),
                               .connections = CONNECTIONS,
                               .fixed = !is_mixed(form),
                               .seed = 7,
                               .backend = REACTOR_EPOLL};
}

/* What the form needs without locals. */
static size_t own_bytes(const struct conns_form *form)
{
    return form->session_bytes + form->frame_bytes;
}

static void test_the_parts_are_the_whole(void **state)
{
    (void)state;
    for (const struct conns_form *const *form = conns_forms; *form && is_mixed(*form); form++) {
        const struct conns_parts *parts = &(*form)->parts;
        assert_int_equal(parts->connection + parts->stream + parts->launch + parts->promises + parts->children +
                             parts->operation + parts->bodies,
                         own_bytes(*form));
        assert_int_equal(parts->operation, sizeof(struct io_request));
    }
}

/* What malloc takes for a block: its header, in steps of 16, at least 32. */
static size_t chunk(size_t bytes)
{
    size_t rounded = (bytes + 8 + 15) & ~(size_t)15;
    return rounded < 32 ? 32 : rounded;
}

static void test_an_idle_connection_takes_its_parts(void **state)
{
    (void)state;
    for (const struct conns_form *const *form = conns_forms; *form && is_mixed(*form); form++) {
        struct conns_plan plan = plan_of(*form, "malloc");
        struct footprint at[CONNS_MOMENT_COUNT];
        plan.fixed = true;
        assert_int_equal(conns_serve(&plan, at), 0);
        size_t each = own_bytes(*form) + LEVELS * LOCALS_LEAST;
        assert_int_equal(at[CONNS_fresh].live, CONNECTIONS * each);
        assert_int_equal(at[CONNS_closed].live, 0);
        if (at[CONNS_fresh].held <= 0)
            continue; /* a sanitizer's malloc keeps no account */
        if (!(*form)->frames)
            assert_int_equal(at[CONNS_fresh].in_use, CONNECTIONS * chunk(each));
        assert_true(at[CONNS_fresh].in_use >= at[CONNS_fresh].live);
        assert_true(at[CONNS_fresh].in_use <= (int64_t)(CONNECTIONS * (each + ((*form)->frames + 1) * 24)));
    }
}

/* Its frames are of what size the compiler makes them, and of no other. */
static void test_a_chain_of_the_cxx_compiler(void **state)
{
    (void)state;
    const struct conns_form *form = &conns_cxx_task;
    if (form->unavailable) {
        print_message("skipped: %s\n", form->unavailable);
        skip();
    }
    const struct conns_parts *parts = &form->parts;
    struct conns_plan plan = plan_of(form, "malloc");
    struct footprint at[CONNS_MOMENT_COUNT];
    assert_int_equal(conns_serve(&plan, at), 0);
    int64_t live = at[CONNS_fresh].live;
    assert_int_equal(live % CONNECTIONS, 0);
    size_t declared = form->session_bytes + parts->promises + parts->operation + LEVELS * LOCALS_LEAST;
    assert_int_equal(parts->connection + parts->stream + parts->launch, form->session_bytes);
    assert_true(live >= (int64_t)(CONNECTIONS * declared));
    assert_int_equal(at[CONNS_rest].live, CONNECTIONS * form->session_bytes);
    assert_int_equal(at[CONNS_closed].live, 0);
    plan.fixed = false;
    assert_int_equal(conns_serve(&plan, at), -EINVAL);
}

/* The locals and objects that are live at a moment: the same for all forms from one seed. */
static int64_t drawn(const struct footprint *at, const struct conns_form *form)
{
    return at->live - (int64_t)(CONNECTIONS * own_bytes(form));
}

static void test_all_forms_live_through_the_same(void **state)
{
    (void)state;
    static const char *const allocators[] = {"malloc", "recycling"};
    for (unsigned objects = 0; objects < 2; objects++) {
        int64_t expected[2] = {-1, -1};
        for (const struct conns_form *const *form = conns_forms; *form && is_mixed(*form); form++) {
            for (unsigned i = 0; i < 2; i++) {
                struct conns_plan plan = plan_of(*form, allocators[i]);
                struct footprint at[CONNS_MOMENT_COUNT];
                plan.objects = objects;
                assert_int_equal(conns_serve(&plan, at), 0);
                for (unsigned churned = 0; churned < 2; churned++) {
                    int64_t now = drawn(&at[churned ? CONNS_churn : CONNS_fresh], *form);
                    assert_true(now >= (int64_t)(CONNECTIONS * LEVELS * LOCALS_LEAST));
                    assert_true(expected[churned] < 0 || expected[churned] == now);
                    expected[churned] = now;
                }
                assert_true(at[CONNS_rest].live < at[CONNS_churn].live || !(*form)->frames);
                assert_true(objects ? at[CONNS_trimmed].live > 0 : at[CONNS_trimmed].live == 0);
                assert_int_equal(at[CONNS_trimmed].retained, 0);
            }
        }
        assert_int_not_equal(expected[0], expected[1]); /* other sizes were drawn */
    }
}

static void test_sockets_deliver_too(void **state)
{
    (void)state;
    for (const struct conns_form *const *form = conns_forms; *form && is_mixed(*form); form++) {
        struct conns_plan plan = plan_of(*form, "recycling");
        struct footprint sockets[CONNS_MOMENT_COUNT], memory[CONNS_MOMENT_COUNT];
        assert_int_equal(conns_serve(&plan, memory), 0);
        plan.sockets = true;
        assert_int_equal(conns_serve(&plan, sockets), 0);
        assert_int_equal(sockets[CONNS_churn].live, memory[CONNS_churn].live);
        assert_int_equal(sockets[CONNS_trimmed].live, 0);
    }
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* the process with the peers' ends has been waited for */
}

/* ---- A frame that cannot be had ---- */

static struct failing_allocator failing;
static uint64_t fails;

static struct frame_allocator *create_failing(size_t capacity_bytes)
{
    (void)capacity_bytes;
    failing_allocator_init(&failing, NULL, fails);
    return &failing.base;
}

static void destroy_failing(struct frame_allocator *allocator)
{
    (void)allocator;
}

static void test_a_frame_that_cannot_be_had_is_an_error(void **state)
{
    (void)state;
    static const struct frame_allocator_kind kind = {
        .name = "failing", .models = "", .create = create_failing, .destroy = destroy_failing};
    for (const struct conns_form *const *form = conns_forms; *form; form++) {
        if ((*form)->unavailable)
            continue;
        unsigned each = (*form)->frames ? (unsigned)(*form)->frames : 1;
        for (fails = 1; fails <= 2 * each; fails++) {
            pid_t child = fork();
            if (child == 0) { /* it ends with connections that wait */
                struct conns_plan plan = plan_of(*form, "malloc");
                struct footprint at[CONNS_MOMENT_COUNT];
                plan.allocator = &kind;
                _exit(conns_serve(&plan, at) == -ENOMEM ? 0 : 1);
            }
            int status = -1;
            assert_true(child > 0);
            assert_int_equal(waitpid(child, &status, 0), child);
            assert_int_equal(status, 0);
        }
    }
}

/* ---- Which cells there are ---- */

static void test_the_published_pair_is_always_there(void **state)
{
    (void)state;
    for (unsigned full = 0; full < 2; full++) {
        struct conns_cells cells;
        struct run_options options = {.full = full, .seed = 1};
        unsigned pairs = 0;
        assert_int_equal(conns_choose(&cells, &options), 0);
        for (size_t i = 0; i < cells.count; i++) {
            const struct conns_plan *plan = &cells.items[i].plan;
            pairs += plan->form == &conns_task && plan->connections == 50000 && !plan->sockets && !plan->fixed &&
                     strcmp(cells.items[i].library->name, "glibc") == 0 && cells.items[i].rounds > 1;
            assert_true(cells.items[i].rounds >= 1 && cells.items[i].rounds <= CONNS_ROUNDS_MOST);
        }
        free(cells.items);
        assert_int_equal(pairs, 4); /* malloc and recycling, objects kept and not */
    }
}

static void test_a_chosen_allocator_stands_beside_malloc(void **state)
{
    (void)state;
    struct conns_cells cells;
    struct run_options options = {.smoke = true, .seed = 1, .allocator = frame_allocator_kind_named("pool")};
    assert_int_equal(conns_choose(&cells, &options), 0);
    unsigned pools = 0;
    for (size_t i = 0; i < cells.count; i++) {
        const char *name = cells.items[i].plan.allocator->name;
        pools += strcmp(name, "pool") == 0;
        assert_true(strcmp(name, "pool") == 0 || strcmp(name, "malloc") == 0);
    }
    free(cells.items);
    assert_true(pools > 0);
}

static void test_resident_memory_that_nobody_tells_is_missing(void **state)
{
    (void)state;
    struct conns_cell cell = {.plan = plan_of(&conns_task, "malloc"),
                              .library = &(struct conns_library){"glibc", NULL, NULL},
                              .variant = "stream=memory",
                              .rounds = 2};
    for (unsigned moment = 0; moment < CONNS_MOMENT_COUNT; moment++)
        for (unsigned round = 0; round < cell.rounds; round++)
            cell.footprints[round][moment] = (struct footprint){.rss = round ? RSS_UNKNOWN : 4096, .live = 1};
    struct results *results = results_create();
    assert_non_null(results);
    assert_int_equal(conns_add_rows(&(struct conns_cells){&cell, 1}, &(struct run_options){.seed = 1}, results), 0);
    unsigned missing = 0;
    for (size_t i = 0; i < results_count(results); i++) {
        bool resident = strcmp(results_row(results, i)->metric, "rss_bytes_per_connection") == 0;
        assert_int_equal(results_reason(results, i) != NULL, resident);
        missing += resident;
    }
    assert_int_equal(missing, CONNS_MOMENT_COUNT);
    results_destroy(results);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_parts_are_the_whole),
        cmocka_unit_test(test_an_idle_connection_takes_its_parts),
        cmocka_unit_test(test_a_chain_of_the_cxx_compiler),
        cmocka_unit_test(test_all_forms_live_through_the_same),
        cmocka_unit_test(test_sockets_deliver_too),
        cmocka_unit_test(test_a_frame_that_cannot_be_had_is_an_error),
        cmocka_unit_test(test_the_published_pair_is_always_there),
        cmocka_unit_test(test_resident_memory_that_nobody_tells_is_missing),
        cmocka_unit_test(test_a_chosen_allocator_stands_beside_malloc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
