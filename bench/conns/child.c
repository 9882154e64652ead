/* One run of `conns`, in a process of its own. Not for people:
 *
 *     abreast conns MODEL/MECHANISM ALLOCATOR STREAM CONNECTIONS OBJECTS FRAMES SEED REACTOR
 *
 * STREAM is memory or socket, OBJECTS kept or none, FRAMES mixed or fixed. Prints a line for each moment: its name and
 * the members of struct footprint, with tabs between them, and first the malloc in use.
 */
#include "bench/commands.h"
#include "bench/conns/server.h"
#include "bench/options.h"
#include "bench/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { ARGUMENTS = 8 };

const struct conns_form *const conns_forms[] = {&conns_floor,       &conns_task,     &conns_pipeline,
                                                &conns_sender_task, &conns_cxx_task, NULL};

#if defined ABREAST_CXX_UNAVAILABLE
const struct conns_form conns_cxx_task = {.model = "cxx-awaitable",
                                          .mechanism = "task",
                                          .frames = LEVELS,
                                          .unavailable = ABREAST_CXX_UNAVAILABLE,
                                          .fixed = true};
#endif

static const struct conns_form *form_named(const char *name)
{
    for (const struct conns_form *const *form = conns_forms; *form; form++) {
        size_t length = strlen((*form)->model);
        if (strncmp(name, (*form)->model, length) == 0 && name[length] == '/' &&
            strcmp(name + length + 1, (*form)->mechanism) == 0)
            return *form;
    }
    return NULL;
}

static int serve(char **argv, struct footprint *footprints)
{
    struct conns_plan plan = {
        .form = form_named(argv[0]),
        .allocator = frame_allocator_kind_named(argv[1]),
        .sockets = strcmp(argv[2], "socket") == 0,
        .connections = strtoull(argv[3], NULL, 10),
        .objects = strcmp(argv[4], "kept") == 0,
        .fixed = strcmp(argv[5], "fixed") == 0,
        .seed = strtoull(argv[6], NULL, 10),
        .backend = strcmp(argv[7], "epoll") == 0 ? REACTOR_EPOLL : REACTOR_IO_URING,
    };
    if (!plan.form || plan.form->unavailable || !plan.allocator || !plan.connections)
        return -EINVAL;
    return conns_serve(&plan, footprints);
}

static const char *explain(int status)
{
    return status == -EILSEQ   ? "a connection received bytes that were not sent, or its locals were spoiled"
           : status == -ENOMEM ? "no memory for so many connections: free some"
           : status == -EMFILE ? "no descriptors for so many connections: raise the limit with ulimit -n"
                               : strerror(-status);
}

int command_conns(int argc, char **argv)
{
    static char buffer[4096]; /* of stdout: malloc's would be part of what is measured */
    struct footprint footprints[CONNS_MOMENT_COUNT];
    if (argc != ARGUMENTS) {
        complain("conns: is run by `abreast run conns`");
        return EXIT_ERROR;
    }
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* where it is refused, resident memory is as large as the system makes it */
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    int status = serve(argv, footprints);
    if (status) {
        complain("conns: %s, allocator %s, stream %s, %s connections: %s", argv[0], argv[1], argv[2], argv[3],
                 explain(status));
        fflush(stderr);
        _exit(status == -ENOMEM ? EXIT_SKIPPED : EXIT_ERROR); /* connections may be in flight: nothing is freed */
    }
    printf("malloc\t%s\n", malloc_library_name());
    for (unsigned moment = 0; moment < CONNS_MOMENT_COUNT; moment++) {
        const struct footprint *at = &footprints[moment];
        printf("%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n", conns_moment_names[moment],
               at->rss, at->in_use, at->held, at->live, at->retained);
    }
    return EXIT_OK;
}
