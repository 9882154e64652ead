/* The cells of `echo` leave nothing behind that a later one could miss. */
#include "bench/echo.h"
#include "tests/unit/backend.h"

#include <arpa/inet.h>
#include <sys/socket.h>

static unsigned local_port(int fd)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

/* How many connections on the loopback still hold this port, in whatever state. */
static unsigned holders(unsigned port)
{
    FILE *table = fopen("/proc/net/tcp", "r");
    char line[256];
    unsigned found = 0;
    assert_non_null(table);
    while (fgets(line, sizeof line, table)) {
        unsigned slot, address, local;
        found += sscanf(line, " %u: %x:%x", &slot, &address, &local) == 3 && local == port;
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
    assert_int_not_equal(holders(ports[0]), 0);

    shutdown(ends[1].fd, SHUT_RDWR);
    echo_close_ends(ends);
    assert_int_equal(holders(ports[0]) + holders(ports[1]), 0);
    reactor_destroy(reactor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_connection_that_is_closed_holds_no_port)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
