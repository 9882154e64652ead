/* Load by flows: a window of messages on each connection, or a schedule for all of them. */
#include "bench/echo_socket.h"
#include "bench/statistics.h"

#include <math.h>

static void answered(struct echo_socket *echo)
{
    if (++echo->answered == echo->load.messages)
        echo_socket_answered(echo);
}

/* A window: each reply makes room for a message. */
static void replied_within_window(struct echo_flow *flow, uint64_t now)
{
    struct connection *connection = flow->owner;
    if (connection->left > 0) {
        connection->left--;
        echo_flow_ask(flow, now);
    }
    answered(connection->echo);
}

static void start_windows(struct echo_socket *echo)
{
    unsigned connections = echo->opened;
    uint64_t messages = echo->load.messages, now = echo->load.now ? echo->load.now() : 0;
    for (unsigned i = 0; i < connections; i++)
        echo->connections[i].left = messages / connections + (i < messages % connections);
    for (unsigned i = 0; i < connections; i++) {
        struct connection *connection = &echo->connections[i];
        for (unsigned ahead = 0; ahead < echo->parameters->window && connection->left > 0; ahead++) {
            connection->left--;
            echo_flow_ask(connection->flow, now);
        }
    }
}

/* A schedule: replies change nothing. */
static void replied_on_schedule(struct echo_flow *flow, uint64_t now)
{
    (void)now;
    answered(((struct connection *)flow->owner)->echo);
}

/* The gap to the next message: exponential, so that the times are a Poisson process. */
static double next_gap(struct echo_socket *echo)
{
    double uniform = ((double)(random_next(&echo->random) >> 11) + 1) * 0x1p-53; /* above 0, at most 1 */
    return -log(uniform) * 1e9 / echo->load.rate;
}

/* Asks for all messages that are due, and takes a turn of the reactor that does not wait, until all are asked for. What
 * finds no room on its connection stays due. */
static void ask_for_due(struct work *work)
{
    struct echo_socket *echo = CONTAINER_OF(work, struct echo_socket, pump);
    double now = (double)echo->load.now();
    while (echo->asked < echo->load.messages && echo->due <= now && !echo->error) {
        uint64_t random = echo->random;
        struct echo_flow *flow = echo->connections[random_below(&random, echo->opened)].flow;
        if (!echo_flow_has_room(flow))
            break;
        echo->random = random;
        echo->asked++;
        echo_flow_ask(flow, (uint64_t)echo->due);
        echo->due += next_gap(echo);
    }
    if (echo->asked == echo->load.messages || echo->error)
        return;
    int status = reactor_poll(echo->reactor, false);
    if (status < 0)
        echo_socket_fail(echo, status);
    else
        run_loop_post_work(&echo->run_loop, work);
}

void echo_load_start(struct echo_socket *echo, const struct echo_load *load)
{
    echo->load = *load;
    echo->answered = echo->asked = 0;
    for (unsigned i = 0; i < echo->opened; i++) {
        struct echo_flow *flow = echo->connections[i].flow;
        flow->now = load->now;
        flow->latencies = load->latencies;
        flow->replied = load->rate > 0 ? replied_on_schedule : replied_within_window;
        echo_flow_start(flow, echo->seed + i);
    }
    if (load->rate > 0) {
        echo->random = echo->seed;
        echo->due = (double)load->now() + next_gap(echo);
        echo->pump = (struct work){.execute = ask_for_due};
        run_loop_post_work(&echo->run_loop, &echo->pump);
    } else {
        start_windows(echo);
    }
}
