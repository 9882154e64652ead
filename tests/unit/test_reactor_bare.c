/* The bare echoes that the reactor is measured against, and the floor in their place: they do the whole work. */
#include "bench/bare/bare.h"
#include "tests/unit/backend.h"

#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 5, MESSAGE = 64, STREAM = 1 << 18 };

struct served {
    const struct bare_echo_kind *kind;
    int peers[CONNECTIONS];
    unsigned char buffers[CONNECTIONS][MESSAGE];
    struct bare_connection connections[CONNECTIONS];
    struct bare_echo *echo;
    struct bare_counts counts;
    int status;
};

static void open_served(struct served *self, const struct bare_echo_kind *kind)
{
    *self = (struct served){.kind = kind};
    for (int i = 0; i < CONNECTIONS; i++) {
        int fds[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        self->peers[i] = fds[1];
        self->connections[i] = (struct bare_connection){.fd = fds[0], .buffer = self->buffers[i], .size = MESSAGE};
    }
}

static int open_echo(struct served *self)
{
    int status = self->kind->open(&self->echo, self->connections, CONNECTIONS);
    for (int i = 0; i < CONNECTIONS && status == 0; i++)
        *self->connections[i].process = (struct process){.step = process_checksum};
    return status;
}

static void close_served(struct served *self)
{
    for (int i = 0; i < CONNECTIONS; i++) {
        close(self->connections[i].fd);
        if (self->peers[i] >= 0)
            close(self->peers[i]);
    }
}

static void it_echoes_as_much_as_it_is_asked_to_and_then_until_all_are_closed(const struct bare_echo_kind *kind)
{
    struct served self;
    unsigned char out[MESSAGE], in[MESSAGE];
    open_served(&self, kind);
    assert_int_equal(open_echo(&self), 0);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < CONNECTIONS; i++) {
            memset(out, round * CONNECTIONS + i, sizeof out);
            assert_int_equal(send(self.peers[i], out, sizeof out, 0), sizeof out);
        }
        assert_int_equal(kind->serve(self.echo, sizeof out * CONNECTIONS, &self.counts), 0);
        assert_int_equal(self.counts.bytes, sizeof out * CONNECTIONS);
        assert_true(self.counts.syscalls > 0);
        for (int i = 0; i < CONNECTIONS; i++) {
            memset(out, round * CONNECTIONS + i, sizeof out);
            assert_int_equal(recv(self.peers[i], in, sizeof in, MSG_DONTWAIT), sizeof in);
            assert_memory_equal(in, out, sizeof in);
        }
    }
    struct process expected = {.step = process_checksum};
    for (int round = 0; round < 20; round++) {
        memset(out, round * CONNECTIONS, sizeof out);
        process(&expected, out, sizeof out);
    }
    assert_true(self.connections[0].process->checksum == expected.checksum);

    assert_int_equal(send(self.peers[0], "last", 4, 0), 4);
    for (int i = 0; i < CONNECTIONS; i++)
        assert_int_equal(shutdown(self.peers[i], SHUT_WR), 0);
    assert_int_equal(kind->serve(self.echo, UINT64_MAX, &self.counts), 0);
    assert_int_equal(self.counts.bytes, 4);
    kind->close(self.echo);
    close_served(&self);
}

static void *serve(void *argument)
{
    struct served *self = argument;
    self->status = open_echo(self);
    if (self->status == 0) {
        self->status = self->kind->serve(self->echo, UINT64_MAX, &self->counts);
        self->kind->close(self->echo);
    }
    return NULL;
}

/* The peer does not read until its writes have filled both directions. */
static void it_waits_for_a_slow_reader(const struct bare_echo_kind *kind)
{
    struct served self;
    pthread_t thread;
    static unsigned char out[STREAM], in[STREAM];
    size_t sent = 0, got = 0;
    bool reading = false;
    open_served(&self, kind);
    for (size_t i = 0; i < STREAM; i++)
        out[i] = (unsigned char)(i * 37 + (i >> 9));
    assert_int_equal(pthread_create(&thread, NULL, serve, &self), 0);
    while (got < STREAM) {
        ssize_t moved = sent < STREAM ? send(self.peers[0], out + sent, STREAM - sent, MSG_DONTWAIT) : 0;
        if (moved > 0)
            sent += (size_t)moved;
        if (moved <= 0 && !reading) {
            nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
            reading = true;
        } else if (reading) {
            moved = recv(self.peers[0], in + got, STREAM - got, sent < STREAM ? MSG_DONTWAIT : 0);
            got += moved > 0 ? (size_t)moved : 0;
        }
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        close(self.peers[i]);
        self.peers[i] = -1;
    }
    pthread_join(thread, NULL);
    assert_int_equal(self.status, 0);
    assert_int_equal(self.counts.bytes, STREAM);
    assert_memory_equal(in, out, STREAM);
    close_served(&self);
}

static void it_can_be_closed_with_connections_open(const struct bare_echo_kind *kind)
{
    struct served self;
    open_served(&self, kind);
    assert_int_equal(open_echo(&self), 0);
    kind->close(self.echo);
    assert_int_equal(send(self.peers[0], "x", 1, 0), 1);
    char in;
    assert_int_equal(recv(self.connections[0].fd, &in, 1, MSG_DONTWAIT), 1);
    close_served(&self);
}

static void it_serves(const struct bare_echo_kind *kind)
{
    it_echoes_as_much_as_it_is_asked_to_and_then_until_all_are_closed(kind);
    it_waits_for_a_slow_reader(kind);
    it_can_be_closed_with_connections_open(kind);
}

static void on_io_uring(void **state)
{
    (void)state;
    struct served self;
    open_served(&self, &bare_echo_io_uring);
    int status = bare_echo_io_uring.open(&self.echo, self.connections, CONNECTIONS);
    if (status == 0)
        bare_echo_io_uring.close(self.echo);
    close_served(&self);
    if (status < 0) {
        assert_true(status == -EPERM || status == -EACCES || status == -ENOSYS || status == -EINVAL);
        skip();
    }
    it_serves(&bare_echo_io_uring);
    it_serves(&floor_echo_io_uring);
    it_serves(&task_echo_io_uring);
    it_serves(&pipeline_echo_io_uring);
    it_serves(&p2300_task_echo_io_uring);
}

static void on_epoll(void **state)
{
    (void)state;
    it_serves(&bare_echo_epoll);
    it_serves(&floor_echo_epoll);
    it_serves(&task_echo_epoll);
    it_serves(&pipeline_echo_epoll);
    it_serves(&p2300_task_echo_epoll);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(on_io_uring), cmocka_unit_test(on_epoll)};
    return cmocka_run_group_tests_name("bare echo", tests, NULL, NULL);
}
