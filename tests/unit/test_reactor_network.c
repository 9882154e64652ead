/* Accept and connect, on each kernel backend. */
#include "tests/unit/reactor_rules.h"

#include <arpa/inet.h>
#include <fcntl.h>

enum { MANY = 3 };

struct network {
    struct sockaddr_in address;
    struct stream listener;
};

static struct network listen_on_loopback(struct fixture *fixture, bool speculative)
{
    struct network network = {
        .address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
    };
    assert_int_equal(stream_open_tcp_listener(&network.listener, fixture->reactor, &network.address, 8, speculative),
                     0);
    assert_int_not_equal(network.address.sin_port, 0);
    return network;
}

static void submit_accept(struct tracked *self, struct network *network, struct stream *accepted)
{
    io_op_prepare_accept(&self->op, &network->listener, accepted);
    self->op.complete = completed;
    submitting = true;
    stream_submit(&self->op, IO_ACCEPT);
    submitting = false;
}

static void submit_connect(struct tracked *self, struct stream *stream, const struct sockaddr_in *address)
{
    io_op_prepare_connect(&self->op, stream, address);
    self->op.complete = completed;
    assert_false(stream_try(&self->op, IO_CONNECT));
    submitting = true;
    stream_submit(&self->op, IO_CONNECT);
    submitting = false;
}

static void talk(struct fixture *fixture, struct stream *from, struct stream *to)
{
    char in[MESSAGE];
    assert_int_equal(transfer(fixture, from, IO_WRITE, "hello", 5), 5);
    assert_int_equal(transfer(fixture, to, IO_READ, in, sizeof in), 5);
    assert_memory_equal(in, "hello", 5);
}

static void what_is_accepted_and_what_connects_are_streams(void **state)
{
    struct fixture *fixture = *state;
    struct network network = listen_on_loopback(fixture, false);
    struct stream servers[MANY], clients[MANY];
    struct tracked accepts[MANY], connects[MANY];
    memset(accepts, 0, sizeof accepts);
    memset(connects, 0, sizeof connects);
    for (int i = 0; i < MANY; i++)
        submit_accept(&accepts[i], &network, &servers[i]);
    assert_int_equal(reactor_poll(fixture->reactor, false), 0);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(stream_open_tcp(&clients[i], fixture->reactor, false), 0);
        submit_connect(&connects[i], &clients[i], &network.address);
    }
    for (int i = 0; i < MANY; i++) {
        finish(fixture, &accepts[i], 1);
        finish(fixture, &connects[i], 1);
        assert_int_equal(accepts[i].op.result, 0);
        assert_int_equal(connects[i].op.result, 0);
        assert_true(servers[i].socket && !servers[i].speculative);
    }
    nothing_more(fixture);
    for (int i = 0; i < MANY; i++) {
        /* which of them a client was given to: the one that has its port */
        struct sockaddr_in mine, peer;
        assert_int_equal(getsockname(clients[i].fd, (struct sockaddr *)&mine, &(socklen_t){sizeof mine}), 0);
        for (int j = 0; j < MANY; j++) {
            assert_int_equal(getpeername(servers[j].fd, (struct sockaddr *)&peer, &(socklen_t){sizeof peer}), 0);
            if (peer.sin_port != mine.sin_port)
                continue;
            talk(fixture, &clients[i], &servers[j]);
            talk(fixture, &servers[j], &clients[i]);
        }
    }
    for (int i = 0; i < MANY; i++) {
        stream_close(&servers[i]);
        stream_close(&clients[i]);
    }
    stream_close(&network.listener);
}

