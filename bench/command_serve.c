#include "bench/commands.h"
#include "bench/options.h"
#include "bench/progress.h"
#include "bench/serve.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DEFAULT_CONNECTIONS = 10000, MOST_CONNECTIONS = 1000000 };

/* The product loops: those that are read side by side, and the floor. */
static const struct {
    const char *name;
    enum loop_form_index form;
} models[] = {
    {"awaitable", LOOP_FORM_task},
    {"sender", LOOP_FORM_pipeline},
    {"sender-task", LOOP_FORM_p2300_task},
    {"floor", LOOP_FORM_floor},
};

static const struct loop_form *form_named(const char *name)
{
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (strcmp(models[i].name, name) == 0)
            return &loop_forms[models[i].form];
    complain("--model '%s' is not known: give awaitable, sender, sender-task or floor", name);
    return NULL;
}

/* Takes this command's own options out of argv; false after a line. `*asked`: connections, 0 where nobody said. */
static bool take_options(struct server *server, uint64_t *asked, int *argc, char **argv)
{
    int left = 0;
    for (int i = 0; i < *argc; i++) {
        const char *value;
        uint64_t port;
        if ((value = option_value("--model", *argc, argv, &i))) {
            server->form = form_named(value);
            if (!server->form)
                return false;
        } else if ((value = option_value("--port", *argc, argv, &i))) {
            if (!option_number("--port", value, 0, UINT16_MAX, &port))
                return false;
            server->port = (uint16_t)port;
        } else if ((value = option_value("--connections", *argc, argv, &i))) {
            if (!option_number("--connections", value, 1, MOST_CONNECTIONS, asked))
                return false;
        } else {
            argv[left++] = argv[i];
        }
    }
    *argc = left;
    return true;
}

/* How many connections there are descriptors for; raises the limit as far as it goes. False after a line. */
static bool limit_connections(struct server *server, uint64_t asked)
{
    uint64_t limit = raise_descriptor_limit();
    if (limit == 0) {
        complain("cannot read the limit of descriptors: %s", strerror(errno));
        return false;
    }
    uint64_t there = limit > SERVER_OTHER_DESCRIPTORS ? limit - SERVER_OTHER_DESCRIPTORS : 0;
    if (there == 0 || asked > there) {
        complain("%" PRIu64 " connections need more descriptors than the %" PRIu64
                 " that the limit allows: raise it (ulimit -n), or give fewer --connections",
                 asked ? asked : 1, limit);
        return false;
    }
    uint64_t wanted = asked ? asked : DEFAULT_CONNECTIONS;
    server->most = (unsigned)(wanted < there ? wanted : there);
    return true;
}

static int parse(struct server *server, int argc, char **argv)
{
    uint64_t asked = 0;
    struct options options;
    *server = (struct server){.form = &loop_forms[LOOP_FORM_task], .port = COMMAND_SERVE_PORT};
    if (!take_options(server, &asked, &argc, argv))
        return EXIT_ERROR;
    int status = options_parse(&options, argc, argv, ACCEPT_REACTOR | ACCEPT_ALLOCATOR);
    if (status)
        return status;
    if (options.run.filter_count) {
        complain("serve does not take '%s': see abreast --help", options.run.filters[0]);
        return EXIT_ERROR;
    }
    server->backend = options.run.backend;
    if (server->backend == REACTOR_SIM) {
        complain("sim serves no sockets: give --reactor=io_uring or epoll");
        return EXIT_ERROR;
    }
    server->allocator = options.run.allocator ? options.run.allocator : frame_allocator_kind_named("recycling");
    if (server->allocator->reset) {
        complain("--allocator %s uses no frame again, and a server would run out of them: give another",
                 server->allocator->name);
        return EXIT_ERROR;
    }
    return limit_connections(server, asked) ? EXIT_OK : EXIT_ERROR;
}

static void print_summary(const struct server *server)
{
    printf("served %" PRIu64 " connection%s, %" PRIu64 " messages (reads that brought bytes), %" PRIu64 " bytes\n",
           server->served, server->served == 1 ? "" : "s", server->reads, server->bytes);
    if (server->failed)
        printf("%" PRIu64 " of them ended with an error, the last with: %s\n", server->failed,
               strerror(-server->last_failure));
}

int command_serve(int argc, char **argv)
{
    struct server server;
    const char *reason = NULL;
    int status = parse(&server, argc, argv);
    if (status)
        return status;
    status = server_open(&server, &reason);
    if (status < 0 && reason) {
        complain("%s", reason);
        return EXIT_ERROR;
    }
    if (status < 0) {
        complain("cannot listen on 127.0.0.1:%u: %s: another --port may be free, and for 0 the kernel chooses one",
                 server.port, strerror(-status));
        return EXIT_ERROR;
    }
    printf("listening on 127.0.0.1:%u\n", ntohs(server.address.sin_port));
    printf("the %s loop '%s' on %s; Ctrl-C ends it\n", server.form->model, server.form->mechanism,
           reactor_backend_name(server.reactor));
    fflush(stdout); /* what fails shows at the end */
    status = server_run(&server);
    if (status < 0) {
        complain("the reactor failed: %s", strerror(-status));
        return EXIT_ERROR;
    }
    server_close(&server);
    print_summary(&server);
    if (server.cut) {
        complain("clients that took nothing for %d seconds, or not all within %d, were cut: %u", SERVER_GRACE_SECONDS,
                 SERVER_GRACE_MOST_SECONDS, server.cut);
        return EXIT_ERROR;
    }
    return EXIT_OK;
}
