/* syncratio's cells: every form does the same work at every share, and what completes at once on sockets is counted. */
#define _GNU_SOURCE /* CPU_EQUAL */
#include "bench/statistics.h"
#include "bench/syncratio/syncratio.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

extern const struct experiment experiment_syncratio;

enum { TURNS = 1300 }; /* more than two launches */

static const struct cell *next_cell(size_t *at, const char *prefix)
{
    while (*at < experiment_syncratio.cell_count) {
        const struct cell *cell = &experiment_syncratio.cells[(*at)++];
        if (strncmp(cell->variant, prefix, strlen(prefix)) == 0)
            return cell;
    }
    return NULL;
}

static int run(const struct cell *cell, uint64_t turns, struct outcome *outcome)
{
    const struct run_options options = {.seed = 7};
    void *state;
    int status = cell->open(cell, &options, &state);
    if (status)
        return status;
    *outcome = (struct outcome){0};
    status = cell->run(state, turns, outcome);
    cell->close(state);
    return status;
}

static void every_form_does_the_same_turns_at_every_share(void **state)
{
    (void)state;
    struct outcome first = {0}, ours;
    size_t at = 0, ran = 0;
    for (const struct cell *cell; (cell = next_cell(&at, "reactor=sim,"));) {
        int status = run(cell, TURNS, &ours);
        if (status == -ENOTSUP)
            continue;
        assert_int_equal(status, 0);
        if (ran++ == 0)
            first = ours;
        assert_int_equal(ours.operations, TURNS);
        assert_int_equal(ours.bytes, first.bytes);
        assert_int_equal(ours.checksum, first.checksum);
    }
    assert_true(ran >= 11 * (LOOP_FORM_COUNT - 3)); /* without those in C++, and tail */
}

static void cells_are_named_after_their_share(void **state)
{
    (void)state;
    size_t at = 0, found = 0;
    for (const struct cell *cell; (cell = next_cell(&at, "reactor=sim,")); found++) {
        char variant[32];
        snprintf(variant, sizeof variant, "reactor=sim,share=%u",
                 ((const struct sim_parameters *)cell->parameters)->share);
        assert_string_equal(cell->variant, variant);
    }
    assert_int_equal(found, 11 * LOOP_FORM_COUNT);
}

/* What a load is, to its reads: a message is read in two, or each in one; and streaming never has to wait for long. */
static void reads_on_sockets_are_counted(void **state)
{
    (void)state;
    static const struct {
        unsigned connections, outstanding;
        size_t message, buffer;
        unsigned reads; /* of a message, at least */
    } loads[] = {
        {1, 1, 64, 4096, 1}, {1, 1, 64, 32, 2}, {1, 4, 64, 64, 1}, {1, 64, 4096, 4096, 1}, {64, 1, 64, 4096, 1}};
    static const enum loop_form_index forms[] = {LOOP_FORM_floor, LOOP_FORM_task, LOOP_FORM_pipeline};
    enum { MESSAGES = 128, BACKENDS = 2 };
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++)
        for (size_t form = 0; form < sizeof forms / sizeof *forms; form++)
            for (unsigned speculative = 0; speculative < BACKENDS; speculative++) {
                struct socket_parameters parameters = {.form = forms[form],
                                                       .backend = speculative ? REACTOR_EPOLL : REACTOR_IO_URING,
                                                       .speculative = speculative,
                                                       .connections = loads[i].connections,
                                                       .outstanding = loads[i].outstanding,
                                                       .message = loads[i].message,
                                                       .buffer = loads[i].buffer,
                                                       .messages = MESSAGES};
                struct socket_counts counts;
                int status = socket_serve(&parameters, &counts);
                if (!speculative && status < 0 && status != -EBADMSG)
                    continue; /* io_uring is not permitted here */
                assert_int_equal(status, 0);
                assert_int_equal(counts.bytes, MESSAGES * parameters.message);
                assert_in_range(counts.at_once, 0, counts.reads);
                assert_in_range(counts.reads, (uint64_t)loads[i].reads * MESSAGES, counts.bytes);
                /* The second read of a message finds the rest of it. */
                if (loads[i].reads == 2)
                    assert_true(counts.at_once >= MESSAGES * 9 / 10);
            }
}

/* On a connection alone each message in one read counts from the first behind the warm-up; on many, once all have had
 * theirs. */
static void reads_of_the_warm_up_are_not_counted(void **state)
{
    (void)state;
    enum { EACH = 20, WARM_UP = 15 };
    for (unsigned connections = 1; connections <= SOCKET_CONNECTIONS_MOST; connections *= SOCKET_CONNECTIONS_MOST) {
        struct socket_parameters parameters = {.backend = REACTOR_EPOLL,
                                               .speculative = true,
                                               .connections = connections,
                                               .outstanding = 1,
                                               .message = 64,
                                               .buffer = 64,
                                               .messages = EACH * connections,
                                               .warm_up = WARM_UP};
        struct socket_counts counts;
        assert_int_equal(socket_serve(&parameters, &counts), 0);
        assert_int_equal(counts.bytes, 64 * EACH * connections);
        assert_in_range(counts.reads, connections == 1 ? EACH - WARM_UP : 1, (EACH - WARM_UP) * connections);
        assert_in_range(counts.at_once, 0, counts.reads);
    }
}

/* A share rests on most of what is sent. */
static void cells_warm_up_for_a_tenth_of_their_messages(void **state)
{
    (void)state;
    size_t at = 0, found = 0;
    for (const struct cell *cell; (cell = next_cell(&at, "load="));) {
        const struct socket_parameters *parameters = cell->parameters;
        assert_int_equal(parameters->warm_up, parameters->messages / parameters->connections / 10);
        assert_in_range(parameters->messages, 600, 64 * 200);
        assert_in_range(parameters->repeats, ORDER_LEAST, 15);
        found++;
    }
    assert_int_equal(found, 6 * 2 * (2 + 3 * 3));
}

static void the_thread_runs_afterwards_where_it_did_before(void **state)
{
    (void)state;
    struct socket_parameters parameters = {.backend = REACTOR_EPOLL,
                                           .peer = PEER_SAME,
                                           .speculative = true,
                                           .connections = 1,
                                           .outstanding = 1,
                                           .message = 64,
                                           .buffer = 64,
                                           .messages = 16};
    struct socket_counts counts;
    cpu_set_t before, after;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    assert_int_equal(socket_serve(&parameters, &counts), 0);
    parameters.backend = REACTOR_SIM; /* which serves no sockets */
    assert_int_equal(socket_serve(&parameters, &counts), -EINVAL);
    assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
    assert_true(CPU_EQUAL(&before, &after));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_does_the_same_turns_at_every_share),
        cmocka_unit_test(cells_are_named_after_their_share),
        cmocka_unit_test(reads_on_sockets_are_counted),
        cmocka_unit_test(reads_of_the_warm_up_are_not_counted),
        cmocka_unit_test(cells_warm_up_for_a_tenth_of_their_messages),
        cmocka_unit_test(the_thread_runs_afterwards_where_it_did_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