static void a_speculative_listener_accepts_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct network network = listen_on_loopback(fixture, true);
    struct stream server, client;
    struct tracked connect = {0};
    struct io_op accept;
    io_op_prepare_accept(&accept, &network.listener, &server);
    assert_false(stream_try(&accept, IO_ACCEPT));
    assert_int_equal(stream_open_tcp(&client, fixture->reactor, false), 0);
    submit_connect(&connect, &client, &network.address);
    finish(fixture, &connect, 1);
    assert_true(stream_try(&accept, IO_ACCEPT));
    assert_int_equal(accept.result, 0);
    assert_true(server.speculative);
    talk(fixture, &client, &server);
    stream_close(&server);
    stream_close(&client);
    stream_close(&network.listener);
}

static void a_refused_connection_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    struct network network = listen_on_loopback(fixture, false);
    struct stream client;
    struct tracked connect = {0};
    stream_close(&network.listener);
    assert_int_equal(stream_open_tcp(&client, fixture->reactor, false), 0);
    submit_connect(&connect, &client, &network.address);
    finish(fixture, &connect, 1);
    assert_int_equal(connect.op.result, -ECONNREFUSED);
    nothing_more(fixture);
    stream_close(&client);
}

static void a_cancelled_accept_loses_no_connection(void **state)
{
    struct fixture *fixture = *state;
    struct network network = listen_on_loopback(fixture, false);
    struct stream server, client;
    struct tracked accept = {0}, again = {0}, connect = {0};
    submit_accept(&accept, &network, &server);
    assert_int_equal(reactor_poll(fixture->reactor, false), 0);
    stream_cancel(&accept.op);
    stream_cancel(&accept.op);
    finish(fixture, &accept, 1);
    assert_int_equal(accept.op.result, -ECANCELED);
    nothing_more(fixture);

    assert_int_equal(stream_open_tcp(&client, fixture->reactor, false), 0);
    submit_connect(&connect, &client, &network.address);
    finish(fixture, &connect, 1);
    submit_accept(&again, &network, &server);
    finish(fixture, &again, 1);
    assert_int_equal(again.op.result, 0);
    talk(fixture, &client, &server);
    stream_close(&server);
    stream_close(&client);
    stream_close(&network.listener);
}

static void a_cancelled_connect_completes_once(void **state)
{
    struct fixture *fixture = *state;
    struct network network = listen_on_loopback(fixture, false);
    struct stream clients[MANY];
    struct tracked connects[MANY];
    memset(connects, 0, sizeof connects);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(stream_open_tcp(&clients[i], fixture->reactor, false), 0);
        submit_connect(&connects[i], &clients[i], &network.address);
        stream_cancel_all(&clients[i]);
    }
    for (int i = 0; i < MANY; i++) {
        finish(fixture, &connects[i], 1);
        assert_true(connects[i].op.result == 0 || connects[i].op.result == -ECANCELED);
        stream_close(&clients[i]);
    }
    nothing_more(fixture);
    stream_close(&network.listener);
}

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void no_descriptor_is_left(void **state)
{
    unsigned before = open_descriptors();
    what_is_accepted_and_what_connects_are_streams(state);
    a_refused_connection_is_an_error(state);
    a_cancelled_connect_completes_once(state);
    assert_int_equal(open_descriptors(), before);
}

static void an_address_in_use_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    struct network network = listen_on_loopback(fixture, false);
    struct stream second;
    assert_int_equal(stream_open_tcp_listener(&second, fixture->reactor, &network.address, 8, false), -EADDRINUSE);
    stream_close(&network.listener);
}

int main(int argc, char **argv)
{
    static const struct rule rules[] = {
        RULE_TCP(what_is_accepted_and_what_connects_are_streams),
        RULE_TCP(a_speculative_listener_accepts_at_once),
        RULE_TCP(a_refused_connection_is_an_error),
        RULE_TCP(a_cancelled_accept_loses_no_connection),
        RULE_TCP(a_cancelled_connect_completes_once),
        RULE_TCP(no_descriptor_is_left),
        RULE_TCP(an_address_in_use_is_an_error),
    };
    return run_rules("network", rules, sizeof rules / sizeof *rules, argc > 1 ? argv[1] : NULL);
}
