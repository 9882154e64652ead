#include "bench/commands.h"
#include "bench/interrupt.h"
#include "bench/options.h"
#include "bench/progress.h"
#include "bench/serve.h"
#include "bench/serve_load.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_SECONDS = 5, DEFAULT_SIZE = 64, MOST_CONNECTIONS = 100000, MOST_SECONDS = 86400, LOOPBACK_NET = 127 };
static const double MOST_RATE = 1e9;

/* 127.x.x.x:PORT, or localhost:PORT; false after a line. */
static bool parse_address(const char *text, struct sockaddr_in *address)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : sizeof host;
    *address = (struct sockaddr_in){.sin_family = AF_INET};
    if (length < sizeof host) {
        snprintf(host, sizeof host, "%.*s", (int)length, text);
        if (strcmp(host, "localhost") == 0)
            address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        else if (inet_pton(AF_INET, host, &address->sin_addr) != 1)
            length = sizeof host;
    }
    if (length >= sizeof host || ntohl(address->sin_addr.s_addr) >> 24 != LOOPBACK_NET) {
        complain("--connect '%s' is not a loopback address with a port: give 127.0.0.1:PORT", text);
        return false;
    }
    uint64_t port;
    if (!option_number("--connect 127.0.0.1:PORT: the port", colon + 1, 1, UINT16_MAX, &port))
        return false;
    address->sin_port = htons((uint16_t)port);
    return true;
}

static bool parse_rate(const char *text, double *rate)
{
    char *end;
    *rate = strtod(text, &end);
    if (end != text && *end == '\0' && isfinite(*rate) && *rate >= 0.001 && *rate <= MOST_RATE)
        return true;
    complain("--rate '%s' is not a number of messages a second from 0.001 to %.0f", text, MOST_RATE);
    return false;
}

/* Takes this command's own options out of argv; false after a line. */
static bool take_options(struct load *load, int *argc, char **argv)
{
    int left = 0;
    for (int i = 0; i < *argc; i++) {
        const char *value;
        uint64_t number = 0;
        bool good = true;
        if ((value = option_value("--connect", *argc, argv, &i))) {
            good = parse_address(value, &load->address);
        } else if ((value = option_value("--connections", *argc, argv, &i))) {
            good = option_number("--connections", value, 1, MOST_CONNECTIONS, &number);
            load->connection_count = (unsigned)number;
        } else if ((value = option_value("--size", *argc, argv, &i))) {
            good = option_number("--size", value, 1, LOAD_LARGEST_MESSAGE, &number);
            load->size = (size_t)number;
        } else if ((value = option_value("--rate", *argc, argv, &i))) {
            good = parse_rate(value, &load->rate);
        } else if ((value = option_value("--messages", *argc, argv, &i))) {
            good = option_number("--messages", value, 1, UINT64_C(1) << 40, &load->messages);
        } else if ((value = option_value("--seconds", *argc, argv, &i))) {
            good = option_number("--seconds", value, 1, MOST_SECONDS, &load->seconds);
        } else {
            argv[left++] = argv[i];
        }
        if (!good)
            return false;
    }
    *argc = left;
    return true;
}

static int parse(struct load *load, int argc, char **argv)
{
    struct options options;
    *load = (struct load){.connection_count = 1, .size = DEFAULT_SIZE};
    load->address = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(COMMAND_SERVE_PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (!take_options(load, &argc, argv))
        return EXIT_ERROR;
    int status = options_parse(&options, argc, argv, ACCEPT_REACTOR | ACCEPT_SEED);
    if (status)
        return status;
    if (options.run.filter_count) {
        complain("load does not take '%s': see abreast --help", options.run.filters[0]);
        return EXIT_ERROR;
    }
    if (options.run.backend == REACTOR_SIM) {
        complain("sim connects no sockets: give --reactor=io_uring or epoll");
        return EXIT_ERROR;
    }
    if (load->messages && load->seconds) {
        complain("--messages and --seconds exclude each other: give one");
        return EXIT_ERROR;
    }
    if (!load->messages && !load->seconds)
        load->seconds = DEFAULT_SECONDS;
    load->backend = options.run.backend;
    load->seed = options.run.seed;
    return EXIT_OK;
}

static void print_time(const char *name, uint64_t ns, const char *separator)
{
    if (ns >= 1000000)
        printf("%s %.1f ms%s", name, (double)ns * 1e-6, separator);
    else
        printf("%s %.1f us%s", name, (double)ns * 1e-3, separator);
}

static void print_results(const struct load *load)
{
    static const struct {
        const char *name;
        unsigned millionths;
    } percentiles[] = {{"p50", 500000}, {"p90", 900000}, {"p99", 990000}, {"p99.9", 999000}};
    const struct histogram *latencies = &load->latencies;
    double seconds = (double)load->elapsed_ns * 1e-9, a_second = (double)latencies->count / seconds;
    printf("messages    %" PRIu64 " of %zu bytes came back, every byte verified, in %.3f s\n", latencies->count,
           load->size, seconds);
    printf("throughput  %.0f messages/s, %.2f MB/s each way, by %u connections on %s\n", a_second,
           a_second * (double)load->size * 1e-6, load->connection_count, load->backend_name);
    fputs("latency     ", stdout);
    for (size_t i = 0; i < sizeof percentiles / sizeof *percentiles; i++)
        print_time(percentiles[i].name, histogram_percentile(latencies, percentiles[i].millionths), ", ");
    print_time("max", latencies->max, "\n");
    if (load->rate > 0)
        printf("open loop   %.6g messages/s were due; latency counts from when a message was due\n", load->rate);
    else
        printf("closed loop one message a connection is under way; latency counts from when it is sent\n");
    if (load->unsent) {
        printf("left out    %" PRIu64 " messages were due and not sent when it was interrupted; one had waited",
               load->unsent);
        print_time("", load->unsent_waited_ns, "\n");
    }
}

int command_load(int argc, char **argv)
{
    struct load *load = malloc(sizeof *load);
    if (!load) {
        complain("no memory");
        return EXIT_ERROR;
    }
    int exit_status = parse(load, argc, argv);
    if (exit_status) {
        free(load);
        return exit_status;
    }
    raise_descriptor_limit(); /* where it is too low, a connection will say so */
    interrupt_install();
    int status = load_run(load);
    if (load->latencies.count)
        print_results(load);
    if (load->interrupted)
        complain("interrupted: the figures are of what was done until then");
    if (status < 0)
        complain("%s", load->complaint);
    else if (load->latencies.count == 0)
        complain("nothing was measured: no message was sent");
    exit_status = status < 0 ? EXIT_ERROR : load->latencies.count ? EXIT_OK : EXIT_NOTHING;
    free(load);
    return exit_status;
}
