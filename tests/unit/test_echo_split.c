/* The servers of `echo` that split requests: each form gives every byte back, however it is cut, and ends cleanly with
 * sub-requests in flight. */
#include "bench/echo_socket.h"
#include "tests/unit/unit.h"

#include <errno.h>

enum { MESSAGES = 40 };

static const struct {
    enum loop_form_index form;
    bool preallocated;
    unsigned allocations; /* a request */
} forms[] = {
    {LOOP_FORM_floor, false, 0},    {LOOP_FORM_task, false, SPLIT_PARTS}, {LOOP_FORM_task, true, 0},
    {LOOP_FORM_pipeline, false, 0}, {LOOP_FORM_p2300_task, false, 0},
};
enum { FORMS = sizeof forms / sizeof forms[0] };

static unsigned processed;

static void spoiling(struct process *process, unsigned char *data, size_t bytes)
{
    if (++processed == MESSAGES / 2)
        data[0] ^= 1;
    process_checksum(process, data, bytes);
}

static struct echo_socket *open_form(const struct echo_parameters *parameters)
{
    struct cell cell = {.parameters = parameters};
    void *state;
    assert_int_equal(echo_socket_open(&cell, &(struct run_options){.seed = 3}, &state), 0);
    return state;
}

static void forms_agree(struct echo_parameters parameters)
{
    uint64_t checksum = 0;
    for (size_t i = 0; i < FORMS; i++) {
        struct outcome outcome;
        parameters.form = forms[i].form;
        parameters.preallocated = forms[i].preallocated;
        struct echo_socket *echo = open_form(&parameters);
        assert_int_equal(echo_socket_run(echo, MESSAGES, &outcome), 0);
        assert_int_equal(echo_socket_run(echo, MESSAGES, &outcome), 0);
        assert_int_equal(outcome.bytes, MESSAGES * parameters.message);
        assert_int_equal(outcome.allocations, MESSAGES * forms[i].allocations);
        if (i == 0)
            checksum = outcome.checksum;
        assert_int_equal(outcome.checksum, checksum);
        echo_socket_close(echo);
    }
}

static void every_form_gives_all_bytes_back(void **state)
{
    static const size_t messages[] = {64, 4096, 65536};
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        struct echo_parameters parameters = {.split = true,
                                             .process = process_checksum,
                                             .connections = 5,
                                             .message = messages[i],
                                             .backend = REACTOR_DEFAULT};
        parameters.transport = ECHO_socketpair;
        forms_agree(parameters);
        parameters.transport = ECHO_tcp;
        forms_agree(parameters);
        parameters.backend = REACTOR_EPOLL;
        parameters.speculative = true;
        forms_agree(parameters);
    }
}

/* Its client ends at the first spoilt byte; the others are then in the middle of theirs. */
static void every_form_ends_with_requests_in_flight(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMS; i++) {
        struct outcome outcome;
        struct echo_parameters parameters = {.form = forms[i].form,
                                             .preallocated = forms[i].preallocated,
                                             .transport = ECHO_socketpair,
                                             .split = true,
                                             .process = spoiling,
                                             .connections = 5,
                                             .message = 64,
                                             .backend = REACTOR_DEFAULT};
        struct echo_socket *echo = open_form(&parameters);
        processed = 0;
        assert_int_equal(echo_socket_run(echo, MESSAGES, &outcome), -EBADMSG);
        echo_socket_close(echo);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_gives_all_bytes_back),
        cmocka_unit_test(every_form_ends_with_requests_in_flight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
