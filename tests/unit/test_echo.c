/* The cells of `echo` serve what they are asked for, those too that only a full run has, and leave nothing behind that
 * a later one could miss. */
#include "bench/echo_socket.h"
#include "bench/serve.h"
#include "tests/unit/backend.h"

#include <arpa/inet.h>
#include <sys/socket.h>

extern const struct experiment experiment_echo;

/* Latencies are measured by echo_latency_run, which opens a cell's parameters itself. */
static int serve_latency(const struct cell *cell, const struct run_options *options, struct outcome *outcome)
{
    struct echo_load load = {.messages = 64};
    void *state;
    int status = echo_socket_open(cell, options, &state);
    if (status)
        return status;
    status = echo_socket_load(state, &load, outcome);
    echo_socket_close(state);
    return status;
}

static int serve(const struct cell *cell, const struct run_options *options, struct outcome *outcome)
{
    void *state;
    if (!cell->open)
        return serve_latency(cell, options, outcome);
    int status = cell->open(cell, options, &state);
    if (status)
        return status;
    status = cell->run(state, cell_operations(cell, 1), outcome);
    cell->close(state);
    return status;
}

/* Of a thousand connections, which take long to open, the floor's with short messages. */
static void every_cell_of_full_mode_serves(void **state)
{
    (void)state;
    const struct run_options options = {.seed = 7, .full = true};
    size_t served = 0;
    raise_descriptor_limit();
    for (size_t i = 0; i < experiment_echo.cell_count; i++) {
        const struct cell *cell = &experiment_echo.cells[i];
        bool many = strstr(cell->variant, "connections=1000"), floor = strcmp(cell->mechanism, "floor") == 0;
        bool quick = floor && strstr(cell->variant, "message=64,") && !strstr(cell->variant, "parts=");
        struct outcome outcome = {0};
        if (!(cell->modes & CELL_FULL) || (many && !quick))
            continue;
        int status = serve(cell, &options, &outcome);
        if (status == -ENOTSUP || status == -EMFILE)
            continue;
        if (status)
            print_error("%s %s %s\n", cell->model, cell->mechanism, cell->variant);
        assert_int_equal(status, 0);
        assert_int_not_equal(outcome.operations, 0);
        served++;
    }
    assert_true(served > experiment_echo.cell_count / 4);
}

static unsigned local_port(int fd)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

/* How many ends of the connection between these two ports the kernel still has, in whatever state. */
static unsigned ends_of(const unsigned ports[2])
{
    FILE *table = fopen("/proc/net/tcp", "r");
    char line[256];
    unsigned found = 0;
    assert_non_null(table);
    while (fgets(line, sizeof line, table)) {
        unsigned slot, address, local, other, remote;
        found += sscanf(line, " %u: %x:%x %x:%x", &slot, &address, &local, &other, &remote) == 5 &&
                 ((local == ports[0] && remote == ports[1]) || (local == ports[1] && remote == ports[0]));
    }
    fclose(table);
    return found;
}

static void a_connection_that_is_closed_holds_no_port(void **state)
{
    (void)state;
    struct reactor *reactor = create_if_permitted(&(struct reactor_options){.backend = REACTOR_EPOLL});
    struct stream ends[2];
    assert_int_equal(stream_open_tcp_pair(ends, reactor, false), 0);
    unsigned ports[2] = {local_port(ends[0].fd), local_port(ends[1].fd)};
    assert_int_equal(ends_of(ports), 2);

    shutdown(ends[1].fd, SHUT_RDWR);
    echo_close_ends(ends);
    assert_int_equal(ends_of(ports), 0);
    reactor_destroy(reactor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_of_full_mode_serves),
        cmocka_unit_test(a_connection_that_is_closed_holds_no_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
